# Read by the other scripts: which overlay, which namespace, and how to end with one line.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() { echo "Error: $*" >&2; exit 1; }

for_cluster() { # sets overlay, rendered (its objects) and namespace
  command -v kubectl >/dev/null || fail "kubectl is not installed. See https://kubernetes.io/docs/tasks/tools."
  context=$(kubectl config current-context 2>/dev/null) ||
    fail "kubectl has no current context. Choose one with kubectl config use-context NAME, or set KUBECONFIG."
  overlay=${OVERLAY:-$(overlay_for "$context")}
  [[ $overlay == */* ]] || overlay=manifests/overlays/$overlay
  [[ -f $overlay/kustomization.yaml ]] || fail "No overlay in $overlay. There are: $(overlays)."
  rendered=$(kubectl kustomize "$overlay" 2>&1) || fail "$(why_not "$rendered")"
  namespace=$(sed -n 's/^  METAFLOW_KUBERNETES_NAMESPACE: //p' <<<"$rendered")
}

overlay_for() { if [[ $1 == *minikube* ]]; then echo minikube; else echo k3s; fi; }

overlays() { (cd manifests/overlays && echo *); }

why_not() { # what kustomize said
  if [[ $1 == *pinned-by-make-pin* ]]; then
    echo "$overlay has no digests of images yet. Push them and write these down: make pin REGISTRY=HOST/PATH TAG=TAG"
  else
    echo "$overlay does not build: ${1##*err=}"
  fi
}

has_minio() { grep -q '^  name: minio-setup$' <<<"$rendered"; }

needed_secrets() { echo zld-s3 argo-artifacts zld-vscode; if has_minio; then echo minio-root; fi; }

missing_secrets() {
  local name
  for name in $(needed_secrets); do
    kubectl -n "$namespace" get secret "$name" -o name >/dev/null 2>&1 || echo "$name"
  done
}

reach() { # the cluster answers, or one line
  kubectl get --raw /version --request-timeout=10s >/dev/null 2>&1 ||
    fail "The cluster of context $context does not answer. Start it, or choose another: kubectl config use-context NAME."
}
