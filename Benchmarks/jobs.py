"""Many checkpoints: a process for each against one command with --manifest, in turn, on one core and on two.

Prints a table: seconds, processor seconds in the program itself and in the system (which copies pages and writes to the
disk), peak memory of a process, and files for each second. `cp` of the same files shows what is the disk's.

    python Benchmarks/jobs.py path/to/dbn-convert [--files 1000] [--megabytes 5] [--rounds 3] [--folder FOLDER]
"""

import argparse
import json
import multiprocessing
import os
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


def measured(command: list[str], cores: int, lines: str = "") -> tuple[float, float, float, float]:
    """Seconds, processor seconds of the program and of the system, and MiB of the largest process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, preexec_fn=cpus(cores))
    process.stdin.write(lines)
    process.stdin.close()
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, command
    return time.perf_counter() - start, usage.ru_utime, usage.ru_stime, usage.ru_maxrss / 1024


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
    # In another process: what this one has in memory when it starts others counts for them.
    maker = multiprocessing.Process(target=make, args=(inputs, arguments.files, arguments.megabytes))
    maker.start()
    maker.join()
    names = sorted(path.name for path in inputs.iterdir())
    manifest = folder / "jobs.jsonl"
    manifest.write_text(
        "".join(
            json.dumps({"input": str(inputs / name), "output": str(outputs / name)}) + "\n" for name in names
        )
    )
    pairs = "".join(f"{inputs / name} {outputs / name}\n" for name in names)
    convert = [arguments.command, "to-distributed", "--world-size", "8", "--quiet"]
    together = [*convert, "--manifest", str(manifest), "--results", str(folder / "results.jsonl")]

    def each(count: int, command: list[str]) -> tuple[list[str], int, str]:
        """A process for each file, as many at the same time as there are cores."""
        return ["xargs", "-P", str(count), "-L", "1", *command], count, pairs

    print(f"{arguments.files} files of {arguments.megabytes} MB")
    print("| | cores | seconds | of the program | of the system | memory | files a second |")
    print("|---|---|---|---|---|---|---|")
    for count in range(1, (os.cpu_count() or 1) + 1):
        ways = {
            "cp, a process each": each(count, ["cp"]), "a process each": each(count, convert),
            "--manifest": (together, count), "--manifest again: all skipped": (together, count),
        }
        runs = {name: [] for name in ways}
        for _ in range(arguments.rounds):
            for name, way in ways.items():
                if "again" not in name:
                    shutil.rmtree(outputs, ignore_errors=True)
                    (folder / "results.jsonl").unlink(missing_ok=True)
                    outputs.mkdir()
                os.sync()
                runs[name].append(measured(*way))
                assert len(list(outputs.iterdir())) == len(names), name
        for name, times in runs.items():
            seconds, program, system, memory = (statistics.median(column) for column in zip(*times))
            print(
                f"| {name} | {count} | {seconds:.2f} | {program:.2f} | {system:.2f} | {memory:.0f} MiB "
                f"| {len(names) / seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
