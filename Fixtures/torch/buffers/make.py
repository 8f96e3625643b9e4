"""nn.Buffer and tensors with attributes of their own, which PyTorch writes as `torch._tensor._rebuild_from_type_v2`."""

import sys
from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_torch_case

noted = torch.arange(3.0)
noted.note = "an attribute of a tensor"
noted_parameter = nn.Parameter(torch.ones(2))
noted_parameter.is_norm = True
write_torch_case(
    FOLDER,
    OrderedDict(
        buffer=nn.Buffer(torch.arange(4.0)),
        transient=nn.Buffer(torch.tensor(7), persistent=False),
        noted=noted,
        noted_parameter=noted_parameter,
        plain=torch.zeros(1),
    ),
)
