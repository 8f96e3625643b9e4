#!/usr/bin/env python3
"""Kills a running manifest at random moments, with signal 9, and starts it again, until it is done.

    Tests/Cluster/kills.py .build/release/dbn-convert [--kills 100] [--files 120] [--seed SEED]

A round is a manifest with a new folder for its outputs: of one process, of two that share their results,
of two with results of their own. In each, one process after the other is killed and started again.
At each kill, every output that has its name must be whole, and the same file as before; after the round,
nothing is lost, torn, done twice or left behind. Outputs are compared with those of an undisturbed run.
"""
import argparse
import collections
import pathlib
import random
import subprocess
import sys
import tempfile

import manifests

# How many processes, and whether they share their results.
KINDS = {"one process": (1, True), "two, one results file": (2, True),
         "two, a results file each": (2, False)}
# Two processes in half of the rounds.
ORDER = ["one process", "two, one results file", "one process", "two, a results file each"]


class Round:
    """One manifest until it is done, in spite of the kills."""

    def __init__(self, command, folder, inputs, kind, rng):
        self.command, self.rng = command, rng
        self.manifest = manifests.Manifest(folder, inputs)
        count, shared = KINDS[kind]
        self.results = [self.manifest.results / f"{0 if shared else place}.jsonl"
                        for place in range(count)]
        self.processes = {}
        self.inodes, self.counts = {}, collections.Counter()

    def start(self, place):
        self.processes[place] = subprocess.Popen(
            [self.command, *manifests.SUBCOMMAND, "--manifest", self.manifest.path,
             "--results", self.results[place], "--quiet"])

    def run(self, kills, longest, reference):
        """Returns the number of kills, at most `kills`, each after at most `longest` seconds."""
        for place in range(len(self.results)):
            self.start(place)
        killed = 0
        while self.processes:
            place = self.rng.choice(list(self.processes))
            try:
                self.processes[place].wait(self.rng.uniform(0, longest) if killed < kills else None)
                self.counts["bad exits"] += self.processes.pop(place).returncode != 0
            except subprocess.TimeoutExpired:
                # In a third of the cases all at once, as when a machine fails.
                places = list(self.processes) if self.rng.random() < 1 / 3 else [place]
                killed += len(places)
                self.kill(places, reference)
        return killed

    def kill(self, places, reference):
        for place in places:
            self.processes[place].kill()
        for place in places:
            self.processes[place].wait()
        self.examine(reference)
        for place in places:
            self.start(place)

    def examine(self, reference):
        """What a kill has left. The other process, if there is one, goes on meanwhile."""
        self.counts["retried"] += self.manifest.abandoned()
        for path in self.manifest.outputs.iterdir():
            if path.name not in reference:
                continue
            inode = path.stat().st_ino
            self.counts["replaced"] += self.inodes.setdefault(path.name, inode) != inode
            self.counts["torn at a kill"] += (
                manifests.digest(path.read_bytes()) != reference[path.name])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--files", type=int, default=120)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"--seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory() as name:
        sys.exit(kill(options, pathlib.Path(name), random.Random(options.seed)))


def kill(options, folder, rng):
    inputs = manifests.make_checkpoints(folder, options.files, options.seed)
    reference, seconds = manifests.Manifest(folder / "undisturbed", inputs).undisturbed(options.command)
    longest = seconds * 0.3
    table, kills, number = {kind: collections.Counter() for kind in KINDS}, 0, 0
    while kills < options.kills:
        kind = ORDER[number % len(ORDER)]
        number += 1
        one = Round(options.command, folder / f"round-{number}", inputs, kind, rng)
        # Few in each round, so that there are many rounds.
        killed = one.run(min(rng.randint(2, 8), options.kills - kills), longest, reference)
        kills += killed
        outcome = manifests.Outcome(one.manifest, reference)
        table[kind].update(rounds=1, kills=killed, files=len(reference), done=outcome.total("done"),
                           skipped=outcome.total("skipped"), **one.counts, **outcome.faults)
    return report(table, kills)


GOOD = ["rounds", "kills", "files", "done", "skipped", "retried"]
BAD = ["lost", "torn", "torn at a kill", "replaced", "done twice", "litter", "failed", "bad exits"]


def report(table, kills):
    print("| | " + " | ".join(table) + " |")
    print("|---|" + "---|" * len(table))
    for row in GOOD + BAD:
        print(f"| {row} | " + " | ".join(str(counts[row]) for counts in table.values()) + " |")
    faults = sum(counts[row] for counts in table.values() for row in BAD)
    print(f"{kills} kills: " + (f"{faults} faults" if faults else "nothing lost, torn, done twice or left"))
    return 1 if faults else 0


if __name__ == "__main__":
    main()
