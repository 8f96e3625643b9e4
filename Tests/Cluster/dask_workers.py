#!/usr/bin/env python3
"""Does a manifest in a Dask cluster, of which a worker is killed.

    Tests/Cluster/dask_workers.py .build/release/dbn-convert [--files 300] [--parts 12] [--seed SEED]

A scheduler and three workers are processes of this machine, and Examples/Cluster/dask_parts.py gives them
the parts. One worker is killed (signal 9) while it does a part; Dask gives that to another.
"""
import argparse
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import manifests

PROGRAM = pathlib.Path(__file__).parents[2] / "Examples/Cluster/dask_parts.py"
WORKERS = 3


class Cluster:
    def __init__(self, folder):
        self.address_file, self.processes = folder / "scheduler.json", []
        self.start("scheduler", "--port", "0", "--no-dashboard")
        # Without a nanny, which would start a killed worker again: it is lost, as with its machine.
        self.workers = [self.start("worker", "--nthreads", "1", "--no-nanny", "--no-dashboard")
                        for _ in range(WORKERS)]

    def start(self, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:],
             "--scheduler-file", self.address_file, "--host", "127.0.0.1"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.address_file.parent)
        self.processes.append(process)
        return process

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()


def children(process):
    """The processes that a process has started and that run."""
    found = subprocess.run(["pgrep", "--parent", str(process.pid)], check=False, text=True,
                           stdout=subprocess.PIPE)
    return found.stdout.split()


def kill_worker(cluster, manifest, program, rng, longest):
    """Kills a worker at a random moment of a part. Returns how many jobs it had begun; None if none ran."""
    while program.poll() is None:
        time.sleep(rng.uniform(0, longest))
        busy = [worker for worker in cluster.workers if children(worker)]
        # Not at the beginning: something is done already.
        if not busy or not any(manifest.outputs.glob("*.h5")):
            continue
        worker = rng.choice(busy)
        worker.kill()
        worker.wait()
        time.sleep(0.1)  # The system ends the command after that.
        return manifest.abandoned()
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command")
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--parts", type=int, default=12)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        sys.exit(run(options, pathlib.Path(name)))


def run(options, folder):
    inputs = manifests.make_checkpoints(folder, options.files, options.seed)
    reference, seconds = manifests.Manifest(folder / "undisturbed", inputs).undisturbed(options.command)
    manifest = manifests.Manifest(folder / "jobs", inputs)
    cluster = Cluster(folder)
    try:
        while not cluster.address_file.exists():
            time.sleep(0.1)
        program = subprocess.Popen(
            [sys.executable, PROGRAM, cluster.address_file, str(options.parts), manifest.results,
             os.path.abspath(options.command), *manifests.SUBCOMMAND, "--manifest", manifest.path])
        retried = kill_worker(cluster, manifest, program, random.Random(options.seed),
                              longest=seconds / options.parts)
        status = program.wait()
    finally:
        cluster.close()
    outcome = manifests.Outcome(manifest, reference)
    print(f"Dask, --seed {options.seed}: {options.parts} parts, {WORKERS} workers, "
          f"{0 if retried is None else 1} killed: {outcome.summary(retried or 0)}")
    return bool(outcome.faults) or status != 0 or retried is None


if __name__ == "__main__":
    main()
