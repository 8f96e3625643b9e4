"""The forward pass of torchvision models by dbn-convert's oneDNN engine, against PyTorch eager: processes that are asked
for one pass in turn, in one run. Medians of seconds, and their ratio to PyTorch's; and the same of processor seconds,
which other work on the machine disturbs less.

    python Benchmarks/forward.py path/to/forward [runs] [--threads 2] [--batch 8] [--size 224] [--models a,b] [--engines ...]
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

ENGINES = {"onednn": ["onednn"], "onednn, folded": ["onednn", "fold"]}


def serve_pytorch(name: str, batch: int, size: int, threads: int) -> None:
    """Answers each line on standard input with the seconds, and processor seconds, of one pass."""
    import torch

    torch.set_num_threads(threads)
    try:
        import torchvision
    except RuntimeError:  # torch and torchvision of different builds: the models need none of its operators.
        library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor boxes, Tensor scores, float threshold) -> Tensor")
        library.define("qnms(Tensor boxes, Tensor scores, float threshold) -> Tensor")
    from torchvision import models

    model = models.get_model(name).eval()
    image = torch.rand(batch, 3, size, size) * 2 - 1
    with torch.inference_mode():
        model(image)
        print(torch.__version__, flush=True)
        for _ in sys.stdin:
            start, used = time.perf_counter(), time.process_time()
            model(image)
            print(time.perf_counter() - start, time.process_time() - used, flush=True)


def start(command: list[str], threads: int) -> subprocess.Popen:
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)


def ask(process: subprocess.Popen) -> tuple[float, float]:
    process.stdin.write("\n")
    process.stdin.flush()
    seconds, used = process.stdout.readline().split()
    return float(seconds), float(used)


def measure(arguments: argparse.Namespace, model: str) -> None:
    sizes = [model, str(arguments.batch), str(arguments.size), str(arguments.threads)]
    pytorch = start([sys.executable, __file__, "serve", *sizes], arguments.threads)
    version = pytorch.stdout.readline().strip()
    processes = {f"PyTorch {version}": pytorch}
    for name, options in ENGINES.items():
        processes[name] = start([arguments.forward, *sizes, *options], arguments.threads)
    results = {name: [] for name in processes}
    for _ in range(arguments.runs + 1):
        for name, process in processes.items():
            results[name].append(ask(process))
    print(f"{model}, batch {arguments.batch}, {arguments.size}x{arguments.size}, {arguments.threads} threads, "
          f"{arguments.runs} runs in turn")
    baseline = None
    for name, measured in results.items():
        seconds, used = zip(*measured[1:])  # The first run warms up.
        median, processor = statistics.median(seconds), statistics.median(used)
        baseline = baseline or (median, processor)
        print(f"  {name:22} {median:.3f} s ({min(seconds):.3f} to {max(seconds):.3f}), {median / baseline[0]:.2f} of "
              f"PyTorch's; of the processors {processor:.3f} s, {processor / baseline[1]:.2f}")
    for process in processes.values():
        process.stdin.close()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("forward")
    parser.add_argument("runs", nargs="?", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--models", default="resnet50,resnext50_32x4d")
    arguments = parser.parse_args()
    for model in arguments.models.split(","):
        measure(arguments, model)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve_pytorch(sys.argv[2], *map(int, sys.argv[3:]))
    else:
        main()
