#!/bin/sh
# After a job in which each rank saved its checkpoint as rank-0.pth, rank-1.pth, ...: all statistics in
# one file, a page that shows how far the ranks are apart, and a standard model, proven to be merged by
# the rule.
#
#   Examples/Cluster/merge_ranks.sh FOLDER [RULE]
#   sbatch --dependency=afterok:"$JOB" Examples/Cluster/merge_ranks.sh FOLDER     # under Slurm
#
# The one file bin/dbn-convert of the archive is enough on each node; DBN_CONVERT names it.
set -eu
folder=$1
rule=${2:-pooled}
command=${DBN_CONVERT:-dbn-convert}

"$command" gather "$folder"/rank-*.pth --output "$folder/all.h5"
"$command" info "$folder/all.h5" --report "$folder/ranks.html" --quiet
"$command" to-standard "$folder/all.h5" "$folder/model.pth" --statistics "$rule" --verify
