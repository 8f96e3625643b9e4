"""The families of models of timm and torchvision, and the model that stands for each: the smallest with BatchNorms."""

import functools
import re
from dataclasses import dataclass, field

import timm
import torch
import torchvision
from torch.nn.modules.batchnorm import _BatchNorm

#: The most parameters of a model that is run.
PARAMETERS = 120_000_000
#: The name of a family: letters, and a version; `r3d`, `s3d` and `r2plus1d` have digits.
FAMILY = re.compile(r"[a-z]+?_?v\d(?!\d)|r2plus1d|[rs]3d|[a-z]+(?:_[xy](?=_))?")
WITHOUT_BATCH_NORM = "no BatchNorm"
TOO_LARGE = "million parameters"


@dataclass
class Family:
    """Models of one library whose names begin the same."""

    library: str
    #: The module of the library that defines them.
    module: str
    name: str
    models: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        return f"{self.library}/{self.module}/{self.name}"

    def is_named(self, name: str) -> bool:
        return name in (self.key, self.library, self.module, self.name, *self.models)

    def make(self, model: str) -> torch.nn.Module:
        return timm.create_model(model) if self.library == "timm" else torchvision_model(model)

    def choose(self) -> tuple[str | None, dict[str, str]]:
        """The smallest model with BatchNorms; None if none can be run; and the reasons of those passed over."""
        sizes, reasons = {}, {}
        for model in self.models:
            reason, size = self.inspect(model)
            if reason:
                reasons[model] = reason
            else:
                sizes[model] = size
        return min(sizes, key=sizes.get, default=None), reasons

    def inspect(self, model: str) -> tuple[str | None, int]:
        """Why a model can't be run, and its number of parameters."""
        if self.library == "torchvision" and re.search("rcnn|retinanet|^ssd|^fcos", model):
            return "a detector: the number of its outputs depends on the image", 0
        for device in ("meta", "cpu"):  # Without numbers it takes no memory, but some compute with them.
            try:
                with torch.device(device):
                    made = self.make(model)
                break
            except Exception as failure:  # Some need a download or another package.
                reason = f"can't be made: {one_line(failure)}"
        else:
            return reason, 0
        size = sum(parameter.numel() for parameter in made.parameters())
        if not any(isinstance(module, _BatchNorm) for module in made.modules()):
            return WITHOUT_BATCH_NORM, size
        return (f"{size // 10**6} {TOO_LARGE}" if size > PARAMETERS else None), size


def one_line(failure: Exception) -> str:
    """The first line of an error's text, as a cell of a table."""
    lines = str(failure).strip().splitlines()
    return (lines[0] if lines else type(failure).__name__)[:100].replace("|", "/")


def torchvision_model(name: str) -> torch.nn.Module:
    extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    if name.startswith(("fcn", "deeplab", "lraspp")):
        extra["weights_backbone"] = None
    return torchvision.models.get_model(name, weights=None, **extra)


def names():
    """All models: library, module and name. Without copies for quantisation and timm's models for its own tests."""
    for module in timm.list_modules():
        for name in sorted(timm.list_models(module=module)):
            if not name.startswith("test_"):
                yield "timm", module, name
    for name in torchvision.models.list_models():
        if not name.startswith("quantized_"):
            yield "torchvision", torchvision.models.get_model_builder(name).__module__.split(".")[-1], name


@functools.cache
def families() -> list[Family]:
    """All families, the first of each module before the others, so that a run cut short has seen every module."""
    found: dict[str, Family] = {}
    for library, module, model in names():
        family = Family(library, module, FAMILY.match(model)[0])
        found.setdefault(family.key, family).models.append(model)
    counts: dict[tuple[str, str], int] = {}
    ranks = {}
    for family in found.values():
        ranks[family.key] = counts[family.library, family.module] = counts.get((family.library, family.module), -1) + 1
    return sorted(found.values(), key=lambda family: ranks[family.key])
