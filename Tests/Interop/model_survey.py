"""Runs one model with the command on both engines, and compares with PyTorch in float64."""

import copy
import subprocess
import warnings
from pathlib import Path

import torch
from model_families import one_line
from model_speed import THREADS, Speed
from safetensors.torch import load_file, save_file
from torch.nn.modules.batchnorm import _BatchNorm

warnings.simplefilter("ignore")
torch.set_num_threads(THREADS)
#: Relative errors of outputs in float32 up to which numbers are right, of an engine in Float64 and of one in float32.
LIMITS = {"reference": 1e-6, "onednn": 1e-4}
#: PyTorch's own error in float32 from which on float32 shows nothing.
MEANINGLESS = 0.01
#: How much the outputs for two images must differ for them to show anything.
CONTRAST = 1e-3
#: Seconds for one call of the command.
TIMEOUT = 1800
WHAT = ("evaluation", "training", "running statistics")


@torch.no_grad()
def randomise(model: torch.nn.Module) -> None:
    """Random numbers for parameters that are all the same: zeros and the small factors of a layer scale would hide what a
    branch computes."""
    for name, parameter in model.named_parameters():
        first = parameter.flatten()[:1]
        if not parameter.is_floating_point() or not (parameter == first).all():
            continue
        if abs(first.item()) > 1e-2:
            parameter.mul_(torch.empty_like(parameter).uniform_(0.5, 1.5))
        elif name.endswith("bias"):
            parameter.normal_(0, 0.1)
        elif parameter.numel() == max(parameter.shape, default=1):
            parameter.uniform_(0.5, 1.5)
        else:
            parameter.normal_(0, 0.02)


@torch.no_grad()
def calibrate(model: torch.nn.Module, x: torch.Tensor) -> None:
    """Statistics near those of a batch: with any others, what depends on the image soon vanishes behind what does not."""
    norms = [module for module in model.modules() if isinstance(module, _BatchNorm) and module.running_mean is not None]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.train().momentum = 1.0
    model(x)
    for norm, momentum in zip(norms, momenta):
        norm.eval().momentum = momentum
        norm.running_var.clamp_(min=1e-4)
        norm.running_mean.add_(norm.running_var.sqrt() * torch.randn_like(norm.running_mean), alpha=0.2)
        norm.running_var.mul_(torch.empty_like(norm.running_var).uniform_(0.5, 1.5))
        if norm.num_batches_tracked is not None:
            norm.num_batches_tracked.fill_(3)


def inputs(name: str, model: torch.nn.Module) -> list[torch.Tensor]:
    """Inputs of sizes that the model takes, small ones first."""
    size = getattr(model, "default_cfg", {}).get("input_size", (3, 224, 224))
    if name in ("r3d_18", "mc3_18", "r2plus1d_18", "s3d"):
        return [torch.randn(2, 3, 16, 64, 64), torch.randn(2, 3, 16, 224, 224)]
    sides = [64, 96, 128, size[-1]]
    return [torch.randn(2, size[0], side, side) for side in sides if side <= size[-1]]


def tensors(value) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    items = value.values() if isinstance(value, dict) else value
    return [tensor for item in items for tensor in tensors(item)]


@torch.no_grad()
def passes(model: torch.nn.Module, x: torch.Tensor):
    """The outputs in evaluation, those with the BatchNorms in training, and the running statistics after that."""
    evaluated = tensors(model(x))
    for module in model.modules():
        if isinstance(module, _BatchNorm):
            module.train()
    trained = tensors(model(x))
    state = model.state_dict()
    return evaluated, trained, {key: state[key] for key in state if key.endswith(("running_mean", "running_var"))}


def error(found: torch.Tensor | None, expected: torch.Tensor) -> float:
    """The largest difference relative to the largest number; infinite where one is no number."""
    if found is None or found.shape != expected.shape:
        return float("inf")
    expected = expected.double()
    scale = expected.abs().max().item() or 1
    difference = (found.double() - expected).abs().max().item() / scale
    return difference if difference == difference else float("inf")


def largest_error(found: list, expected: list) -> float:
    return max(map(error, found, expected)) if len(found) == len(expected) else float("inf")


def contrast(outputs: list[torch.Tensor]) -> float:
    """How much the outputs for the first and the last sample differ."""
    return max((error(output[:1], output[-1:]) for output in outputs if output.dim() and len(output) > 1), default=0)


class Stopped(Exception):
    """The command did not give a result."""


class Survey:
    def __init__(self, command: str, folder: Path):
        self.command, self.folder = command, folder

    def run(self, *arguments: str) -> str:
        try:
            done = subprocess.run([self.command, *arguments], capture_output=True, text=True, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            raise Stopped(f"not finished after {TIMEOUT // 60} minutes") from None
        if done.returncode:
            last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
            raise Stopped(last.split("program.pt2: ")[-1][:110])
        return done.stdout

    def export(self, name: str, model: torch.nn.Module) -> torch.Tensor:
        """Calibrates and exports the model, and returns the input of the first size with which that works."""
        for x in inputs(name, model):
            try:
                calibrate(model, torch.randn_like(x))
                with torch.no_grad():
                    program = torch.export.export(model, (x,))
                torch.export.save(program, self.folder / "program.pt2")
                save_file({program.graph_signature.user_inputs[0]: x}, self.folder / "x.safetensors")
                return x
            except Exception as failure:
                reason = failure
        raise reason

    def compare(self, engine: str, mode: str, outputs: list, state: dict | None = None) -> list[float]:
        out, after = str(self.folder / "out.safetensors"), str(self.folder / "after.safetensors")
        saving = ["--save-state", after] if state is not None else []
        self.run(
            "run", str(self.folder / "program.pt2"), "--input", str(self.folder / "x.safetensors"), "--output", out,
            "--engine", engine, "--mode", mode, "--force", *saving)  # fmt: skip
        found = load_file(out)
        errors = [largest_error([found.get(f"output_{index}") for index in range(len(found))], outputs)]
        if state is not None:
            saved = load_file(after)
            errors.append(largest_error([saved.get(key) for key in state], list(state.values())))
        return errors

    def is_proven(self) -> bool:
        """Whether the model is proven to compute the same bits after its BatchNorms were mapped to two devices."""
        try:
            return "bit-identical" in self.run(
                "to-distributed", str(self.folder / "program.pt2"), str(self.folder / "mapped.h5"), "--world-size", "2",
                "--verify", "--force")  # fmt: skip
        except Stopped:
            return False

    def made(self, name: str, make) -> tuple[torch.nn.Module, torch.Tensor]:
        """The model with its numbers, exported, and an input for it."""
        torch.manual_seed(2026)
        model = make().eval()
        randomise(model)
        return model, self.export(name, model)

    def speed(self, name: str, make, speed: Speed) -> dict:
        model, x = self.made(name, make)
        with torch.no_grad():
            output = tensors(model(x))[0]
        return speed.milliseconds(model, x, output, self.folder)

    def row(self, name: str, make) -> dict:
        """What was found out about a model. `failed`: PyTorch can't export it; `stopped`: the command can't run it."""
        try:
            model, x = self.made(name, make)
            double = copy.deepcopy(model).double()
            nudged = x.double() * (1 + torch.randn(x.shape, dtype=torch.float64) * 2**-53)
            unsteady = passes(copy.deepcopy(double), nudged)
            (evaluated, trained, buffers), own = passes(double, x.double()), passes(model, x)
        except Exception as failure:
            return {"failed": one_line(failure)}
        row = {"contrast": contrast(evaluated)}
        for what, (first, second, state) in {"pytorch": own, "last_place": unsteady}.items():
            row[what] = [
                largest_error(first, evaluated), largest_error(second, trained),
                largest_error(list(state.values()), list(buffers.values()))]  # fmt: skip
        if not all(tensor.isfinite().all() for tensor in [*evaluated, *trained, *buffers.values()]):
            return {"failed": "PyTorch's numbers are not finite with these weights"}
        try:
            for engine in LIMITS:
                row[engine] = self.compare(engine, "eval", evaluated) + self.compare(engine, "train", trained, buffers)
        except Stopped as failure:
            return row | {"stopped": str(failure)}
        return row | {"proven": self.is_proven()}


def faults(row: dict) -> list[str]:
    """What is wrong with a model that ran.

    The reference computes in Float64 and is always compared with PyTorch in float64. It may have ten times the error that
    PyTorch has there if the input changes in the last place: in training, a BatchNorm with few values of a channel can
    magnify that a billion times. An engine in float32 may have ten
    times the error of PyTorch in float32, since some models magnify roundings; but where that is so large that float32
    shows nothing, only the reference is judged.
    """
    found = [
        f"{what} of the reference" for what, value, noise in zip(WHAT, row["reference"], row.get("last_place", [0] * 3))
        if value > max(LIMITS["reference"], 10 * noise)]  # fmt: skip
    found += [
        f"{what} of oneDNN" for what, value, own in zip(WHAT, row["onednn"], row["pytorch"])
        if own <= MEANINGLESS and value > max(LIMITS["onednn"], 10 * own)]  # fmt: skip
    found += ["not proven"] * (not row["proven"])
    return found + ["the outputs do not depend on the image"] * (row["contrast"] < CONTRAST)
