"""Checkpoints, a manifest for them, and what must be true once its jobs are done."""
import array
import collections
import hashlib
import json
import random
import struct
import subprocess
import time

# What is done with each checkpoint.
SUBCOMMAND = ["to-distributed", "--world-size", "8"]
# The formats take turns, so that the kills meet each writer.
SUFFIXES = ["h5", "pth", "safetensors"]


def write_checkpoint(path, rng):
    """A few convolutions and BatchNorms as safetensors: 30 KB to 3 MB."""
    channels = rng.choice([4, 8, 16, 32])
    block = array.array("f", [rng.random() + 0.5 for _ in range(channels * 64)]).tobytes()
    weight = ([channels, 64, 1, rng.choice([4, 16, 64])], "conv.weight")
    header, data = {}, bytearray()
    for layer in range(rng.choice([4, 8])):
        shapes = [weight] + [([channels], f"bn.{name}") for name in
                             ["weight", "bias", "running_mean", "running_var"]]
        for shape, name in shapes:
            length = 4
            for size in shape:
                length *= size
            start = len(data)
            data += (block * (length // len(block) + 1))[:length]
            header[f"layer{layer}.{name}"] = {
                "dtype": "F32", "shape": shape, "data_offsets": [start, len(data)]}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def make_checkpoints(folder, count, seed):
    """Makes files in folder/in; returns their paths."""
    rng = random.Random(seed)
    (folder / "in").mkdir(parents=True)
    paths = [folder / "in" / f"{number:05d}.safetensors" for number in range(count)]
    for path in paths:
        write_checkpoint(path, rng)
    return paths


class Manifest:
    """A job for each input, a quarter of them with a proof, in a folder for it and for the outputs."""

    def __init__(self, folder, inputs):
        self.path, self.outputs, self.results = folder / "jobs.jsonl", folder / "out", folder / "results"
        self.outputs.mkdir(parents=True)
        self.results.mkdir()
        with open(self.path, "w", encoding="utf-8") as file:
            for number, source in enumerate(inputs):
                output = self.outputs / f"{source.stem}.{SUFFIXES[number % len(SUFFIXES)]}"
                job = {"input": str(source), "output": str(output), "verify": number % 4 == 0}
                file.write(json.dumps(job) + "\n")

    def undisturbed(self, command):
        """Does the jobs in one process that nobody kills.

        Returns the digests of the outputs, and how long that took: moments for kills depend on it.
        """
        start = time.monotonic()
        subprocess.run([command, *SUBCOMMAND, "--manifest", self.path, "--quiet"], check=True)
        return digests(self.outputs), time.monotonic() - start

    def abandoned(self):
        """How many jobs were begun by processes that were killed: their claims have no lock."""
        with open("/proc/locks", encoding="utf-8") as file:
            locked = {line.split()[5].split(":")[2] for line in file if "FLOCK" in line}
        inodes = []
        for claim in self.outputs.glob(".*.dbn-claim"):
            try:
                inodes.append(str(claim.stat().st_ino))
            except FileNotFoundError:
                continue
        return len([inode for inode in inodes if inode not in locked])


def digest(data):
    return hashlib.sha256(data).hexdigest()


def digests(folder):
    """The SHA-256 of each file, by name; also of hidden ones."""
    return {path.name: digest(path.read_bytes()) for path in sorted(folder.iterdir())}


def read_results(paths):
    """The lines that are whole. A killed process can leave a part of one."""
    for path in paths:
        for line in path.read_bytes().split(b"\n"):
            try:
                yield json.loads(line)
            except ValueError:
                continue


class Outcome:
    """What the results and the outputs of a manifest say, against those of an undisturbed run."""

    def __init__(self, manifest, reference):
        self.statuses = collections.defaultdict(collections.Counter)
        for line in read_results(manifest.results.iterdir()):
            self.statuses[line.get("job", line["line"])][line["status"]] += 1
        self.files, self.reference = digests(manifest.outputs), reference

    def total(self, status):
        return sum(counts[status] for counts in self.statuses.values())

    @property
    def lost(self):
        """Jobs without an output, or without a line that says that they are done."""
        told = sum(1 for counts in self.statuses.values() if counts["done"] or counts["skipped"])
        missing = len(self.reference.keys() - self.files.keys())
        return max(missing, len(self.reference) - told)

    @property
    def torn(self):
        return sum(self.files[name] != digest for name, digest in self.reference.items()
                   if name in self.files)

    @property
    def twice(self):
        return sum(counts["done"] > 1 for counts in self.statuses.values())

    @property
    def litter(self):
        """Files that are no output: those that were begun, and claims."""
        return len(self.files.keys() - self.reference.keys())

    @property
    def faults(self):
        values = {"lost": self.lost, "torn": self.torn, "done twice": self.twice,
                  "litter": self.litter, "failed": self.total("failed")}
        return {name: value for name, value in values.items() if value}

    def summary(self, retried):
        counts = {"files": len(self.files), "done": self.total("done"),
                  "skipped": self.total("skipped"), "retried": retried, "lost": self.lost}
        return ", ".join(f"{name} {value}" for name, value in (counts | self.faults).items())
