#!/usr/bin/env bash
# The way on K3s: from nothing to flows on Argo. Needs Linux, sudo, and docker or buildah.
set -euo pipefail
cd "$(dirname "$0")/.."
set -a
. local_dev/k3s.env
set +a

# As K3s's documentation has it; our tests start from a cluster that runs.
curl -sfL https://get.k3s.io | sh -s - --write-kubeconfig-mode "$K3S_KUBECONFIG_MODE"
sudo chgrp "$(id -g)" "$KUBECONFIG" # access for you, and not for everybody
until kubectl get nodes 2>/dev/null | grep -q ' Ready'; do sleep 2; done

make install image image-vscode secrets cluster deploy-flows
echo 'Next: local_dev/README.md, "Run a flow"'
