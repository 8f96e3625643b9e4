"""Checkpoints with objects that are no plain values, as training scripts leave them: kept by name where asked for."""

import argparse
import datetime
import decimal
import fractions
import functools
import pathlib
import sys
from collections import OrderedDict, defaultdict, deque
from pathlib import Path

import numpy
import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_checkpoint_document, write_legacy_case

torch.manual_seed(4)
weights = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).state_dict()
metrics = defaultdict(list, train=[0.5, 0.25], **{"val": [1.0]})
history = deque([1, "two", None], maxlen=10)
objects = {
    "namespace": argparse.Namespace(lr=0.1, arch="resnet50", devices=[0, 1], scale=torch.tensor([1.0, 2.0])),
    "numpy": {"number": numpy.float64(76.5), "array": numpy.arange(3, dtype=numpy.int32), "flag": numpy.bool_(True)},
    "paths": [pathlib.PurePosixPath("runs/1")],
    "metrics": metrics,
    "history": history,
    "when": datetime.datetime(2026, 1, 2, 3, 4, 5),
    "decimal": decimal.Decimal("0.1"),
    "fraction": fractions.Fraction(1, 3),
    "frozen": frozenset({"a"}),
    "partial": functools.partial(int, "11", base=2),
    "class": deque,
    "odd keys": {(1, 2): "pair", 0.5: "half", None: "none", True: "true", "text": 1, 3: 2},
}


def write(name: str, value) -> None:
    (FOLDER / name).mkdir(exist_ok=True)
    torch.save(value, FOLDER / name / "checkpoint.pth")
    write_checkpoint_document(FOLDER / name, value, "state_dict", "torch-zip", needs_trust=True)


write("training", {"state_dict": weights, **objects})
write("args-first", OrderedDict(args=argparse.Namespace(tag=None), state_dict=weights))
for protocol in (1, 4):
    value = {"state_dict": weights, "metrics": metrics, "frozen": frozenset({"a"}), "history": history}
    write_legacy_case(FOLDER / f"protocol-{protocol}", value, "state_dict", protocol, needs_trust=True)
