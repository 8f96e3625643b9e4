"""Optimizer states beside models: which parameters a state is of, a conversion of the model can change; one folder each."""

import sys
from pathlib import Path

import torch
from timm.layers import convert_splitbn_model
from torch import nn
from torch.distributed.checkpoint.state_dict import get_optimizer_state_dict

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_torch_case


def network(features: int = 4) -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, features, 1), nn.BatchNorm2d(features), nn.ReLU(), nn.Conv2d(features, 2, 1))


def trained(model: nn.Module, kind, named: bool = False, **options):
    """The model and its optimizer after one step."""
    optimizer = kind(model.named_parameters() if named else model.parameters(), lr=0.125, **options)
    model(torch.randn(4, 3, 2, 2)).square().mean().backward()
    optimizer.step()
    return model, optimizer


def checkpoint(model: nn.Module, optimizer) -> dict:
    return {"state_dict": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 1}


torch.manual_seed(0)
SPLIT = trained(convert_splitbn_model(network(), 2), torch.optim.SGD, momentum=0.875)
STANDARD = trained(network(), torch.optim.Adam)
WITH_NAMES = trained(network(), torch.optim.Adam, named=True)
GENERATOR = trained(network(), torch.optim.Adam)
DISCRIMINATOR = trained(nn.Sequential(nn.Conv2d(3, 5, 1), nn.Conv2d(5, 1, 1)), torch.optim.Adam)
BY_NAME = trained(network(), torch.optim.Adam)

write_torch_case(FOLDER / "split", checkpoint(*SPLIT), "state_dict")
write_torch_case(FOLDER / "standard", checkpoint(*STANDARD), "state_dict")
write_torch_case(FOLDER / "with-names", checkpoint(*WITH_NAMES), "state_dict")
write_torch_case(FOLDER / "lightning", {"state_dict": STANDARD[0].state_dict(), "optimizer_states": [STANDARD[1].state_dict()]}, "state_dict")
write_torch_case(FOLDER / "gan", {
    "generator": GENERATOR[0].state_dict(), "discriminator": DISCRIMINATOR[0].state_dict(),
    "optimizer_g": GENERATOR[1].state_dict(), "optimizer_d": DISCRIMINATOR[1].state_dict(),
}, "generator")
# As torch.distributed.checkpoint saves it: parameters by name.
write_torch_case(FOLDER / "by-name", {
    "model": BY_NAME[0].state_dict(), "optimizer": get_optimizer_state_dict(*BY_NAME),
}, "model")
