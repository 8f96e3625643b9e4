"""What torchvision's models give in float64 for weights and an image made by formula.py: [1, 3, 32, 32] in, 1000 out.

Written as hexadecimal floats, the first ten of each model and the sum of the magnitudes of all.
"""

import json
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))
from formula import fill, tensor
from make import NAMES, models

torch.set_num_threads(1)


@torch.no_grad()
def outputs(name: str) -> dict:
    model = models.get_model(name).double()
    model.load_state_dict(fill(model.state_dict()))
    logits = model.eval()(tensor("input", [1, 3, 32, 32]))[0]
    return {"first": [value.hex() for value in logits[:10].tolist()], "magnitude": logits.abs().sum().item().hex()}


rows = ",\n".join(f'  "{name}": {json.dumps(outputs(name))}' for name in NAMES)
(Path(__file__).parent / "outputs.json").write_text("{\n" + rows + "\n}\n")
