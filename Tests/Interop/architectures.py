"""torchvision's models with BatchNorm, told from their weights alone: `run` gives what PyTorch gives.

Each is saved as a state dict and run by both engines on two images of 97x90 (videos of 5 frames of 33x34; larger ones where
the model needs them), in evaluation and, a few, in training, with the running statistics that it leaves. The weights are
those of Fixtures/architectures/formula.py, with outputs of the order of 1. Errors are the largest difference divided by
the largest number of PyTorch's result in float64; the reference has float64 weights and at most 1e-11, oneDNN float32
weights and at most 1e-4, or ten times PyTorch's own error in float32.

    python Tests/Interop/architectures.py .build/release/dbn-convert [NAME...]
"""

import copy
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Fixtures" / "architectures"))
LIMITS = {"reference": 1e-11, "onednn": 1e-4}
# One of each kind. In training the batch's own statistics magnify roundings: ten times as large errors are accepted.
TRAINED = ["resnet18", "mobilenet_v3_small", "efficientnet_b0", "regnet_y_400mf", "shufflenet_v2_x0_5", "googlenet",
           "r3d_18", "lraspp_mobilenet_v3_large", "maxvit_t"]
# The smallest that these take.
SHAPES = {"s3d": [2, 3, 13, 209, 209], "maxvit_t": [2, 3, 224, 224]}
# Up to 5 GB of float64 weights.
TOO_LARGE = ["regnet_y_32gf", "regnet_y_128gf", "regnet_x_32gf"]


def has_batch_norm(model: torch.nn.Module) -> bool:
    return any(isinstance(module, torch.nn.modules.batchnorm._BatchNorm) for module in model.modules())


def models_with_batch_norm() -> set[str]:
    """The names of torchvision's models that have BatchNorms, without those for detection and optical flow."""
    from make import model, models

    names = {name for module in (models, models.video, models.segmentation) for name in models.list_models(module=module)}
    with torch.device("meta"):
        return {name for name in names if has_batch_norm(model(name, 10))}


def deterministic(model: torch.nn.Module) -> torch.nn.Module:
    """The model without what is random in training, which `run` leaves out."""
    for module in model.modules():
        if hasattr(module, "p"):
            module.p = 0.0
    return model


def error(found, expected: torch.Tensor) -> float:
    found, expected = torch.as_tensor(found).double(), expected.double()
    assert found.shape == expected.shape, f"{tuple(found.shape)} instead of {tuple(expected.shape)}"
    return float((found - expected).abs().max() / expected.abs().max())


class Comparison:
    """A model of torchvision, and what the command makes of its weights."""

    def __init__(self, name: str, folder: Path, run):
        from formula import GAINS, fill, output
        from make import model

        self.name, self.folder, self.run, self.output = name, folder, run, output
        self.model = deterministic(fill(model(name, 10), GAINS[name]))
        self.paths = {}
        for engine, dtype in (("reference", torch.float64), ("onednn", torch.float32)):
            self.paths[engine] = folder / f"{engine}.pth"
            state = {k: v.to(dtype) if v.is_floating_point() else v for k, v in self.model.state_dict().items()}
            torch.save(state, self.paths[engine])
        is_video = next(iter(self.model.parameters())).dim() == 5
        # What float32 holds, so that both engines get the same.
        shape = SHAPES.get(name, [2, 3, 5, 33, 34] if is_video else [2, 3, 97, 90])
        self.images = torch.randn(shape).double()
        torch.save(self.images.float(), folder / "images.pth")

    def execute(self, engine: str, *options) -> numpy.ndarray:
        output = self.folder / "output.npy"
        text = self.run("run", self.paths[engine], "--input", self.folder / "images.pth", "--output", output,
                        "--engine", engine, "--force", *options)
        assert self.name in text, f"{self.name} was taken for another model: {text}"
        return numpy.load(output)

    @torch.no_grad()
    def evaluation(self) -> dict[str, float]:
        expected = self.output(self.model.eval()(self.images))
        own = self.output(copy.deepcopy(self.model).float()(self.images.float()))
        # Some models magnify roundings: PyTorch's own in float32 show how much.
        self.limits = LIMITS | {"onednn": max(LIMITS["onednn"], 10 * error(own, expected))}
        return {engine: error(self.execute(engine), expected) for engine in LIMITS}

    @torch.no_grad()
    def training(self) -> dict[str, float]:
        expected = self.output(self.model.train()(self.images))
        errors = {}
        for engine in LIMITS:
            saved = self.folder / "saved.pth"
            errors[engine] = error(self.execute(engine, "--mode", "train", "--save-state", saved), expected)
            state = torch.load(saved, weights_only=True)
            errors[f"{engine} buffers"] = max(error(state[k], v) for k, v in self.model.named_buffers())
        return errors


def check(folder: Path, run, names: list[str] = ()) -> None:
    try:
        from make import NAMES
    except (ImportError, RuntimeError):
        print("   left out: torchvision is not installed")
        return
    warnings.simplefilter("ignore")
    known = set(run("models").split())
    assert known == set(NAMES), known ^ set(NAMES)
    print(f"   not known: {' '.join(sorted(models_with_batch_norm() - known))}")
    print(f"   {'':20} {'reference':>10} {'oneDNN':>10}   training: reference, its buffers, oneDNN, its buffers")
    for name in names or NAMES:
        if name in TOO_LARGE:
            continue
        comparison = Comparison(name, folder, run)
        evaluation = comparison.evaluation()
        training = comparison.training() if name in TRAINED else {}
        numbers = [f"{value:10.1e}" for value in [*evaluation.values(), *training.values()]]
        print(f"   {name:20} {' '.join(numbers)}", flush=True)
        for kind, value in evaluation.items():
            assert value <= comparison.limits[kind], f"{name}, {kind}: {value}, not {comparison.limits[kind]}"
        for kind, value in training.items():
            assert value <= 10 * LIMITS[kind.split()[0]], f"{name}, {kind} in training: {value}"


if __name__ == "__main__":
    def run(*arguments) -> str:
        done = subprocess.run([sys.argv[1], *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout + done.stderr

    torch.manual_seed(2026)
    with tempfile.TemporaryDirectory() as folder:
        check(Path(folder), run, sys.argv[2:])
