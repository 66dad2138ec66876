#!/usr/bin/env bash
# The way on a laptop alone: from nothing to an array found by its URI, as flows, in folders. No cluster, no S3.
set -euo pipefail
cd "$(dirname "$0")/.."
set -a
. local_dev/laptop.env
set +a

make install
.venv/bin/zld doctor
.venv/bin/python flows/fake_data_flow.py run
.venv/bin/python flows/consolidate_metadata_flow.py run
.venv/bin/python flows/retrieval_flow.py run
.venv/bin/python flows/retrieval_flow.py card get end retrieval.html
echo "The array is in sample.npy, the card of its retrieval in retrieval.html. Next: .venv/bin/zld tree lab.zarr"
