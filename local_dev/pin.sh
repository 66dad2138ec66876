#!/usr/bin/env bash
# Pushes our images to a registry, and writes the digests of all images into the overlay for production:
#   make pin REGISTRY=registry.example.org/lab TAG=0.1.0
# Commit what it writes. A digest is always what a registry answered; without an answer nothing is written.
source "$(dirname "$0")/common.sh"

out=manifests/overlays/production/pinned-by-make-pin
registry=${REGISTRY:-} tag=${TAG:-}
[[ -n $registry && -n $tag ]] || fail "Name where the images go, and their tag: make pin REGISTRY=registry.example.org/lab TAG=0.1.0"
argo=$(sed -n 's/.*workflow-controller, newTag: \(.*\)}.*/\1/p' manifests/components/argo/kustomization.yaml)
[[ $tag != latest ]] || fail "The tag 'latest' says nothing. Name the version: TAG=0.1.0"

pushed() { # name → digest
  local target=$registry/$1:$tag file
  if docker image inspect "$1:dev" >/dev/null 2>&1; then
    docker tag "$1:dev" "$target" && docker push --quiet "$target" >/dev/null &&
      docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$target" | sed -n "s|^$registry/$1@||p" | head -n 1
  elif buildah inspect --type image "$1:dev" >/dev/null 2>&1; then
    file=$(mktemp)
    buildah push --quiet --digestfile "$file" "$1:dev" "docker://$target" >&2 && cat "$file"
    rm -f "$file"
  fi
}

built() { docker image inspect "$1:dev" >/dev/null 2>&1 || buildah inspect --type image "$1:dev" >/dev/null 2>&1; }

pulled() { # an image of others → digest
  if docker info >/dev/null 2>&1; then
    docker pull --quiet "$1" >/dev/null && docker image inspect --format '{{index .RepoDigests 0}}' "$1" | sed 's/.*@//'
  else
    buildah pull --quiet "docker://$1" >/dev/null && buildah inspect --type image --format '{{.FromImageDigest}}' "$1"
  fi
}

digest_of() { # how image: a digest, or the end
  local digest
  digest=$("$@") || digest=
  [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] ||
    fail "No digest of $2 was to be had. Is its registry in reach, and are you signed in there? Nothing was written."
  echo "$digest"
}

for image in zarr-linked-data zarr-linked-data-vscode; do
  built "$image" || fail "There is no image $image:dev. Build it: make image image-vscode"
done
flows=$(digest_of pushed zarr-linked-data)
vscode=$(digest_of pushed zarr-linked-data-vscode)
controller=$(digest_of pulled "quay.io/argoproj/workflow-controller:$argo")
server=$(digest_of pulled "quay.io/argoproj/argocli:$argo")
executor=$(digest_of pulled "quay.io/argoproj/argoexec:$argo")

mkdir -p "$out"
cat >"$out/kustomization.yaml" <<EOF
# Written by make pin: the digests that the registries gave. Commit it.
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
images:
  - {name: zarr-linked-data, newName: $registry/zarr-linked-data, digest: "$flows"} # $tag
  - {name: zarr-linked-data-vscode, newName: $registry/zarr-linked-data-vscode, digest: "$vscode"} # $tag
  - {name: quay.io/argoproj/workflow-controller, digest: "$controller"} # $argo
  - {name: quay.io/argoproj/argocli, digest: "$server"} # $argo
patches:
  - target: {kind: Deployment, name: workflow-controller}
    patch: |
      - op: replace
        path: /spec/template/spec/containers/0/args/2
        value: quay.io/argoproj/argoexec@$executor
EOF
kubectl kustomize manifests/overlays/production >/dev/null || fail "The overlay does not build with it: see above."
echo "Wrote $out/kustomization.yaml. Look at it, and commit it."
