"""Whole modules and TorchScript programs of the installed libraries, read as what `state_dict()` gives, bit for bit."""

import itertools
import warnings
from pathlib import Path

import torch
from torch import nn


class Conv(nn.Module):
    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.03)
        self.act = nn.SiLU(inplace=True)

    def forward(self, x):
        return self.act(self.bn(self.conv(x)))


class Bottleneck(nn.Module):
    def __init__(self, features: int):
        super().__init__()
        self.cv1, self.cv2 = Conv(features, features, 3), Conv(features, features, 3)

    def forward(self, x):
        return x + self.cv2(self.cv1(x))


class Detector(nn.Module):
    """The shape of YOLO's networks: nested blocks, a fixed convolution, anchors, plain settings."""

    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            Conv(3, 16, 3, 2), Bottleneck(16), Conv(16, 32, 3, 2), nn.Sequential(*[Bottleneck(32) for _ in range(2)]),
            nn.MaxPool2d(5, 1, 2), Conv(32, 32), nn.Upsample(scale_factor=2.0), nn.ConvTranspose2d(32, 8, 2, 2))
        self.dfl = nn.Conv2d(8, 1, 1, bias=False).requires_grad_(False)
        self.register_buffer("anchors", torch.rand(3, 2))
        self.register_buffer("grid", torch.zeros(1), persistent=False)
        self.stride, self.names, self.save = torch.tensor([8.0, 16.0]), {0: "person"}, [4, 6]
        self.yaml = {"nc": 80, "backbone": [[-1, 1, "Conv", [64, 3, 2]]]}

    def forward(self, x):
        return self.dfl(self.model(x)) * self.anchors.sum()


def torchvision_models():
    """The classifiers of torchvision by name; none where it is not installed."""
    try:
        from torchvision import models
    except (ImportError, RuntimeError):
        print("   left out: torchvision is not installed")
        return
    for name in models.list_models(module=models):
        # The largest would take minutes and say nothing else.
        if name in ("vit_h_14", "regnet_y_128gf"):
            continue
        extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        yield f"torchvision {name}", models.get_model(name, **extra), (1, 3, 299 if name == "inception_v3" else 224, 224)


def timm_models():
    """A model of each of three families of timm; none where it is not installed."""
    try:
        import timm
    except (ImportError, RuntimeError):
        print("   left out: timm is not installed")
        return
    for name in ("resnetv2_50", "efficientnet_lite0", "convnext_pico"):
        yield f"timm {name}", timm.create_model(name), (1, 3, 224, 224)


def programs(model: nn.Module, size: tuple):
    """The model scripted and traced, as far as PyTorch can."""
    example = torch.rand(size)
    for way, make in (("scripted", torch.jit.script), ("traced", lambda model: torch.jit.trace(model, example, check_trace=False))):
        try:
            yield way, make(model)
        except Exception as error:  # Not every model can be made a program.
            print(f"   not {way}: {type(model).__name__}: {str(error).strip().splitlines()[0][:80]}")


def check(folder: Path, run, assert_equal, randomised) -> None:
    warnings.simplefilter("ignore")

    def compare(path: Path, expected, name: str) -> None:
        written = folder / "written.pth"
        run("convert", path, written, "--force", "--state-dict-only")
        found = torch.load(written, weights_only=True)
        assert_equal(dict(expected), dict(found), name)
        assert list(expected) == list(found), f"{name}: order"
        assert groups(expected) == groups(found), f"{name}: ties"
        assert_equal(expected._metadata, found._metadata, f"{name}._metadata")

    def groups(mapping) -> list:
        names = {}
        for name, tensor in mapping.items():
            key = (tensor.data_ptr(), tensor.shape) if tensor.numel() else name
            names.setdefault(key, []).append(name)
        return list(names.values())

    def whole(model: nn.Module, name: str) -> None:
        path = folder / "module.pt"
        torch.save(model, path)
        compare(path, model.state_dict(), name)

    def scripts(model: nn.Module, size: tuple, name: str) -> int:
        count = 0
        for way, program in programs(model.eval(), size):
            path = folder / "program.pt"
            torch.jit.save(program, path)
            compare(path, torch.jit.load(path).state_dict(), f"{name} {way}")
            count += 1
        return count

    modules = scripted = 0
    detector = randomised(Detector())
    for name, model in (("detector", detector), ("half", Detector().half()), ("parallel", nn.DataParallel(Detector())),
                        ("compiled", torch.compile(Detector()))):
        whole(model, name)
        modules += 1
    scripted += scripts(detector, (1, 3, 64, 64), "detector")
    small = ("resnet18", "mobilenet_v3_small", "shufflenet_v2_x0_5", "squeezenet1_0", "densenet121", "efficientnet_b0",
             "googlenet", "mnasnet0_5", "regnet_y_400mf", "vgg11_bn", "alexnet", "swin_t", "vit_b_16", "convnext_tiny")
    # One at a time: all together take 20 GB.
    for name, model, size in itertools.chain(torchvision_models(), timm_models()):
        whole(model, name)
        modules += 1
        if name.split()[0] == "timm" or name.split()[1] in small:
            scripted += scripts(model, size, name)
    print(f"   {modules} whole modules, {scripted} programs")
