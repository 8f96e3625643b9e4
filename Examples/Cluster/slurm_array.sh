#!/bin/sh
# Does the jobs of a manifest in the tasks of a Slurm array.
#
#   sbatch --array=0-15 Examples/Cluster/slurm_array.sh jobs.jsonl RESULTS to-distributed --world-size 8
#
# RESULTS is a folder. Give the same command again to do what is left: jobs that are done are skipped.
# A line of results for each job: cat RESULTS/*.jsonl.

# The command's threads use the cores that Slurm gives the task.
#SBATCH --cpus-per-task=4
#SBATCH --mem=4G
#SBATCH --time=04:00:00
# If a node fails, Slurm starts its tasks again on others, and they go on where they were.
#SBATCH --requeue
#SBATCH --open-mode=append
set -eu
manifest=$1 results=$2
shift 2

mkdir -p "$results"
# Each task has results of its own, and the same ones after a requeue. The number of parts is in the
# name, since other parts have other jobs.
exec "${DBN_CONVERT:-dbn-convert}" "$@" --manifest "$manifest" --shard auto \
  --results "$results/part-$SLURM_ARRAY_TASK_ID-of-$SLURM_ARRAY_TASK_COUNT.jsonl"
