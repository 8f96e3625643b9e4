"""The network of the two digits cases, its training, and the activations recorded from it."""

from pathlib import Path

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn import functional

from expectation import write_torch_case

RECORDED_SAMPLES = 10


class DigitsNet(nn.Module):
    """Three convolutions with BatchNorm for 8x8 images of ten digits."""

    def __init__(self, norm_layer):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1, bias=False)
        self.bn1 = norm_layer(16)
        self.conv2 = nn.Conv2d(16, 32, 3, stride=2, padding=1, bias=False)
        self.bn2 = norm_layer(32)
        self.conv3 = nn.Conv2d(32, 32, 3, padding=1, bias=False)
        self.bn3 = norm_layer(32)
        self.fc = nn.Linear(32, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.relu(self.bn1(self.conv1(x)))
        x = functional.relu(self.bn2(self.conv2(x)))
        x = functional.relu(self.bn3(self.conv3(x)))
        return self.fc(x.mean(dim=(2, 3)))


def digits() -> tuple[torch.Tensor, ...]:
    """Training images, test images, training labels, test labels; images are uint8, 0 to 16."""
    images, labels = load_digits(return_X_y=True)
    images = torch.from_numpy(images).to(torch.uint8).reshape(-1, 1, 8, 8)
    return train_test_split(images, torch.from_numpy(labels), test_size=0.2, random_state=0, stratify=labels)


def scaled(images: torch.Tensor) -> torch.Tensor:
    return images.float() / 16


def trained(model: nn.Module, images: torch.Tensor, labels: torch.Tensor, arrange, epochs: int = 12) -> nn.Module:
    """`arrange` gives the order of the samples within a batch, and so which device gets which."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for _ in range(epochs):
        model.train()
        for batch in torch.randperm(len(images)).split(64):
            batch = batch[arrange(images[batch])]
            loss = functional.cross_entropy(model(scaled(images[batch])), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
    return model.eval()


def accuracy(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    with torch.no_grad():
        return (model(scaled(images)).argmax(1) == labels).float().mean().item()


@torch.no_grad()
def activations(model: nn.Module, x: torch.Tensor) -> dict[str, torch.Tensor]:
    """What goes into and comes out of every BatchNorm.

    The inputs are those of one forward pass in evaluation mode. Each BatchNorm is then run alone on its recorded input,
    once in each mode, always starting from the checkpoint's buffers, which are put back.
    """
    norms = {name: module for name, module in model.named_children() if name.startswith("bn")}
    inputs = {}
    hooks = [
        norm.register_forward_pre_hook(lambda _, arguments, name=name: inputs.update({name: arguments[0].clone()}))
        for name, norm in norms.items()
    ]
    recorded = {"x": x, "eval.logits": model.eval()(x)}
    for hook in hooks:
        hook.remove()
    for name, norm in norms.items():
        recorded[f"{name}.input"] = inputs[name]
        recorded[f"eval.{name}.output"] = norm.eval()(inputs[name])
        before = {key: buffer.clone() for key, buffer in norm.named_buffers()}
        recorded[f"train.{name}.output"] = norm.train()(inputs[name])
        recorded |= {f"train.{name}.{key}": buffer.clone() for key, buffer in norm.named_buffers()}
        norm.load_state_dict(before, strict=False)
        norm.eval()
    return recorded


def write_digits_case(folder: Path, norm_layer, arrange) -> None:
    """Trains, then writes checkpoint.pth, expected.json, activations.pth and test.pth."""
    torch.manual_seed(0)
    train_images, test_images, train_labels, test_labels = digits()
    model = trained(DigitsNet(norm_layer), train_images, train_labels, arrange)
    print(f"{folder.name}: test accuracy {accuracy(model, test_images, test_labels):.4f}")
    write_torch_case(folder, model.state_dict())
    torch.save(activations(model, scaled(test_images[:RECORDED_SAMPLES])), folder / "activations.pth")
    torch.save({"x": test_images, "y": test_labels}, folder / "test.pth")
