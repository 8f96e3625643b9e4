"""Names that share a storage: ties, which must survive, and views that merely overlap, which are none."""

import sys
from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_torch_case

torch.manual_seed(2)
model = nn.Module()
model.encoder = nn.Embedding(6, 4)
model.decoder = nn.Linear(4, 6)
model.decoder.weight = model.encoder.weight
model.bn1 = nn.BatchNorm1d(4)
model.bn2 = nn.BatchNorm1d(4)
model.bn2.running_mean = model.bn1.running_mean

three, base, tied_parameter = torch.randn(3), torch.randn(8), nn.Parameter(torch.randn(2, 2))
write_torch_case(
    FOLDER,
    OrderedDict(
        model.state_dict(),
        **{
            "three.a": three,
            "three.b": three,
            "three.c": three.view(3),
            "overlap.first_half": base[:4],
            "overlap.second_half": base[4:],
            "overlap.whole": base,
            "overlap.other_shape": base.view(2, 4),
            "overlap.step": base[::2],
            "transposed.a": base.view(2, 4).t(),
            "transposed.b": base.view(2, 4).t(),
            "parameter.a": tied_parameter,
            "parameter.b": tied_parameter,
            "parameter.data": tied_parameter.data,
            "equal_but_apart.a": torch.ones(3),
            "equal_but_apart.b": torch.ones(3),
            "empty.a": torch.empty(0),
            "empty.b": torch.empty(0),
        },
    ),
)
