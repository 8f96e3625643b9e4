"""Pickle protocol 0, all text, with tensors: torch.save writes their persistent ids as it would print them.

PyTorch itself does not read these files ("saved_id must be a tuple, got str"); expected.json is from the values that
were saved. The keys of storages in `legacy` are addresses.
"""

import sys
from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import describe_checkpoint, write_document

torch.manual_seed(31)
base = torch.arange(12.0)
value = OrderedDict(nn.BatchNorm2d(4).state_dict())
value |= {"view": base.view(3, 4).t(), "part": base[5:9], "half": torch.tensor([0.5, -2]).half()}
value["tied"] = value["weight"]
for name, is_zip in {"zip": True, "legacy": False}.items():
    (FOLDER / name).mkdir(exist_ok=True)
    torch.save(value, FOLDER / name / "checkpoint.pth", pickle_protocol=0, _use_new_zipfile_serialization=is_zip)
    document = describe_checkpoint(value, "", f"torch-{name}")
    write_document(FOLDER / name / "expected.json", document | {"written_only": True})
