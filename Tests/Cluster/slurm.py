#!/usr/bin/env python3
"""Does a manifest in a Slurm array, while a node fails and tasks are killed.

    Tests/Cluster/slurm.py .build/release/dbn-convert [--files 600] [--tasks 6] [--kills 6] [--seed SEED]

The cluster has three nodes, which run Examples/Cluster/slurm_array.sh. At random moments, the command of a
running task is killed (signal 9) and the task requeued. Once, a node is killed with all its processes; Slurm
notices, and starts its tasks again on the others.
"""
import argparse
import os
import pathlib
import random
import signal
import sys
import tempfile
import time

import manifests
from slurm_cluster import Cluster, unavailable

SCRIPT = pathlib.Path(__file__).parents[2] / "Examples/Cluster/slurm_array.sh"


class Trial:
    """One array job, and what was killed in it."""

    def __init__(self, cluster, manifest, command, rng, longest):
        self.cluster, self.manifest, self.rng, self.longest = cluster, manifest, rng, longest
        self.command = str(pathlib.Path(command).resolve())
        self.retried, self.job = 0, ""

    def submit(self, tasks):
        self.cluster.environment["DBN_CONVERT"] = self.command
        # The nodes have no memory to give: it is not counted here.
        self.job = self.cluster.submit(
            f"--array=0-{tasks - 1}", f"--cpus-per-task={os.cpu_count()}", "--mem=0",
            "--output=/dev/null", SCRIPT, self.manifest.path, self.manifest.results,
            *manifests.SUBCOMMAND)

    def running(self):
        """The processes of the command: task, process, node."""
        found = []
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                if words[0].decode() != self.command or str(self.manifest.path).encode() not in words:
                    continue
                items = (folder / "environ").read_bytes().decode().split("\0")
                variables = dict(item.split("=", 1) for item in items if "=" in item)
                found.append((variables["SLURM_ARRAY_TASK_ID"], int(folder.name),
                              variables["SLURMD_NODENAME"]))
            except (OSError, KeyError):
                continue
        return found

    def pick(self):
        """A running process at a random moment; None once all tasks are done."""
        while not self.finished():
            if self.running():
                time.sleep(self.rng.uniform(0, self.longest))
                if running := self.running():
                    return self.rng.choice(running)
            time.sleep(0.05)
        return None

    def finished(self):
        return not self.cluster.run("squeue", "--noheader", "--job", self.job, check=False).strip()

    def kill_node(self):
        """Kills the node of a running task, and waits until Slurm has noticed."""
        if not (picked := self.pick()):
            return 0
        node = self.cluster.nodes[picked[2]]
        node.kill()
        self.retried += self.manifest.abandoned()
        self.cluster.wait_until(lambda: "down" in str(self.cluster.states()), 120)
        node.start()
        return 1

    def kill_task(self):
        """Kills the command of a task, which has failed then, and has Slurm do it again."""
        if not (picked := self.pick()):
            return 0
        task, process, _ = picked
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            return 0
        self.retried += self.manifest.abandoned()
        name = f"{self.job}_{task}"
        ended = {"FAILED", "COMPLETED"}
        self.cluster.wait_until(lambda: self.cluster.task_states(name) <= ended, 60)
        self.cluster.run("scontrol", "requeue", name)
        return 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command")
    parser.add_argument("--files", type=int, default=600)
    parser.add_argument("--tasks", type=int, default=6)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    if reason := unavailable():
        sys.exit(print(f"*** SKIPPED: Slurm: {reason}"))
    with tempfile.TemporaryDirectory() as name:
        sys.exit(run(options, pathlib.Path(name)))


def run(options, folder):
    inputs = manifests.make_checkpoints(folder, options.files, options.seed)
    reference, seconds = manifests.Manifest(folder / "undisturbed", inputs).undisturbed(options.command)
    manifest = manifests.Manifest(folder / "jobs", inputs)
    cluster = Cluster(folder / "slurm", 3)
    try:
        trial = Trial(cluster, manifest, options.command, random.Random(options.seed),
                      longest=seconds / options.tasks / 2)
        trial.submit(options.tasks)
        kills = sum(trial.kill_task() for _ in range(options.kills // 2))
        nodes = trial.kill_node()
        kills += sum(trial.kill_task() for _ in range(options.kills - options.kills // 2))
        cluster.wait_until(trial.finished, 300)
        states = cluster.task_states(trial.job)
    finally:
        cluster.close()
    outcome = manifests.Outcome(manifest, reference)
    print(f"Slurm, --seed {options.seed}: {options.tasks} tasks, {nodes} node and {kills} tasks killed: "
          + outcome.summary(trial.retried))
    return bool(outcome.faults) or nodes == 0 or states != {"COMPLETED"}


if __name__ == "__main__":
    main()
