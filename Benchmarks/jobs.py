"""Many checkpoints: a process for each against one command with --manifest, in turn, on one core and on two.

Prints a table: seconds, processor seconds, peak memory, and files for each second. `cp` of the same files shows what is
the disk's, and `check` what reading costs.

    python Benchmarks/jobs.py path/to/dbn-convert [--files 1000] [--megabytes 5] [--rounds 3] [--folder FOLDER]
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def make(folder: Path, files: int, megabytes: float) -> None:
    """Checkpoints of a small convolutional network with BatchNorm, in safetensors; each has other numbers."""
    import numpy as np
    from safetensors.numpy import save_file

    channels, random = 64, np.random.default_rng(1)
    layers = max(1, round(megabytes * 1e6 / (channels * channels * 9 * 4)))
    for number in range(files):
        tensors = {}
        for layer in range(layers):
            tensors[f"{layer}.conv.weight"] = random.random((channels, channels, 3, 3), dtype=np.float32)
            for name in ("weight", "bias", "running_mean", "running_var"):
                tensors[f"{layer}.bn.{name}"] = random.random(channels, dtype=np.float32)
            tensors[f"{layer}.bn.num_batches_tracked"] = np.array(7)
        save_file(tensors, folder / f"{number:05}.safetensors")


def cpus(count: int):
    return lambda: os.sched_setaffinity(0, range(count))


def measured(work) -> tuple[float, float]:
    """Seconds, and processor seconds of the processes that it starts."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, used


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--megabytes", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the files are made")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        compare(arguments, Path(folder))


def compare(arguments: argparse.Namespace, folder: Path) -> None:
    inputs, outputs = folder / "in", folder / "out"
    inputs.mkdir()
    make(inputs, arguments.files, arguments.megabytes)
    names = sorted(path.name for path in inputs.iterdir())
    manifest = folder / "jobs.jsonl"
    manifest.write_text(
        "".join(
            json.dumps({"input": str(inputs / name), "output": str(outputs / name)}) + "\n" for name in names
        )
    )
    convert = [arguments.command, "to-distributed", "--world-size", "8", "--quiet"]

    def processes(count: int):
        """As many shells as cores, each with its share of the files, as xargs does it."""
        lines = "".join(f"{inputs / name} {outputs / name}\n" for name in names)
        subprocess.run(
            ["xargs", "-P", str(count), "-L", "1", *convert], input=lines, text=True, check=True, preexec_fn=cpus(count)
        )

    def one(count: int):
        command = [*convert, "--manifest", str(manifest), "--results", str(folder / "results.jsonl")]
        subprocess.run(command, check=True, preexec_fn=cpus(count))

    def again(count: int):
        one(count)

    def copies(count: int):
        lines = "".join(f"{inputs / name} {outputs / name}\n" for name in names)
        subprocess.run(["xargs", "-P", str(count), "-L", "1", "cp"], input=lines, text=True, check=True, preexec_fn=cpus(count))
        os.sync()

    ways = {"cp, a process each": copies, "a process each": processes, "--manifest": one}
    print(f"{arguments.files} files of {arguments.megabytes} MB")
    print("| | cores | seconds | processor seconds | files a second |")
    print("|---|---|---|---|---|")
    for count in range(1, (os.cpu_count() or 1) + 1):
        runs = {name: [] for name in ways}
        for _ in range(arguments.rounds):
            for name, way in ways.items():
                shutil.rmtree(outputs, ignore_errors=True)
                (folder / "results.jsonl").unlink(missing_ok=True)
                outputs.mkdir()
                os.sync()
                runs[name].append(measured(lambda: way(count)))
                assert len(list(outputs.iterdir())) == len(names), name
        runs["--manifest again: all skipped"] = [measured(lambda: again(count)) for _ in range(arguments.rounds)]
        for name, times in runs.items():
            seconds, used = (statistics.median(column) for column in zip(*times))
            print(f"| {name} | {count} | {seconds:.2f} | {used:.2f} | {len(names) / seconds:.0f} |", flush=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"Most memory of any process: {peak} MiB")


if __name__ == "__main__":
    main()
