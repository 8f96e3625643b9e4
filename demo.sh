#!/bin/sh
# The whole story on real checkpoints: networks with BatchNorm trained on handwritten digits.
# Called by `make demo`, which builds the command first.
set -eu

command=${COMMAND:-.build/release/dbn-convert}
digits=Fixtures/torch/digits-standard/checkpoint.pth
shards=Fixtures/torch/digits-shards
folder=.build-demo
# Its own, from an earlier run: no command replaces a file that it is not told to.
rm -rf "$folder"
mkdir "$folder"

step() {
  printf '\n# %s\n' "$1"
  shift
  run "$@"
}

run() {
  printf '$ dbn-convert %s\n' "$*"
  "$command" "$@"
}

# A run whose answer is no.
refused() {
  expected=$1
  shift
  printf '$ dbn-convert %s\n' "$*"
  status=0
  "$command" "$@" || status=$?
  if [ "$status" != "$expected" ]; then
    echo "demo: exit status $status, not $expected" >&2
    exit 1
  fi
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

step "A checkpoint trained with 4 devices, one of which saw overexposed images" \
  info "$shards/checkpoint.pth" --keys '*running_mean' --report "$folder/info.html"

printf '\n# Its replicas went apart: merging is a choice\n'
refused 2 to-standard "$shards/checkpoint.pth" "$folder/merged.h5"
printf '\n# By each rule, and recorded\n'
for rule in first mean pooled; do
  run to-standard "$shards/checkpoint.pth" "$folder/$rule.h5" --statistics "$rule"
done
step "The statistics measured again, by forward passes over the training images" \
  recalibrate "$shards/model.pt2" --weights "$folder/pooled.h5" --output "$folder/recalibrated.h5" \
  --data "$shards/train.npz" --divide 16
step "The history of the result" info "$folder/recalibrated.h5" --keys 'bn1.running*'

printf '\n# What it costs: accuracy before, after each rule, and after recalibration\n'
run eval "$shards/model.pt2" --data "$shards/test.npz" --divide 16 --report "$folder/eval.html" \
  --weights "$shards/checkpoint.pth" --weights "$folder/first.h5" --weights "$folder/mean.h5" \
  --weights "$folder/pooled.h5" --weights "$folder/recalibrated.h5"

printf '\n# Where a merged model leaves the other, layer by layer, as a page\n'
refused 1 verify "$folder/pooled.h5" "$folder/first.h5" --model "$shards/model.pt2" \
  --report "$folder/verify.html"
printf '\nPages to look at: %s\n' "$folder/info.html $folder/eval.html $folder/verify.html"
