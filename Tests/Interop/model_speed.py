"""How long a pass of an exported model takes, against PyTorch eager."""

import os
import statistics
import subprocess
import time
from pathlib import Path

import torch
from safetensors.torch import save_file

#: As many threads as PyTorch has in this process.
THREADS = 2
RUNS = 5


class Speed:
    """Asks a process of `Benchmarks/Sources/forward` and PyTorch for one pass in turn."""

    def __init__(self, forward: Path):
        self.forward = forward

    @torch.inference_mode()
    def milliseconds(self, model: torch.nn.Module, x: torch.Tensor, output: torch.Tensor, folder: Path) -> dict[str, float]:
        """The medians in evaluation, of PyTorch and of the oneDNN engine, whose program is in the folder."""
        save_file({"input": x, "output": output.contiguous()}, folder / "sample.safetensors")
        process = subprocess.Popen(
            [self.forward, folder, str(THREADS), "onednn"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": str(THREADS)})  # fmt: skip
        with process:
            process.stdout.readline()  # The difference from the output, which is judged elsewhere.
            model(x)
            runs = [(self.pytorch(model, x), self.engine(process)) for _ in range(RUNS + 1)][1:]
            process.stdin.close()
        return {name: 1000 * statistics.median(times) for name, times in zip(("pytorch", "onednn"), zip(*runs))}

    def pytorch(self, model: torch.nn.Module, x: torch.Tensor) -> float:
        start = time.perf_counter()
        model(x)
        return time.perf_counter() - start

    def engine(self, process: subprocess.Popen) -> float:
        process.stdin.write("\n")
        process.stdin.flush()
        return float(process.stdout.readline().split()[0])
