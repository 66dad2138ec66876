#!/usr/bin/env bash
# Takes all of the overlay away but what holds data: volumes, Secrets, flows and runs stay, and `make cluster` goes on with them.
source "$(dirname "$0")/common.sh"
for_cluster
reach
kubectl -n "$namespace" delete --ignore-not-found -l app.kubernetes.io/part-of=zarr-linked-data \
  deployments,statefulsets,jobs,services,ingresses,networkpolicies,configmaps,resourcequotas,limitranges,rolebindings,roles,serviceaccounts
echo
echo "Volumes, Secrets, flows and their runs are kept. To throw all of it away: kubectl delete namespace $namespace"
