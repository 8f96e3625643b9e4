"""torchvision's models as `torch.export.save` writes them, without their weights, and what they give.

NAME.pt2 keeps the operations and the list of tensors, deflated; the weights are made by ../../architectures/formula.py.
outputs.pth: for each model a dictionary of `input`, the shape of an image of the formula, and what the model gives for
it in `float64` and `float32`.
"""

import io
import sys
import warnings
import zipfile
from pathlib import Path

import torch

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1] / "architectures"))
from formula import GAINS, fill, outputs, tensor
from make import models

warnings.simplefilter("ignore")
torch.set_num_threads(1)

# The name, its options, the shape of the image, whether sizes may change, whether it is decomposed.
PROGRAMS = [
    ("googlenet", {"transform_input": True, "init_weights": False}, [1, 3, 64, 64], False, False),
    ("inception_v3", {"init_weights": False}, [1, 3, 75, 75], False, False),
    ("efficientnet_b0", {}, [1, 3, 64, 64], False, False),
    ("mobilenet_v3_small", {}, [2, 3, 64, 64], True, False),
    ("shufflenet_v2_x0_5", {}, [2, 3, 64, 64], False, False),
    ("shufflenet_v2_x1_0", {}, [1, 3, 64, 96], True, False),
    ("regnet_y_400mf", {}, [1, 3, 64, 64], True, False),
    ("mnasnet0_5", {}, [1, 3, 64, 64], False, False),
    ("mnasnet1_0", {}, [1, 3, 64, 64], False, True),
    ("resnet18", {}, [2, 3, 33, 40], True, True),
]


@torch.no_grad()
def write(name: str, options: dict, shape: list[int], dynamic: bool, decompose: bool) -> dict:
    model = fill(models.get_model(name, **options), GAINS[name]).eval()
    image = tensor("input", shape)
    auto = torch.export.Dim.AUTO
    example = torch.zeros(2, 3, 64, 64, dtype=torch.float64) if dynamic else image
    program = torch.export.export(model, (example,), dynamic_shapes=({0: auto, 2: auto, 3: auto},) if dynamic else None)
    if decompose:
        program = program.run_decompositions()
    for node in program.graph.nodes:  # Paths of the machine have no place in a fixture.
        node.meta.pop("stack_trace", None)
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    source = zipfile.ZipFile(buffer)
    with zipfile.ZipFile(FOLDER / f"{name}.pt2", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for record in source.namelist():
            if record.endswith((".json", "byteorder", "archive_format", "archive_version")):
                target.writestr(zipfile.ZipInfo(record, (1980, 1, 1, 0, 0, 0)), source.read(record), zipfile.ZIP_DEFLATED)
    return {"input": torch.tensor(shape)} | outputs(model, shape)


torch.save({program[0]: write(*program) for program in PROGRAMS}, FOLDER / "outputs.pth")
