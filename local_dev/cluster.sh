#!/usr/bin/env bash
# Applies the overlay to the cluster of the current context, waits until all of it runs, and says what to do next.
source "$(dirname "$0")/common.sh"
for_cluster
reach
timeout=${ZLD_CLUSTER_TIMEOUT:-300s}

renew_setup() { # a Job cannot be changed, and one that failed stays failed: in both cases a new one takes its place
  local only=(-l app.kubernetes.io/name=minio-setup)
  if kubectl apply -k "$overlay" "${only[@]}" --dry-run=server >/dev/null 2>&1 && ! setup_failed; then return; fi
  kubectl -n "$namespace" delete job minio-setup --ignore-not-found
}

setup_failed() {
  [[ $(kubectl -n "$namespace" get job minio-setup -o 'jsonpath={.status.conditions[?(@.type=="Failed")].status}' 2>/dev/null) == True ]]
}

wait_for_all() {
  local thing
  for thing in $(kubectl -n "$namespace" get deployments,statefulsets -o name); do
    kubectl -n "$namespace" rollout status "$thing" --timeout="$timeout" >/dev/null 2>&1 || not_ready "$thing"
    echo "$thing: ready"
  done
  if has_minio; then
    kubectl -n "$namespace" wait job/minio-setup --for=condition=complete --timeout="$timeout" >/dev/null 2>&1 || not_ready job/minio-setup
    echo "job.batch/minio-setup: done"
  fi
}

not_ready() { # what Kubernetes says of each container that does not run
  kubectl -n "$namespace" get pods -o 'jsonpath={range .items[*]}{.metadata.name}{range .status.initContainerStatuses[*]}{" "}{.state.waiting.reason}{" "}{.state.waiting.message}{end}{range .status.containerStatuses[*]}{" "}{.state.waiting.reason}{" "}{.state.waiting.message}{end}{"\n"}{end}' |
    sed -n 's/^\(.*[^ ] .*[^ ].*\)$/  \1/p' >&2
  fail "$1 is not ready after $timeout. Is its image loaded (make image image-vscode)? See: kubectl -n $namespace describe $1"
}

missing=$(missing_secrets)
[[ -z $missing ]] || fail "The Secrets $(echo "$missing" | paste -sd ' ' - | sed 's/ /, /g') are not in namespace $namespace of context $context. Run: make secrets"
echo "Applying $overlay to context $context, namespace $namespace"
if has_minio; then renew_setup; fi
kubectl apply -k "$overlay" | grep -v ' unchanged$' || true
wait_for_all
cat <<EOF

All runs. Next:
  make forward                      Argo https://localhost:2746, VS Code http://localhost:8080, MinIO http://localhost:9001
  eval "\$(make -s cluster-env)"     the settings of this cluster, for flows and zld in this shell
  make deploy-flows                 creates the flows on Argo
EOF
