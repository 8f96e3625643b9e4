"""A small convolutional network with standard BatchNorm, trained on scikit-learn's digits, with its activations."""

import sys
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from digits import write_digits_case


def as_drawn(images: torch.Tensor) -> torch.Tensor:
    return torch.arange(len(images))


write_digits_case(FOLDER, norm_layer=nn.BatchNorm2d, arrange=as_drawn)
