#!/usr/bin/env bash
# Prints what a shell outside the cluster exports to deploy flows: eval "$(make -s cluster-env)"
# The settings are the cluster's own; what is secret is fetched when the lines are run, and not printed.
source "$(dirname "$0")/common.sh"
for_cluster
reach

quote() { printf "'%s'" "${1//\'/\'\\\'\'}"; }

settings=$(kubectl -n "$namespace" get configmap zld-metaflow -o go-template='{{range $k, $v := .data}}{{$k}}={{$v}}{{"\n"}}{{end}}' 2>/dev/null) ||
  fail "Namespace $namespace of context $context has no ConfigMap zld-metaflow. Run: make cluster"
kubectl -n "$namespace" get secret zld-s3 -o name >/dev/null 2>&1 ||
  fail "Namespace $namespace of context $context has no Secret zld-s3. Run: make secrets"

while IFS='=' read -r name value; do echo "export $name=$(quote "$value")"; done <<<"$settings"
key() { echo "\"\$(kubectl --context $(quote "$context") -n $namespace get secret zld-s3 -o jsonpath='{.data.$1}' | base64 --decode)\""; }
echo "export AWS_ACCESS_KEY_ID=$(key AWS_ACCESS_KEY_ID)"
echo "export AWS_SECRET_ACCESS_KEY=$(key AWS_SECRET_ACCESS_KEY)"
echo "export AWS_DEFAULT_REGION=$(key AWS_DEFAULT_REGION)"
if has_minio; then
  echo "export AWS_ENDPOINT_URL=http://localhost:9000 METAFLOW_S3_ENDPOINT_URL=http://localhost:9000 # by make forward"
else
  echo "export AWS_ENDPOINT_URL=$(key AWS_ENDPOINT_URL)"
  echo 'export METAFLOW_S3_ENDPOINT_URL="$AWS_ENDPOINT_URL"'
fi
