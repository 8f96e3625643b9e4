"""Exports a model of each family of timm and torchvision that has BatchNorms, with random weights and statistics, runs
it with the command on both engines, and compares with PyTorch in float64.

usage: models.py COMMAND [--table FILE] [--seconds N] [NAME ...]

For each model: whether PyTorch exports it; the largest error of an output relative to the output's largest number, in
evaluation and with its BatchNorms in training; the same of the running statistics after that; and whether it is proven
bit-identical after it was mapped to two virtual devices. Exit status 1 if something that runs is wrong.
"""

import argparse
import copy
import functools
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import timm
import torch
import torchvision
from safetensors.torch import load_file, save_file
from torch.nn.modules.batchnorm import _BatchNorm

warnings.simplefilter("ignore")
torch.set_num_threads(2)
#: Relative errors of outputs in float32 up to which numbers are right, of an engine in Float64 and of one in float32.
LIMITS = {"reference": 1e-6, "onednn": 1e-4}
PARAMETERS = 120_000_000


def families():
    """The name of a model of each family, its library, and how it is made."""
    for module in timm.list_modules():
        for name in sorted(timm.list_models(module=module), key=len)[:2]:
            if has_batch_norms(lambda: timm.create_model(name)):
                yield name, "timm", lambda: timm.create_model(name)
                break
    models = torchvision.models
    for name in models.list_models():
        # Detectors have outputs whose number depends on the image, which can't be exported.
        if name.startswith("quantized_") or "rcnn" in name or "retinanet" in name or name.startswith(("ssd", "fcos")):
            continue
        make = functools.partial(torchvision_model, name)
        if has_batch_norms(make):
            yield name, "torchvision", make


def torchvision_model(name: str):
    extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    if name.startswith(("fcn", "deeplab", "lraspp")):
        extra["weights_backbone"] = None
    return torchvision.models.get_model(name, weights=None, **extra)


def has_batch_norms(make) -> bool:
    try:
        with torch.device("meta"):
            model = make()
    except Exception:  # Some models can't be made without memory, or without a download.
        return False
    small = sum(parameter.numel() for parameter in model.parameters()) < PARAMETERS
    return small and any(isinstance(module, _BatchNorm) for module in model.modules())


def randomise(model) -> None:
    for module in model.modules():
        if isinstance(module, _BatchNorm) and module.running_mean is not None:
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)


def inputs(name: str, model):
    """Inputs of sizes that the model takes, small ones first."""
    size = getattr(model, "default_cfg", {}).get("input_size", (3, 224, 224))
    if "3d" in name or "r2plus1d" in name or "mc3" in name or "s3d" in name:
        return [torch.randn(2, 3, 16, 64, 64), torch.randn(2, 3, 16, 224, 224)]
    sides = [64, 96, 128, size[-1]]
    return [torch.randn(2, size[0], side, side) for side in sides if side <= size[-1]]


def tensors(value) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    items = value.values() if isinstance(value, dict) else value
    return [tensor for item in items for tensor in tensors(item)]


def passes(model, x):
    """The outputs in evaluation, those with the BatchNorms in training, and the running statistics after that."""
    with torch.no_grad():
        evaluated = tensors(model(x))
        for module in model.modules():
            if isinstance(module, _BatchNorm):
                module.train()
        trained = tensors(model(x))
    state = model.state_dict()
    return evaluated, trained, {key: state[key] for key in state if key.endswith(("running_mean", "running_var"))}


def largest_error(found, expected) -> float:
    return max(map(error, found, expected), default=0)


def error(found: torch.Tensor, expected: torch.Tensor) -> float:
    if found.shape != expected.shape:
        return float("inf")
    expected = expected.double()
    scale = expected.abs().max().item() or 1
    difference = (found.double() - expected).abs().max().item() / scale
    return difference if difference == difference else float("inf")


PAGE = """# Models that were run

A model of each family of timm and torchvision that has BatchNorms, with random weights and statistics, two samples of \
the smallest image that it takes: exported by `torch.export`, run on both engines, and compared with PyTorch in float64. \
`make models` writes this page.

{count} ({versions}).

Errors are the largest of an output, or of a running statistic after a batch in training, relative to the largest number \
of that tensor: of the reference, of the oneDNN engine, which computes in float32, and of PyTorch itself in float32, whose \
roundings some models magnify as much; where its own error is above 0.01, only the reference is judged. The last column says whether the \
model was proven to compute the same bits after its BatchNorms were mapped to two virtual devices.

| model | library | evaluation | training | running statistics | after mapping |
|---|---|---|---|---|---|
{lines}
"""


class Survey:
    def __init__(self, command: str, folder: Path):
        self.command, self.folder = command, folder

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([self.command, *arguments], capture_output=True, text=True)

    def export(self, name: str, model):
        """The program and the input of the first size that can be exported."""
        for x in inputs(name, model):
            try:
                with torch.no_grad():
                    program = torch.export.export(model, (x,))
                torch.export.save(program, self.folder / "model.pt2")
                save_file({program.graph_signature.user_inputs[0]: x}, self.folder / "x.safetensors")
                return x
            except Exception as failure:
                reason = failure
        raise RuntimeError(str(reason).strip().splitlines()[0][:80])

    def compare(self, engine: str, mode: str, outputs, state=None) -> list[float]:
        out, after = str(self.folder / "out.safetensors"), str(self.folder / "after.safetensors")
        saving = ["--save-state", after] if state is not None else []
        done = self.run(
            "run", str(self.folder / "model.pt2"), "--input", str(self.folder / "x.safetensors"), "--output", out,
            "--engine", engine, "--mode", mode, "--force", *saving)  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stderr.strip().splitlines()[-1].split("model.pt2: ")[-1][:110])
        found = load_file(out)
        errors = [largest_error([found[f"output_{index}"] for index in range(len(outputs))], outputs)]
        if state is not None:
            saved = load_file(after)
            errors.append(largest_error([saved[key] for key in state], state.values()))
        return errors

    def row(self, name: str, model) -> dict:
        torch.manual_seed(2026)
        model.eval()
        randomise(model)
        try:
            x = self.export(name, model)
        except RuntimeError as failure:
            return {"exported": f"no: {failure}"}
        double = copy.deepcopy(model).double()
        (evaluated, trained, buffers), own = passes(double, x.double()), passes(model, x)
        row = {"exported": "yes", "pytorch": [
            largest_error(own[0], evaluated), largest_error(own[1], trained),
            largest_error(own[2].values(), buffers.values())]}  # fmt: skip
        try:
            for engine in LIMITS:
                row[engine] = self.compare(engine, "eval", evaluated) + self.compare(engine, "train", trained, buffers)
        except RuntimeError as failure:
            row["stopped"] = str(failure)
            return row
        proof = self.run(
            "to-distributed", str(self.folder / "model.pt2"), str(self.folder / "mapped.h5"), "--world-size", "2",
            "--verify", "--force")  # fmt: skip
        row["mapped"] = "bit-identical" if not proof.returncode and "bit-identical" in proof.stdout else "NOT PROVEN"
        return row


def is_right(row: dict) -> bool:
    """Within the limits or, in float32, ten times PyTorch's own error: some models magnify roundings in training.

    Where that is above 0.01, float32 shows nothing, and only the reference is judged.
    """
    return all(value <= LIMITS["reference"] for value in row["reference"]) and all(
        value <= max(LIMITS["onednn"], 10 * own) or own > 0.01 for value, own in zip(row["onednn"], row["pytorch"]))


def line(name: str, library: str, row: dict) -> str:
    if "stopped" in row or row["exported"] != "yes":
        return f"| {name} | {library} | {row.get('stopped', row['exported'])} | | | |"
    numbers = [" / ".join(f"{row[kind][index]:.0e}" for kind in (*LIMITS, "pytorch")) for index in range(3)]
    return f"| {name} | {library} | {' | '.join(numbers)} | {row['mapped']} |"


def main() -> int:
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("command")
    parser.add_argument("--table", type=Path, metavar="FILE", help="the page to write: docs/models.md")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="when to begin no other model")
    parser.add_argument("names", nargs="*")
    options = parser.parse_intermixed_args()
    lines, rows, start = [], [], time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        survey = Survey(options.command, Path(folder))
        for name, library, make in families():
            if options.names and name not in options.names:
                continue
            if time.monotonic() - start > options.seconds:
                break
            try:
                row = survey.row(name, make())
            except Exception as failure:  # PyTorch's own forward pass failed.
                row = {"exported": f"not run by PyTorch: {str(failure).strip().splitlines()[0][:80]}"}
            rows.append(row)
            lines.append(line(name, library, row))
            print(lines[-1], flush=True)
    exported = [row for row in rows if row["exported"] == "yes"]
    ran = [row for row in exported if "stopped" not in row]
    right = [row for row in ran if is_right(row) and row["mapped"] == "bit-identical"]
    count = f"{len(rows)} models, {len(exported)} exported, {len(ran)} run, {len(right)} right and proven"
    print(count)
    if options.table:
        versions = f"PyTorch {torch.__version__}, torchvision {torchvision.__version__}, timm {timm.__version__}"
        options.table.write_text(PAGE.format(count=count, versions=versions, lines="\n".join(lines)))
    return 0 if len(ran) == len(right) else 1


if __name__ == "__main__":
    sys.exit(main())
