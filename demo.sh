#!/bin/sh
# The main job on a real checkpoint: a network with BatchNorm trained on handwritten digits.
# Called by `make demo`, which builds the command first.
set -eu

command=${COMMAND:-.build/release/dbn-convert}
digits=Fixtures/torch/digits-standard/checkpoint.pth
drifted=Fixtures/torch/digits-replicated/checkpoint.pth
folder=.build-demo
mkdir -p "$folder"

step() {
  printf '\n# %s\n' "$1"
  shift
  printf '$ dbn-convert %s\n' "$*"
  "$command" "$@"
}

step "What is in a PyTorch checkpoint, without PyTorch and without trusting its pickle" \
  info "$digits" --keys 'bn1*'
step "Its BatchNorms for 8 virtual devices, as HDF5" \
  to-distributed "$digits" "$folder/distributed.h5" --world-size 8
step "The proof, in evaluation: the same outputs, to the last bit" \
  verify "$digits" "$folder/distributed.h5"
step "And in training: each device does what a standard BatchNorm does on its slice alone" \
  verify "$digits" "$folder/distributed.h5" --mode train
step "The way back" to-standard "$folder/distributed.h5" "$folder/back.h5"
step "Nothing was lost on it" diff "$digits" "$folder/back.h5"

printf '\n# A checkpoint trained with 4 devices, whose replicas went apart: merging is a choice\n'
printf '$ dbn-convert to-standard %s %s\n' "$drifted" "$folder/merged.h5"
if "$command" to-standard "$drifted" "$folder/merged.h5"; then
  echo "demo: replicas that differ were merged unasked" >&2
  exit 1
fi
step "Chosen, and recorded" \
  to-standard "$drifted" "$folder/merged.h5" --statistics pooled
step "The history of the result" info "$folder/merged.h5" --keys 'bn1.running*'
