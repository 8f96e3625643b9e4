"""What torchvision's models give for weights and an image or video made by formula.py, with ten classes.

outputs.pth: for each model a dictionary of `input` (the shape), `float64` and `float32`. All but the three largest RegNets,
which have up to 5 GB of weights, and differ from the others only in their numbers.
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
LARGEST = ["regnet_y_32gf", "regnet_y_128gf", "regnet_x_32gf"]


def recorded(name: str) -> dict[str, torch.Tensor]:
    shape = SHAPES.get(name, [1, 3, 32, 32])
    return {"input": torch.tensor(shape)} | outputs(fill(model(name, 10), GAINS[name]), shape)


if __name__ == "__main__":
    torch.set_num_threads(1)
    results = {name: recorded(name) for name in NAMES if name not in LARGEST}
    torch.save(results, Path(__file__).parent / "outputs.pth")
