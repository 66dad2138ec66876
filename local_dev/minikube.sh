#!/usr/bin/env bash
# The way on minikube: from nothing to flows on Argo. Needs minikube, kubectl, and docker or buildah.
set -euo pipefail
cd "$(dirname "$0")/.."
set -a
. local_dev/minikube.env
set +a

# As minikube's documentation has it; our tests start from a cluster that runs.
minikube start --cpus "$MINIKUBE_CPUS" --memory "$MINIKUBE_MEMORY" --cni "$MINIKUBE_CNI"

make install image image-vscode secrets cluster deploy-flows
echo 'Next: local_dev/README.md, "Run a flow"'
