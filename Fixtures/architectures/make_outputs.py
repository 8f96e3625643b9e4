"""What torchvision's models give for weights and an image or video made by formula.py, with ten classes.

outputs.pth: for each model a dictionary of `input` (the shape), `float64` and `float32`; of models that classify each
pixel every 61st number of these, and `output` (the shape). All but the three largest RegNets, which have up to 5 GB of weights, and differ from
the others only in their numbers.

    python make_outputs.py [NAME...]    only these are made again
"""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))
from formula import GAINS, fill, outputs
from make import NAMES, model

SHAPES = {"inception_v3": [1, 3, 75, 75]}
SHAPES |= dict.fromkeys(["r3d_18", "mc3_18", "r2plus1d_18"], [1, 3, 4, 32, 32])
# At 32x32 the outputs depend on the image too little or too much.
SHAPES |= dict.fromkeys(
    ["googlenet", "efficientnet_b0", "mobilenet_v3_small", "shufflenet_v2_x0_5", "shufflenet_v2_x1_0"], [1, 3, 64, 64])
SHAPES |= {"s3d": [1, 3, 13, 209, 209], "maxvit_t": [1, 3, 224, 224]}  # The smallest.
# So wide that each dilated convolution reaches other positions.
SHAPES |= {name: [1, 3, 16, 608 if "mobilenet" in name else 304] for name in NAMES if name.startswith(("fcn", "deeplab", "lraspp"))}
LARGEST = ["regnet_y_32gf", "regnet_y_128gf", "regnet_x_32gf"]


def recorded(name: str) -> dict[str, torch.Tensor]:
    shape = SHAPES.get(name, [1, 3, 32, 32])
    results = outputs(fill(model(name, 10), GAINS[name]), shape)
    output = results["float64"].shape
    if len(output) == 4:
        results = {kind: values.flatten()[::61].clone() for kind, values in results.items()}
        results["output"] = torch.tensor(output)
    return {"input": torch.tensor(shape)} | results


if __name__ == "__main__":
    torch.set_num_threads(1)
    file = Path(__file__).parent / "outputs.pth"
    known = torch.load(file) if sys.argv[1:] else {}
    made = sys.argv[1:] or [name for name in NAMES if name not in LARGEST]
    results = known | {name: recorded(name) for name in made}
    torch.save({name: results[name] for name in NAMES if name in results}, file)
