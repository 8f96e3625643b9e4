"""The digits network on shards that differ: three devices see the digits as they are, the fourth sees them overexposed.

The rows of the running statistics lie far apart, so that the merge rule matters: see `evaluation` in expected.json.
Before merging, slices of the batch are evaluated with their device's row; the test images are stored in that order, so
that with batches of 64 every camera meets its row, and with others not.
"""

import sys
from pathlib import Path

import h5py
import numpy
import torch
from safetensors.torch import save_file
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
import recalibration
import shards
from batchnorm_layouts import batchnorm_names, describe_batchnorms, statistics
from digits import DigitsNet, digits, scaled
from evaluation import evaluate, logits
from expectation import describe_checkpoint, write_document

BUFFERS = ("running_mean", "running_var", "num_batches_tracked")


def standard(replicated: dict, buffers: dict) -> nn.Module:
    """A network with nn.BatchNorm2d; statistics as a file has them, rounded to float32."""
    model = DigitsNet(nn.BatchNorm2d)
    shared = {key: value for key, value in replicated.items() if not key.endswith(BUFFERS)}
    model.load_state_dict(model.state_dict() | shared | {key: value.float() for key, value in buffers.items()})
    return model.eval()


def merged(replicated: dict, rule: str) -> dict:
    found = {}
    for name in batchnorm_names(replicated, "replicated"):
        means, variances = statistics(replicated, "replicated", name, rule)
        found |= {f"{name}.running_mean": torch.tensor(means), f"{name}.running_var": torch.tensor(variances)}
    return found


def replica(replicated: dict, device: int) -> dict:
    return {key: value[device] for key, value in replicated.items() if key.endswith(BUFFERS[:2])}


def write_data(train: tuple, test: tuple) -> None:
    """Images uint8, to be divided by 16; the test set in every format that data comes in."""
    numpy.savez_compressed(FOLDER / "train.npz", images=train[0].numpy(), labels=train[1].numpy())
    numpy.savez_compressed(FOLDER / "test.npz", images=test[0].numpy(), labels=test[1].numpy())
    torch.save({"x": test[0], "y": test[1]}, FOLDER / "test.pth")
    save_file({"x": test[0], "y": test[1]}, FOLDER / "test.safetensors")
    with h5py.File(FOLDER / "test.h5", "w") as file:
        file.create_dataset("images", data=test[0].numpy(), chunks=(100, 1, 8, 8), compression="gzip")
        file.create_dataset("labels", data=test[1].numpy())


def write_evaluations(model: nn.Module, variants: dict, test: tuple) -> list[dict]:
    _, original, _, _ = digits()
    rows = [evaluate("replicated", model, *test, batch=batch) for batch in (64, 32, 360)]
    rows += [evaluate(name, variant, *test) for name, variant in variants.items()]
    rows += [evaluate(f"{name}, original images", variants[name], original, test[1]) for name in ("mean", "pooled")]
    outputs = {"replicated": logits(model, test[0], 64)}
    outputs |= {name: logits(variants[name], test[0], 64) for name in ("first", "mean", "pooled", "exact-64")}
    torch.save(outputs, FOLDER / "outputs.pth")
    for row in rows:
        print(f"{row['name']:24} {row['batch']:4} {row['top1']} {row['top5']} {float.fromhex(row['loss']):.4f}")
    return rows


def main() -> None:
    torch.manual_seed(0)
    images, labels, *test = shards.data()
    model = shards.trained(images, labels)
    state_dict = model.state_dict()
    torch.save(state_dict, FOLDER / "checkpoint.pth")
    write_data((images, labels), test)
    variants = {rule: standard(state_dict, merged(state_dict, rule)) for rule in ("first", "mean", "pooled")}
    variants |= {f"replica:{i}": standard(state_dict, replica(state_dict, i)) for i in range(shards.DEVICES)}
    recalibrated = recalibration.recalibrated(variants["pooled"], images)
    torch.save(recalibrated, FOLDER / "recalibrated.pth")
    variants |= {name: standard(state_dict, buffers) for name, buffers in recalibrated.items()}
    layout = {"name": "replicated", "slices": "contiguous", "evaluation": "row"}
    layout["written_by"] = "distributed_batchnorm.py"
    document = {"layout": layout, "batchnorms": describe_batchnorms(state_dict, "replicated")}
    document["evaluation"] = write_evaluations(model, variants, test)
    write_document(FOLDER / "expected.json", describe_checkpoint(state_dict, "") | document)
    samples = torch.export.Dim("samples")
    program = torch.export.export(variants["pooled"], (scaled(test[0][:2]),), dynamic_shapes=({0: samples},))
    for node in program.graph.nodes:  # Where PyTorch was installed is nobody's business.
        node.meta.pop("stack_trace", None)
    torch.export.save(program, FOLDER / "model.pt2")


main()
