#!/usr/bin/env bash
# Creates each flow on Argo, as one would by hand; consolidation comes with its schedule. FLOWS names some of them.
source "$(dirname "$0")/common.sh"
python=${PYTHON:-.venv/bin/python}
for_cluster
reach
settings=$(local_dev/cluster_env.sh)
eval "$settings"

forward() { # S3 at the port where the settings have it, unless somebody brought it there already
  [[ $AWS_ENDPOINT_URL == http://localhost:9000 ]] || return 0
  if answers; then return; fi
  kubectl -n "$namespace" port-forward service/minio 9000 >/dev/null 2>&1 &
  trap 'kill %1 2>/dev/null' EXIT
  for _ in {1..50}; do if answers; then return; fi; sleep 0.2; done
  fail "MinIO does not answer at $AWS_ENDPOINT_URL. Look at its pod: kubectl -n $namespace describe pod minio-0"
}

answers() { (exec 3<>/dev/tcp/localhost/9000) 2>/dev/null; }

forward
for flow in ${FLOWS:-flows/*_flow.py}; do
  echo "$flow"
  "$python" "$flow" --with retry argo-workflows create || fail "$flow was not created; what went before is."
done
