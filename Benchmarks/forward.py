"""The forward pass of a model of each family by dbn-convert's oneDNN engine, against PyTorch eager: processes that are
asked for one pass in turn, in one run. Each model is exported by torch.export, and both run the same weights.

Prints a table: medians in milliseconds with the range of all runs; the ratio to PyTorch's; the largest difference from
PyTorch's outputs; and at batch 1 the seconds of the reference engine, which runs once.

    python Benchmarks/forward.py path/to/forward [--runs 15] [--threads 2] [--batches 1,8] [--models ResNet-50,VGG16-BN]

--clock processor counts the seconds of the processors, which other work on the machine disturbs less, instead of those
that pass. --programs FOLDER keeps the exported programs for the next time.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ENGINES = {"oneDNN": ["onednn"], "BatchNorm folded": ["onednn", "fold"]}
CLOCKS = ["elapsed", "processor"]


def serve_pytorch(name: str, batch: int, threads: int, folder: Path) -> None:
    """Writes the model's program, an input and its output into the folder, unless they are there; then answers each line
    on standard input with the seconds, and processor seconds, of one pass."""
    import torch
    from models import make
    from safetensors.torch import save_file

    torch.set_num_threads(threads)
    model, sample = make(name, batch)
    with torch.no_grad():
        if not (folder / "sample.safetensors").exists():
            folder.mkdir(parents=True, exist_ok=True)
            torch.export.save(torch.export.export(model, (sample,)), folder / "program.pt2")
            save_file({"input": sample, "output": model(sample).contiguous()}, folder / "sample.safetensors")
    with torch.inference_mode():
        model(sample)
        print(torch.__version__, flush=True)
        for _ in sys.stdin:
            start, used = time.perf_counter(), time.process_time()
            model(sample)
            print(time.perf_counter() - start, time.process_time() - used, flush=True)


class Server:
    """A process that runs a model once for each line."""

    def __init__(self, command: list[str], arguments: argparse.Namespace) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": str(arguments.threads)}
        if arguments.clock == "processor":
            environment["GOMP_SPINCOUNT"] = "0"  # Threads that wait use no processor.
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        # PyTorch's version, or the engine's difference from PyTorch's outputs; nothing if it failed.
        self.greeting = self.process.stdout.readline().strip()
        self.clock = CLOCKS.index(arguments.clock)
        self.runs: list[float] = []

    def run(self) -> None:
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.runs.append(1000 * float(self.process.stdout.readline().split()[self.clock]))

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()

    @property
    def median(self) -> float:
        return statistics.median(self.runs)

    def __str__(self) -> str:
        return f"{self.median:.1f} ({min(self.runs):.1f} to {max(self.runs):.1f})" if self.runs else "does not run"


def measure(arguments: argparse.Namespace, model: str, batch: str, folder: Path) -> list[str]:
    threads = str(arguments.threads)
    pytorch = Server([sys.executable, __file__, "serve", model, batch, threads, str(folder)], arguments)
    engines = [Server([arguments.forward, str(folder), threads, *options], arguments) for options in ENGINES.values()]
    servers = [pytorch, *engines]
    for run in range(arguments.runs + 1):
        for server in servers:
            if server.greeting:
                server.run()
                if run == 0:
                    server.runs.clear()  # It warmed up.
    for server in servers:
        server.close()
    cells = [str(pytorch)]
    for server in engines:
        cells += [str(server), f"{server.median / pytorch.median:.2f}" if server.runs else ""]
    difference = f"{float(engines[0].greeting):.0e}" if engines[0].greeting else ""
    return [*cells, difference, reference(arguments, folder) if batch == "1" else ""]


def reference(arguments: argparse.Namespace, folder: Path) -> str:
    server = Server([arguments.forward, str(folder), str(arguments.threads), "reference"], arguments)
    if server.greeting:
        server.run()
    server.close()
    return f"{server.median / 1000:.2f}" if server.runs else "does not run"


def row(cells: list[str]) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    from models import MODELS

    parser = argparse.ArgumentParser()
    parser.add_argument("forward")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batches", default="1,8")
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--clock", choices=CLOCKS, default="elapsed")
    parser.add_argument("--programs", type=Path)
    arguments = parser.parse_args()
    engines = [title for engine in ENGINES for title in (f"{engine}, ms", "ratio")]
    titles = ["model", "batch", "PyTorch, ms", *engines, "difference", "reference engine, s"]
    row(titles)
    row(["---"] * len(titles))
    for model in arguments.models.split(","):
        for batch in arguments.batches.split(","):
            with tempfile.TemporaryDirectory() as folder:
                folder = (arguments.programs or Path(folder)) / f"{model} {batch}"
                row([model, batch, *measure(arguments, model, batch, folder)])


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve_pytorch(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5]))
    else:
        main()
