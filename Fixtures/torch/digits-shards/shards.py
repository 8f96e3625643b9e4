"""The digits as four cameras see them, one of them overexposed, and the network trained on one camera per device."""

import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

FIXTURES = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(FIXTURES))
from digits import DigitsNet, digits, scaled
from distributed_batchnorm import replicated_batchnorm

DEVICES, BATCH = 4, 64
BRIGHTNESS = torch.tensor([0, 0, 0, 16], dtype=torch.uint8)  # Added to every pixel, 0 to 16 of its own.


def seen(images: torch.Tensor) -> torch.Tensor:
    """In batches of 64, slice i of every batch (the last is shorter) as camera i sees it."""
    return torch.cat([seen_batch(batch) for batch in images.split(BATCH)])


def seen_batch(images: torch.Tensor) -> torch.Tensor:
    length = -(-len(images) // DEVICES)
    return images + BRIGHTNESS[torch.arange(len(images)) // length].reshape(-1, 1, 1, 1)


def data() -> tuple[torch.Tensor, ...]:
    """Training images and labels, a whole number of batches; test images and labels. Images as the cameras see them."""
    train_images, test_images, train_labels, test_labels = digits()
    whole = len(train_images) // BATCH * BATCH
    return seen(train_images[:whole]), train_labels[:whole], seen(test_images), test_labels


def trained(images: torch.Tensor, labels: torch.Tensor, epochs: int = 12) -> nn.Module:
    """Device i is given images of camera i only."""
    model = DigitsNet(replicated_batchnorm(DEVICES))
    length = BATCH // DEVICES
    shards = torch.arange(len(images)).reshape(-1, DEVICES, length).transpose(0, 1).flatten(1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for _ in range(epochs):
        model.train()
        shuffled = torch.stack([shard[torch.randperm(len(shard))] for shard in shards])
        for batch in shuffled.split(length, dim=1):
            batch = batch.flatten()
            loss = functional.cross_entropy(model(scaled(images[batch])), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
    return model.eval()
