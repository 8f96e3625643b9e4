"""The whole process of `to-distributed resnet50.pth out.h5 --world-size 8`, against nine lines of Python with torch and
h5py, and against copying the file. Taken in turn in one run; medians, and the peak memory of each process.

    python Benchmarks/whole_process.py .build/release/dbn-convert [runs]
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PYTHON_VERSION = """
import sys, h5py, torch
source, target, V = sys.argv[1], sys.argv[2], 8
state_dict = torch.load(source, weights_only=True)
with h5py.File(target, "w", track_order=True) as file:
    for name, tensor in state_dict.items():
        if name.endswith(("running_mean", "running_var", "num_batches_tracked")):
            tensor = torch.stack([tensor] * V)
        file.create_dataset(name, data=tensor.numpy())
"""


def save_resnet50(path: str) -> None:
    """torchvision's names and shapes of ResNet-50: 320 tensors, 98 MiB of random content.

    Called in a process of its own: a child's peak memory is at least what its parent has when it starts.
    """
    import torch

    torch.manual_seed(0)
    tensors = {}

    def batch_norm(name: str, features: int) -> None:
        for last in ("weight", "bias", "running_mean"):
            tensors[f"{name}.{last}"] = torch.randn(features)
        tensors[f"{name}.running_var"] = torch.rand(features) + 0.5
        tensors[f"{name}.num_batches_tracked"] = torch.tensor(450_000)

    def convolution(name: str, norm: str, inputs: int, outputs: int, size: int) -> None:
        tensors[f"{name}.weight"] = torch.randn(outputs, inputs, size, size)
        batch_norm(norm, outputs)

    convolution("conv1", "bn1", 3, 64, 7)
    inputs = 64
    for stage, (width, blocks) in enumerate(zip((64, 128, 256, 512), (3, 4, 6, 3)), start=1):
        for block in range(blocks):
            prefix = f"layer{stage}.{block}"
            convolution(f"{prefix}.conv1", f"{prefix}.bn1", inputs, width, 1)
            convolution(f"{prefix}.conv2", f"{prefix}.bn2", width, width, 3)
            convolution(f"{prefix}.conv3", f"{prefix}.bn3", width, 4 * width, 1)
            if block == 0:
                convolution(f"{prefix}.downsample.0", f"{prefix}.downsample.1", inputs, 4 * width, 1)
            inputs = 4 * width
    tensors["fc.weight"], tensors["fc.bias"] = torch.randn(1000, 2048), torch.randn(1000)
    torch.save(tensors, path)


def measure(command: list[str], target: Path) -> tuple[float, float]:
    """Seconds and MiB of one process that writes `target` anew."""
    target.unlink(missing_ok=True)
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    assert status == 0, f"{command} failed"
    return seconds, usage.ru_maxrss / 1024


def main() -> None:
    command = str(Path(sys.argv[1]).resolve())
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "resnet50.pth", Path(folder) / "out.h5"
        subprocess.run([sys.executable, __file__, "save", str(source)], check=True)
        print(f"resnet50.pth: {source.stat().st_size / 2**20:.1f} MiB, {runs} runs in turn")
        commands = {
            "dbn-convert": [command, "to-distributed", str(source), str(target), "--world-size", "8"],
            "python": [sys.executable, "-c", PYTHON_VERSION, str(source), str(target)],
            "cp": ["cp", str(source), str(target)],
        }
        results = {name: [] for name in commands}
        for _ in range(runs + 1):
            for name, arguments in commands.items():
                results[name].append(measure(arguments, target))
        medians = {}
        for name, measured in results.items():
            seconds, memory = zip(*measured[1:])  # The first run warms the caches.
            medians[name] = statistics.median(seconds)
            print(f"{name:12} median {medians[name]:.3f} s ({min(seconds):.3f} to {max(seconds):.3f}), "
                  f"peak memory {max(memory):.0f} MiB")
        print(f"dbn-convert is {medians['python'] / medians['dbn-convert']:.1f} times faster than python, "
              f"{medians['dbn-convert'] / medians['cp']:.2f} times cp")


if __name__ == "__main__":
    save_resnet50(sys.argv[2]) if sys.argv[1] == "save" else main()
