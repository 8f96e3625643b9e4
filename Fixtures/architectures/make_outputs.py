"""What torchvision's models give for weights and an image made by formula.py: [1, 3, 32, 32] in, [1, 1000] out.

outputs.pth: for each model a dictionary of `float64` and `float32`.
"""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))
from formula import GAINS, fill, outputs
from make import NAMES, models

torch.set_num_threads(1)
results = {name: outputs(fill(models.get_model(name), GAINS[name]), [1, 3, 32, 32]) for name in NAMES}
torch.save(results, Path(__file__).parent / "outputs.pth")
