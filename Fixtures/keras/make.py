"""Weights that Keras wrote: `.weights.h5` of Keras 3, a whole model as `.h5`, and the `.h5` of Keras 2 by its layout.

A model with every kind of layer that has a counterpart in PyTorch. Its weights are given to PyTorch's modules here,
with the axes in their order, and both models must answer the same: what is written as `pytorch` is known to be right.
"""

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"], os.environ["CUDA_VISIBLE_DEVICES"] = "torch", ""
FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

import h5py
import keras
import numpy
import torch
from keras import layers
from torch import nn

from expectation import describe_keras, describe_state_dict, write_document

BATCH_NORM = ["weight", "bias", "running_mean", "running_var"]


def kernel(array: numpy.ndarray) -> numpy.ndarray:
    """[space..., in, out] to [out, in, space...]"""
    return numpy.moveaxis(array, (-1, -2), (0, 1))


def depthwise(array: numpy.ndarray) -> numpy.ndarray:
    """[space..., in, multiplier] to [in * multiplier, 1, space...]"""
    moved = numpy.moveaxis(array, (-2, -1), (0, 1))
    return moved.reshape(-1, 1, *moved.shape[2:])


def same(array: numpy.ndarray) -> numpy.ndarray:
    return array


# The layer in Keras; the module in PyTorch; what each variable is in the module, and in which order of axes.
LAYERS = [
    (layers.Conv2D(4, 3, name="stem"), nn.Conv2d(3, 4, 3), [("weight", kernel), ("bias", same)]),
    (layers.BatchNormalization(name="bn"), nn.BatchNorm2d(4, eps=1e-3), [(name, same) for name in BATCH_NORM]),
    (
        layers.DepthwiseConv2D(3, depth_multiplier=2),
        nn.Conv2d(4, 8, 3, groups=4),
        [("weight", depthwise), ("bias", same)],
    ),
    (
        layers.BatchNormalization(center=False, scale=False),
        nn.BatchNorm2d(8, eps=1e-3, affine=False),
        [(name, same) for name in BATCH_NORM[2:]],
    ),
    (
        layers.SeparableConv2D(5, 3),
        nn.Sequential(nn.Conv2d(8, 8, 3, groups=8, bias=False), nn.Conv2d(8, 5, 1)),
        [("0.weight", depthwise), ("1.weight", kernel), ("1.bias", same)],
    ),
    (layers.Conv2DTranspose(6, 2, use_bias=False), nn.ConvTranspose2d(5, 6, 2, bias=False), [("weight", kernel)]),
    (layers.Reshape((8, 6)), lambda x: x.permute(0, 2, 3, 1).reshape(-1, 8, 6).permute(0, 2, 1), []),
    (layers.Conv1D(7, 3), nn.Conv1d(6, 7, 3), [("weight", kernel), ("bias", same)]),
    (layers.Reshape((3, 2, 1, 7)), lambda x: x.permute(0, 2, 1).reshape(-1, 3, 2, 1, 7).permute(0, 4, 1, 2, 3), []),
    (layers.Conv3D(4, (2, 2, 1)), nn.Conv3d(7, 4, (2, 2, 1)), [("weight", kernel), ("bias", same)]),
    (layers.Flatten(), lambda x: x.permute(0, 2, 3, 4, 1).flatten(1), []),
    (layers.LayerNormalization(), nn.LayerNorm(8, eps=1e-3), [("weight", same), ("bias", same)]),
    (layers.Dense(3), nn.Linear(8, 3), [("weight", kernel), ("bias", same)]),
]
SEPARABLE = {"0.weight": "depthwise.weight", "1.weight": "pointwise.weight", "1.bias": "pointwise.bias"}

keras.utils.set_random_seed(12)
model = keras.Sequential([keras.Input((9, 7, 3))] + [layer for layer, _, _ in LAYERS])
generator = numpy.random.default_rng(13)
for layer, _, _ in LAYERS:
    layer.set_weights([generator.uniform(0.5, 1.5, w.shape).astype("float32") for w in layer.get_weights()])
model.compile("sgd")


def state_dict(names: dict[str, str]) -> dict[str, torch.Tensor]:
    """The weights as PyTorch's modules have them, by the names of the layers."""
    tensors = {}
    for layer, module, variables in LAYERS:
        arrays = [order(array) for (_, order), array in zip(variables, layer.get_weights(), strict=True)]
        values = {name: torch.from_numpy(a.copy()) for (name, _), a in zip(variables, arrays)}
        if variables:
            missing = module.load_state_dict(values, strict=False).missing_keys
            assert set(missing) <= {"num_batches_tracked"}, missing
        for name, tensor in values.items():
            tensors[f"{names.get(layer.name, layer.name)}.{SEPARABLE.get(name, name)}"] = tensor
    return tensors


def check() -> None:
    images = generator.normal(size=(2, 9, 7, 3)).astype("float32")
    answer = torch.from_numpy(images).permute(0, 3, 1, 2)
    for _, module, _ in LAYERS:
        answer = (module.eval() if isinstance(module, nn.Module) else module)(answer)
    expected = torch.as_tensor(model(images, training=False))
    torch.testing.assert_close(answer, expected, rtol=1e-4, atol=1e-4)


def write(case: str, tensors: dict[str, torch.Tensor]) -> None:
    """Rows in the order of the tensors in the file, which is that of the layers or of names."""
    path = FOLDER / case
    document = describe_keras(path / "weights.h5")
    rows = {row["name"]: row for row in describe_state_dict(tensors)}
    write_document(path / "expected.json", document | {"pytorch": [rows[name] for name in sorted(rows)]})


def write_keras2(path: Path) -> None:
    """The layout that Keras 2 had: names with the number of an output, texts of fixed length."""
    roles = {"kernel": "depthwise_kernel"}
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer, _, _ in LAYERS]
        file.attrs["backend"], file.attrs["keras_version"] = b"tensorflow", b"2.15.0"
        for layer, _, _ in LAYERS:
            group = file.create_group(layer.name)
            names = [
                f"{layer.name}/{roles.get(v.name, v.name) if layer.name.startswith('depthwise') else v.name}:0"
                for v in layer.weights
            ]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, array in zip(names, layer.get_weights()):
                group[name] = array


for case in ["keras3-weights", "keras3-model", "keras2-weights"]:
    (FOLDER / case).mkdir(exist_ok=True)
plain, classes = state_dict({}), state_dict({})
check()
model.save_weights(FOLDER / "keras3-weights/model.weights.h5")
(FOLDER / "keras3-weights/model.weights.h5").rename(FOLDER / "keras3-weights/weights.h5")
model.save(FOLDER / "keras3-model/weights.h5")
write_keras2(FOLDER / "keras2-weights/weights.h5")
write("keras3-weights", classes)
write("keras3-model", plain)
write("keras2-weights", plain)
