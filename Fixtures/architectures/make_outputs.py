"""What torchvision's models give for weights and an image made by formula.py: [1, 3, 32, 32] in, 1000 out.

In float64 (outputs.json) and, from the same tensors rounded to the nearest, in float32 (outputs_float32.json). Written as
hexadecimal floats, the first ten of each model and the sum of the magnitudes of all.
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
def outputs(name: str, dtype: torch.dtype) -> dict:
    model = models.get_model(name).double()
    model.load_state_dict(fill(model.state_dict()))
    logits = model.to(dtype).eval()(tensor("input", [1, 3, 32, 32]).to(dtype))[0].double()
    return {"first": [value.hex() for value in logits[:10].tolist()], "magnitude": logits.abs().sum().item().hex()}


for file, dtype in (("outputs.json", torch.float64), ("outputs_float32.json", torch.float32)):
    rows = ",\n".join(f'  "{name}": {json.dumps(outputs(name, dtype))}' for name in NAMES)
    (Path(__file__).parent / file).write_text("{\n" + rows + "\n}\n")
