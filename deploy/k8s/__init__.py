"""Manifests for Kubernetes, rendered by kustomize."""
