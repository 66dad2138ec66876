#!/usr/bin/env bash
# Builds an image and hands it to the cluster: image.sh NAME:TAG FOLDER [DOCKERFILE-ARGUMENT=VALUE…]
#   ZLD_IMAGE_BUILD  the command that builds; by default docker build or buildah build, whichever works here
#   ZLD_IMAGE_LOAD   the command that hands over; by default minikube's or K3s's own, whichever is there
#   ZLD_BUILD_CA     a file of certificates that pip and npm need in this network; by default what PIP_CERT names
source "$(dirname "$0")/common.sh"

image=$1 folder=$2
shift 2

builder() {
  if docker info >/dev/null 2>&1; then
    echo docker build
  elif command -v buildah >/dev/null; then
    echo buildah build
  else
    fail "Neither a docker that runs nor buildah is here. Install one, or set ZLD_IMAGE_BUILD to the command that builds."
  fi
}

archive() { # the image as a file, from whichever built it
  if [[ $build == *buildah* ]]; then
    buildah push --quiet "$image" "docker-archive:$1:$image"
  else
    docker save --output "$1" "$image"
  fi
}

load() {
  local file
  if [[ -n ${ZLD_IMAGE_LOAD:-} ]]; then
    $ZLD_IMAGE_LOAD "$image"
    return
  fi
  file=$(mktemp -d)/image.tar
  # shellcheck disable=SC2064 # the name of now
  trap "rm -rf '$(dirname "$file")'" EXIT
  if command -v minikube >/dev/null && minikube status >/dev/null 2>&1; then
    archive "$file"
    minikube image load "$file"
  elif command -v k3s >/dev/null; then
    archive "$file"
    sudo k3s ctr images import "$file"
  else
    echo "Built $image. No minikube that runs and no k3s is here to load it into; ZLD_IMAGE_LOAD can name a command that loads." >&2
    return
  fi
}

build=${ZLD_IMAGE_BUILD:-$(builder)}
arguments=()
for argument in "$@"; do arguments+=(--build-arg "$argument"); done
ca=${ZLD_BUILD_CA:-${PIP_CERT:-}}
[[ -z $ca ]] || arguments+=(--secret "id=ca,src=$ca")
# the commands are several words
$build "${arguments[@]}" --tag "$image" "$folder"
load
