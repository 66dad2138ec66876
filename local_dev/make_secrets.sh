#!/usr/bin/env bash
# Makes the Secrets that the manifests name, each once: what is there is never changed, and nothing is printed.
# With MinIO in the overlay all is random. Without, S3's credentials come from the environment:
#   AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY [AWS_DEFAULT_REGION]   for the flows' bucket
#   ARGO_ACCESS_KEY_ID ARGO_SECRET_ACCESS_KEY                                       for the bucket of Argo's logs
source "$(dirname "$0")/common.sh"
for_cluster
reach

random() { head -c 24 /dev/urandom | base64 | tr '+/' 'ab'; }

secret() { # name key value [key value]…; through a pipe, for other people of this machine see commands
  local name=$1
  shift
  if kubectl -n "$namespace" get secret "$name" -o name >/dev/null 2>&1; then
    echo "Secret $name: is there, left as it is"
    return
  fi
  {
    printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: %s}\ndata:\n' "$name"
    while (($#)); do
      printf '  %s: %s\n' "$1" "$(printf %s "$2" | base64 | tr -d '\n')"
      shift 2
    done
  } | kubectl -n "$namespace" create -f - >/dev/null
  echo "Secret $name: made"
}

s3_secret() { # user password endpoint region
  secret zld-s3 AWS_ACCESS_KEY_ID "$1" AWS_SECRET_ACCESS_KEY "$2" AWS_DEFAULT_REGION "$4" \
    AWS_ENDPOINT_URL "$3" METAFLOW_S3_ENDPOINT_URL "$3"
}

with_minio() {
  secret minio-root rootUser zld-root rootPassword "$(random)"
  secret argo-artifacts accesskey zld-argo secretkey "$(random)"
  s3_secret zld-flows "$(random)" "http://minio.$namespace.svc:9000" us-east-1
}

with_own_s3() {
  local name missing=()
  for name in AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY ARGO_ACCESS_KEY_ID ARGO_SECRET_ACCESS_KEY; do
    [[ -n ${!name:-} ]] || missing+=("$name")
  done
  ((${#missing[@]} == 0)) || fail "$overlay has no MinIO, and ${missing[*]} are not set. Export them, and run this again."
  secret argo-artifacts accesskey "$ARGO_ACCESS_KEY_ID" secretkey "$ARGO_SECRET_ACCESS_KEY"
  s3_secret "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" "$AWS_ENDPOINT_URL" "${AWS_DEFAULT_REGION:-us-east-1}"
}

# `apply` of one object of the overlay: its namespace, with all its labels
kubectl apply -k "$overlay" -l app.kubernetes.io/component=namespace >/dev/null
if has_minio; then with_minio; elif [[ -n $(missing_secrets | grep -v zld-vscode) ]]; then with_own_s3; fi
secret zld-vscode password "$(random)"
