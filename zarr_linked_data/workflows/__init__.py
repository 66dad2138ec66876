"""Flows where they run: on a Kubernetes cluster with Argo Workflows."""
