"""Does the jobs of a manifest in the workers of a Dask cluster.

    python dask_parts.py SCHEDULER PARTS RESULTS dbn-convert to-distributed --manifest jobs.jsonl --world-size 8

SCHEDULER is the file that the scheduler wrote (dask scheduler --scheduler-file), RESULTS a folder. All
workers see it, the manifest and its files. Start one worker for each machine (dask worker --nthreads 1),
since the command uses all cores. Take several PARTS for each worker, so that a fast one does more. Run the
same again to do what is left: jobs that are done are skipped.
"""
import collections
import os
import subprocess
import sys

from distributed import Client, as_completed


def do_part(command, results, index, count):
    """Runs on a worker. If that is lost, Dask calls this again on another, and the part goes on there."""
    part = ["--shard", f"{index}/{count}", "--results", f"{results}/part-{index}-of-{count}.jsonl"]
    # The command ends with its worker, so that no two processes write the same results.
    together = ["setpriv", "--pdeathsig", "KILL"]
    return subprocess.run(together + command + part + ["--quiet"], check=False).returncode


def main(scheduler, parts, results, *command):
    os.makedirs(results, exist_ok=True)
    client = Client(scheduler_file=scheduler)
    # Not pure: a part is done again if this program is run again.
    futures = [client.submit(do_part, list(command), results, index, int(parts), pure=False)
               for index in range(int(parts))]
    statuses = collections.Counter(future.result() for future in as_completed(futures))
    print(f"parts by exit status (0: all well, 1: differences, 2: failed jobs): {dict(statuses)}")
    return max(statuses)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
