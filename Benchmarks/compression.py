"""ResNet-50 to HDF5 with gzip 4 and shuffle, and back: `convert --compress gzip:4` and `check` against h5py.

Whole processes, in turn, medians of seconds and of processor seconds, which a busy machine changes less; for h5py also
the seconds inside the process, from tensors in memory to the closed file and from the file to arrays, without the
start of Python. What dbn-convert wrote is read by h5py and compared.

    python Benchmarks/compression.py .build/release/dbn-convert [runs]
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from whole_process import __file__ as WHOLE_PROCESS

WRITE = """
import sys, time, h5py, torch
state_dict = {name: tensor.numpy() for name, tensor in torch.load(sys.argv[1], weights_only=True).items()}
start = time.perf_counter()
with h5py.File(sys.argv[2], "w", track_order=True) as file:
    for name, array in state_dict.items():
        gzip = dict(compression="gzip", compression_opts=4, shuffle=True) if array.ndim else {}
        file.create_dataset(name, data=array, **gzip)
print(time.perf_counter() - start)
"""

READ = """
import sys, time, h5py
start = time.perf_counter()
with h5py.File(sys.argv[1]) as file:
    arrays = {name: file[name][()] for name in file}
print(time.perf_counter() - start)
"""

COMPARE = """
import sys, h5py, numpy, torch
state_dict = torch.load(sys.argv[1], weights_only=True)
with h5py.File(sys.argv[2]) as file:
    assert all(numpy.array_equal(file[name][()], tensor.numpy()) for name, tensor in state_dict.items())
    weight = file["layer4.0.conv2.weight"]
    assert (weight.compression, weight.compression_opts, weight.shuffle) == ("gzip", 4, True)
"""


def processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(command: list[str]) -> tuple[float, float, str]:
    start, processor = time.perf_counter(), processor_seconds()
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return time.perf_counter() - start, processor_seconds() - processor, output


def main() -> None:
    command = str(Path(sys.argv[1]).resolve())
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as folder:
        source, ours, theirs = (str(Path(folder) / name) for name in ("resnet50.pth", "ours.h5", "h5py.h5"))
        subprocess.run([sys.executable, WHOLE_PROCESS, "save", source], check=True)
        commands = {
            "write, dbn-convert": [command, "convert", source, ours, "--compress", "gzip:4", "--force", "--quiet"],
            "write, h5py": [sys.executable, "-c", WRITE, source, theirs],
            "read, dbn-convert": [command, "check", ours, "--quiet"],
            "read, h5py": [sys.executable, "-c", READ, theirs],
        }
        measured = {name: [] for name in commands}
        for _ in range(runs + 1):
            for name, arguments in commands.items():
                seconds, processor, output = run(arguments)
                inside = float(output) if "h5py" in name else seconds
                measured[name].append((seconds, inside, processor))
        subprocess.run([sys.executable, "-c", COMPARE, source, ours], check=True)
        sizes = [Path(path).stat().st_size / 2**20 for path in (source, ours, theirs)]
        print("resnet50.pth {:.1f} MiB, by dbn-convert {:.1f} MiB, by h5py {:.1f} MiB".format(*sizes))
        medians = {}
        for name, times in measured.items():
            # The first run warms the caches.
            medians[name] = [statistics.median(column) for column in zip(*times[1:])]
            print("{:20} median {:.3f} s, inside the process {:.3f} s, processor {:.3f} s".format(name, *medians[name]))
        for work in ("write", "read"):
            mine, other = medians[f"{work}, dbn-convert"][0], medians[f"{work}, h5py"]
            print(f"{work}: {other[0] / mine:.1f} times faster than the whole process with h5py, "
                  f"{other[1] / mine:.1f} times faster than h5py's part of it")


if __name__ == "__main__":
    main()
