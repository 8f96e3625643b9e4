"""BatchNorm forwards on float32 [256, 64, 28, 28], against PyTorch's with two threads. Taken in turn in one run; medians,
and ratios to PyTorch's plain BatchNorm2d in training. Also what a copy of the batch takes: a lower bound for memory.

    swift build -c release --package-path Benchmarks --product batchnorm
    python Benchmarks/batchnorm.py Benchmarks/.build/release/batchnorm [rounds]
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).parent.parent / "Fixtures" / "batchnorm"))
from modules import DistributedBatchNorm

WORLD_SIZES = (1, 8, 128)


class Swift:
    def __init__(self, command: str):
        self.process = subprocess.Popen([command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, request: str) -> float:
        self.process.stdin.write(request + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def timed(function) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


@torch.no_grad()
def main() -> None:
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 15
    torch.set_num_threads(2)
    batch = torch.randn(256, 64, 28, 28)
    target = torch.empty_like(batch)
    plain, swift = torch.nn.BatchNorm2d(64).train(), Swift(sys.argv[1])
    evaluating = torch.nn.BatchNorm2d(64).eval()
    work = {
        "PyTorch, plain BatchNorm2d, training": lambda: timed(lambda: plain(batch)),
        "PyTorch, plain BatchNorm2d, evaluation": lambda: timed(lambda: evaluating(batch)),
        "PyTorch, copy of the batch": lambda: timed(lambda: target.copy_(batch)),
    }
    for size in WORLD_SIZES:
        module = DistributedBatchNorm(64, size).train()
        work[f"PyTorch, distributed, training, V = {size}"] = lambda module=module: timed(lambda: module(batch))
    for size in WORLD_SIZES:
        work[f"Swift, training, V = {size}"] = lambda size=size: swift(f"train {size}")
    work["Swift, training into a new array, V = 1"] = lambda: swift("fresh 1")
    work["Swift, evaluation, V = 8"] = lambda: swift("evaluate 8")
    results = {name: [] for name in work}
    for _ in range(rounds + 1):
        for name, run in work.items():
            results[name].append(run())
    print(f"PyTorch {torch.__version__}, {rounds} rounds in turn")
    medians = {name: statistics.median(seconds[1:]) for name, seconds in results.items()}
    unit = medians["PyTorch, plain BatchNorm2d, training"]
    for name, median in medians.items():
        least = min(results[name][1:])
        print(f"{name}: {median * 1e3:.1f} ms (least {least * 1e3:.1f}), {median / unit:.2f} of plain training")


main()
