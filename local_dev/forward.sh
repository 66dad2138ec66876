#!/usr/bin/env bash
# Brings Argo, VS Code and MinIO to this machine's ports, until Ctrl-C. ZLD_FORWARD names other ones: "minio:9000 …".
source "$(dirname "$0")/common.sh"
for_cluster
reach

forwards=(argo-server:2746 vscode:8080)
if has_minio; then forwards+=(minio:9000 minio:9001); fi
read -r -a forwards <<<"${ZLD_FORWARD:-${forwards[*]}}"

keep() { # a port-forward ends when its pod does: begin again
  local child=
  trap 'kill "$child" 2>/dev/null; exit' TERM
  while true; do
    kubectl --context "$context" -n "$namespace" port-forward "service/$1" "$2" >/dev/null 2>&1 &
    child=$!
    wait "$child" || true
    sleep 1
  done
}

children=()
trap 'kill "${children[@]}" 2>/dev/null' EXIT
trap 'exit 130' INT TERM
for forward in "${forwards[@]}"; do
  keep "${forward%%:*}" "${forward#*:}" &
  children+=($!)
done
cat <<EOF
Until Ctrl-C, on this machine:
  Argo     https://localhost:2746   sign in with: echo "Bearer \$(kubectl -n $namespace create token zld-deployer)"
  VS Code  http://localhost:8080    its password: kubectl -n $namespace get secret zld-vscode -o jsonpath='{.data.password}' | base64 -d
  MinIO    http://localhost:9001    as zld-root:  kubectl -n $namespace get secret minio-root -o jsonpath='{.data.rootPassword}' | base64 -d
  S3       http://localhost:9000    for this shell's programs: eval "\$(make -s cluster-env)"
EOF
wait
