"""A ResNet's way to distributed BatchNorm and back: mapped, fine-tuned as if on 4 devices, merged, verified.

    python Examples/Python/round_trip.py

Needs torch. With torchvision its resnet18 is taken, else a small ResNet that is defined here.
"""

import os
import tempfile
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

import dbn_convert

DEVICES = 4
SAMPLES = 32
CLASSES = 10


class Block(nn.Module):
    """Two convolutions around a shortcut."""

    def __init__(self, channels: int, norm_layer) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = norm_layer(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = norm_layer(channels)

    def forward(self, x: Tensor) -> Tensor:
        inner = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(x + self.bn2(self.conv2(inner)))


class SmallResNet(nn.Module):
    def __init__(self, norm_layer=nn.BatchNorm2d) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, stride=2, padding=1, bias=False)
        self.bn = norm_layer(16)
        self.blocks = nn.Sequential(Block(16, norm_layer), Block(16, norm_layer))
        self.fc = nn.Linear(16, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(functional.relu(self.bn(self.stem(x))))
        return self.fc(x.mean((2, 3)))


def made(norm_layer=nn.BatchNorm2d) -> nn.Module:
    try:
        from torchvision.models import resnet18
    except ImportError:
        return SmallResNet(norm_layer)
    return resnet18(norm_layer=norm_layer, num_classes=CLASSES)


def batch() -> tuple[Tensor, Tensor]:
    """Synthetic images: each class has its own colour, and the last device's images are overexposed."""
    labels = torch.randint(CLASSES, (SAMPLES,))
    colours = torch.linspace(-1, 1, 3 * CLASSES).reshape(CLASSES, 3)[labels]
    images = colours[:, :, None, None] + 0.5 * torch.randn(SAMPLES, 3, 32, 32)
    images[-SAMPLES // DEVICES :] = images[-SAMPLES // DEVICES :] * 2 + 1
    return images, labels


def train(model: nn.Module, steps: int, rate: float) -> float:
    optimizer = torch.optim.SGD(model.train().parameters(), rate, momentum=0.9)
    for _ in range(steps):
        images, labels = batch()
        loss = functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def main() -> None:
    torch.manual_seed(0)

    print("# A model that was trained with standard BatchNorm")
    standard = made()
    print(f"{type(standard).__name__}, loss {train(standard, steps=10, rate=0.02):.3f}")
    torch.save(standard.state_dict(), "standard.pth")

    print(f"\n# Its checkpoint, mapped to {DEVICES} virtual devices, and proven to give the same outputs")
    mapped = dbn_convert.to_distributed("standard.pth", "distributed.h5", world_size=DEVICES, verify=True)
    assert mapped.verification is not None
    print(f"{len(mapped.converted)} BatchNorms mapped; bit-identical: {mapped.verification.bit_identical}")

    print("\n# Loaded into distributed BatchNorm: PyTorch gives the same outputs too")
    model = made(norm_layer=dbn_convert.DistributedBatchNorm2d(vt_world_size=DEVICES))
    model.load_state_dict(dbn_convert.load("distributed.h5"))
    images, _ = batch()
    with torch.no_grad():
        print(f"equal: {torch.equal(model.eval()(images), standard.eval()(images))}")

    print("\n# Fine-tuned: each device normalises its slice of the batch with its own statistics")
    print(f"loss {train(model, steps=10, rate=0.002):.3f}")
    history = dbn_convert.info("distributed.h5").history
    dbn_convert.save(model.state_dict(), "fine-tuned.h5", history=[*history, {"operation": "fine-tune", "steps": 10}])
    worst = max(dbn_convert.info("fine-tuned.h5").batch_norms, key=lambda norm: norm.drift.mean)
    print(f"the devices have drifted apart, most in {worst.name}: by {worst.drift.mean:.2f} standard deviations")

    print("\n# Merged back to standard BatchNorm; the rule is a choice")
    try:
        dbn_convert.to_standard("fine-tuned.h5", "merged.h5")
    except dbn_convert.CommandError as error:
        print(f"refused: {error}")
    merged = dbn_convert.to_standard("fine-tuned.h5", "merged.h5", statistics="pooled", verify=True)
    print(f"{len(merged.converted)} BatchNorms merged by 'pooled', which changes {len(merged.losses)} of them")

    print("\n# How far the merged model's BatchNorms are from the distributed ones")
    proof = dbn_convert.verify("fine-tuned.h5", "merged.h5")
    print(f"equal: {proof.equal}; outputs differ by up to {proof.max_abs:.3g}, first in {proof.layers[0].name}")

    print("\n# The merged checkpoint in plain PyTorch, and the same merge within PyTorch")
    standard.load_state_dict(dbn_convert.load("merged.h5"))
    reverted = dbn_convert.revert_model(model.eval(), statistics="pooled")
    with torch.no_grad():
        error = (standard.eval()(images) - reverted(images)).abs().max().item()
    print(f"outputs of the two differ by up to {error:.1e}")
    assert error < 1e-4

    print("\n# What the file remembers")
    for step in dbn_convert.info("merged.h5").history:
        print(
            {name: step[name] for name in ("operation", "world_size", "steps", "statistics", "drifted") if name in step}
        )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        home = Path.cwd()
        os.chdir(folder)
        try:
            main()
        finally:
            os.chdir(home)
