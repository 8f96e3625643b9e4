"""What distributed BatchNorms of PyTorch's operations give, over batch sizes, numbers of devices, layouts and options.

Inputs, weights and buffers are made by architectures/formula.py, from the names `<case>.input0` (times 3, plus 1),
`<case>.weight` and so on; counters start at 3, 4, 5 ... `cases.json` has the cases, `float64.pth` and `float32.pth` what
comes out: `<case>.eval` of input0, then `<case>.train0` and `<case>.train1`, one training forward after the other on
input0 and input1, then the buffers, and `<case>.after`, evaluation of input0 with these. A case with an `error` has
PyTorch's own words for what a training forward of input0 raises, and no values.
"""

import itertools
import json
import sys
from pathlib import Path

import torch
from torch import nn

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "architectures")]
from formula import tensor
from modules import DistributedBatchNorm

torch.set_num_threads(1)
FEATURES = 3
SPATIAL = {1: [4], 2: [2, 2], 3: [2, 1, 2]}


def case(name: str, samples: int, world_size: int, **options) -> dict:
    defaults = dict(
        layout="replicated", slices="contiguous", dimensions=2, spatial=None, accumulation_steps=1, momentum=0.1,
        affine=True, track_running_stats=True, eps=1e-5,
    )
    result = dict(name=name, samples=samples, world_size=world_size) | defaults | options
    result["shape"] = [samples, FEATURES] + (
        SPATIAL[result["dimensions"]] if result["spatial"] is None else result["spatial"]
    )
    del result["spatial"]
    return result


def cases() -> list[dict]:
    found = [
        case(f"{layout}-{samples}-{world_size}", samples, world_size, layout=layout)
        for layout, samples, world_size in itertools.product(
            ("replicated", "first-device"), (1, 3, 5, 8, 10, 64), (1, 4, 8, 16)
        )
    ]
    variants = {
        "interleaved": dict(slices="interleaved"),
        "cumulative": dict(momentum=None),
        "without-affine": dict(affine=False),
        "without-tracking": dict(track_running_stats=False),
        "bare": dict(affine=False, track_running_stats=False),
        "accumulating": dict(accumulation_steps=2),
        "accumulating-cumulatively": dict(accumulation_steps=3, momentum=None),
        "1d": dict(dimensions=1),
        "1d-flat": dict(dimensions=1, spatial=[]),
        "3d": dict(dimensions=3),
        "other-numbers": dict(eps=1e-3, momentum=0.25),
        "empty": dict(samples=0),
        "no-positions": dict(spatial=[0, 2]),
    }
    for (name, options), layout in itertools.product(variants.items(), ("replicated", "first-device")):
        options = dict(samples=11 if "flat" not in name else 10) | options
        found.append(case(f"{name}-{layout}", options.pop("samples"), 4 if "flat" not in name else 5, layout=layout, **options))
    flat = dict(dimensions=1, spatial=[])
    found += [
        case("one-value", 1, 1, **flat),
        case("one-value-in-a-slice", 7, 3, **flat),
        case("one-value-in-an-interleaved-slice", 7, 3, slices="interleaved", layout="first-device", **flat)
        | {"world_size": 4},
        case("one-value-without-tracking", 1, 1, track_running_stats=False, **flat),
    ]
    return found


def build(case: dict, dtype: torch.dtype) -> nn.Module:
    keys = ("layout", "slices", "accumulation_steps", "eps", "momentum", "affine", "track_running_stats")
    module = DistributedBatchNorm(FEATURES, case["world_size"], **{key: case[key] for key in keys}).double()
    filled = {key: tensor(f"{case['name']}.{key}", list(value.shape)) for key, value in module.state_dict().items()}
    if "num_batches_tracked" in filled:
        filled["num_batches_tracked"] = 3 + torch.arange(filled["num_batches_tracked"].numel()).reshape(
            filled["num_batches_tracked"].shape
        )
    module.load_state_dict(filled)
    return module.to(dtype)


def values(case: dict, dtype: torch.dtype) -> dict:
    module, inputs = build(case, dtype), [
        (1 + 3 * tensor(f"{case['name']}.input{i}", case["shape"])).to(dtype) for i in range(2)
    ]
    results = {"eval": module.eval()(inputs[0])}
    module.train()
    results |= {f"train{i}": module(inputs[i]) for i in range(2)}
    results |= {key: value.clone() for key, value in module.named_buffers()}
    results["after"] = module.eval()(inputs[0])
    return {f"{case['name']}.{key}": value for key, value in results.items()}


@torch.no_grad()
def main() -> None:
    everything, tensors = cases(), {torch.float64: {}, torch.float32: {}}
    for case in everything:
        try:
            for dtype in tensors:
                tensors[dtype] |= values(case, dtype)
            case["error"] = None
        except ValueError as error:
            case["error"] = str(error)
    for dtype, found in tensors.items():
        torch.save(found, HERE / f"{str(dtype).removeprefix('torch.')}.pth")
    rows = ",\n".join("  " + json.dumps(case) for case in everything)
    (HERE / "cases.json").write_text("[\n" + rows + "\n]\n")


main()
