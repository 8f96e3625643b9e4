#!/bin/sh
# Converts part I of N of the checkpoints in an object store: copies some to this machine, converts them, and
# copies the outputs to the store, until there are no more.
#
#   Examples/Cluster/object_store.sh SOURCE TARGET I/N to-distributed --world-size 8 --to hdf5
#
# SOURCE and TARGET are folders as rclone names them (https://rclone.org), in S3, Google Cloud Storage, Azure
# and others: store:bucket/checkpoints. An object appears when it is complete, so what TARGET has is done, and
# the same command again does what is left. TARGET/results has a line of JSON for each file.
#
# TMPDIR needs room for BATCH files (50 by default) and their outputs.
set -eu
source=$1 target=$2 part=$3
shift 3
index=${part%/*} count=${part#*/}
status=0

work=$(mktemp -d "${TMPDIR:-/tmp}/dbn-convert-XXXXXX")
trap 'rm -rf "$work"' EXIT

# Not in one pipe: the shell would not notice that a listing has failed.
rclone lsf --files-only "$source" >"$work/inputs"
# 3: there is no such folder yet.
rclone lsf --files-only "$target" >"$work/outputs" || [ $? = 3 ]
# The lines of this part, without those whose output is there, whatever its extension.
LC_ALL=C sort "$work/inputs" | awk -v i="$index" -v n="$count" -v outputs="$work/outputs" '
  { stem = $0; sub(/\.[^.]*$/, "", stem) }
  FILENAME == outputs { done[stem]; next }
  FNR % n == i && !(stem in done)' "$work/outputs" - | split -l "${BATCH:-50}" - "$work/batch-"

for batch in "$work"/batch-*; do
  [ -e "$batch" ] || break
  mkdir "$work/in" "$work/out"
  rclone copy --files-from-raw "$batch" "$source" "$work/in"
  # A file that fails (status 2) or differs (1) does not stop the others; wrong usage (64) does.
  "${DBN_CONVERT:-dbn-convert}" "$@" "$work"/in/* --output-dir "$work/out" --results "$work/results" ||
    status=$(($? > status ? $? : status))
  [ "$status" -le 2 ] || break
  rclone copy "$work/out" "$target"
  rclone copyto "$work/results" \
    "$target/results/$(date -u +%Y%m%dT%H%M%SZ)-part-$index-of-$count-${batch##*/}.jsonl"
  rm -rf "$work/in" "$work/out" "$work/results"
done
exit "$status"
