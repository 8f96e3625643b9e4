"""Recurrent layers of Keras, and what they are in PyTorch: LSTM, GRU, and both in a Bidirectional.

`model` is a whole model, whose configuration names the layers; `weights` the same layers by themselves, each named after
its class. Each layer with a counterpart in PyTorch is run beside it. expected.json has, as `pytorch`, what becomes of the
weights, and as `left_alone` the names of those that stay as they are: a layer that computes something else.
"""

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"], os.environ["CUDA_VISIBLE_DEVICES"] = "torch", ""
FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

import keras
import numpy
import torch
from keras import layers
from torch import nn

from expectation import describe_keras, describe_state_dict, write_document

generator = numpy.random.default_rng(21)


def lstm(arrays, suffix=""):
    values = {f"weight_ih_l0{suffix}": arrays[0].T, f"weight_hh_l0{suffix}": arrays[1].T}
    if len(arrays) > 2:
        values |= {f"bias_ih_l0{suffix}": arrays[2], f"bias_hh_l0{suffix}": numpy.zeros_like(arrays[2])}
    return values


def gates(array):
    """Update, reset, candidate in Keras; reset, update, candidate in PyTorch."""
    update, reset, candidate = numpy.split(array, 3)
    return numpy.concatenate([reset, update, candidate])


def gru(arrays, suffix=""):
    values = {f"weight_ih_l0{suffix}": gates(arrays[0].T), f"weight_hh_l0{suffix}": gates(arrays[1].T)}
    if len(arrays) > 2:
        values |= {f"bias_ih_l0{suffix}": gates(arrays[2][0]), f"bias_hh_l0{suffix}": gates(arrays[2][1])}
    return values


def both(convert):
    def converted(arrays):
        half = len(arrays) // 2
        return convert(arrays[:half]) | convert(arrays[half:], "_reverse")

    return converted


# The layer by its name, the module in PyTorch, and what the weights are in it; None for a layer that stays as it is.
LAYERS = [
    (lambda n: layers.LSTM(3, return_sequences=True, name=n), nn.LSTM(4, 3, batch_first=True), lstm),
    (lambda n: layers.LSTM(2, use_bias=False, return_sequences=True, name=n), nn.LSTM(4, 2, bias=False, batch_first=True), lstm),
    (lambda n: layers.GRU(3, return_sequences=True, name=n), nn.GRU(4, 3, batch_first=True), gru),
    (lambda n: layers.Bidirectional(layers.LSTM(2, return_sequences=True), name=n), nn.LSTM(4, 2, batch_first=True, bidirectional=True), both(lstm)),
    (lambda n: layers.Bidirectional(layers.GRU(3, return_sequences=True), name=n), nn.GRU(4, 3, batch_first=True, bidirectional=True), both(gru)),
    (lambda n: layers.GRU(2, reset_after=False, name=n), None, None),
]
# Only a configuration shows that these compute something else.
OTHERS = [
    (lambda n: layers.LSTM(2, activation="relu", name=n), None, None),
    (lambda n: layers.GRU(2, recurrent_activation="hard_sigmoid", name=n), None, None),
    (lambda n: layers.Bidirectional(layers.LSTM(2), merge_mode="sum", name=n), None, None),
    (lambda n: layers.SimpleRNN(2, name=n), None, None),
]


def make(case, rows, names, weights_only):
    inputs = [keras.Input((5, 4)) for _ in rows]
    made = [build(name) for (build, _, _), name in zip(rows, names)]
    model = keras.Model(inputs, [layer(x) for layer, x in zip(made, inputs)])
    for layer in made:
        layer.set_weights([generator.normal(size=w.shape).astype("float32") for w in layer.get_weights()])
    (FOLDER / case).mkdir(exist_ok=True)
    path = FOLDER / case / ("model.weights.h5" if weights_only else "weights.h5")
    model.save_weights(path) if weights_only else model.save(path)
    path.rename(FOLDER / case / "weights.h5")
    tensors, alone, counts = {}, [], {}
    for layer, (_, module, convert) in zip(made, rows):
        # Without a configuration, groups are named after classes.
        group = keras.src.utils.naming.to_snake_case(type(layer).__name__)
        count = counts[group] = counts.get(group, -1) + 1
        if module is None:
            alone.append((f"{group}_{count}" if count else group) if weights_only else layer.name)
            continue
        values = {name: torch.from_numpy(array.copy()) for name, array in convert(layer.get_weights()).items()}
        module.load_state_dict(values)
        x = torch.from_numpy(generator.normal(size=(2, 5, 4)).astype("float32"))
        difference = (module(x)[0] - torch.as_tensor(layer(x))).abs().max().item()
        assert difference < 2e-7, (layer.name, difference)
        tensors |= {f"{layer.name}.{name}": value for name, value in values.items()}
    document = describe_keras(FOLDER / case / "weights.h5")
    rows = {row["name"]: row for row in describe_state_dict(tensors)}
    left = [row["name"] for row in document["tensors"] if set(row["name"].split(".")) & set(alone)]
    write_document(
        FOLDER / case / "expected.json",
        document | {"pytorch": [rows[name] for name in sorted(rows)], "left_alone": left},
    )


keras.utils.set_random_seed(3)
make("weights", LAYERS, [None] * len(LAYERS), True)
make("model", LAYERS + OTHERS, [f"l{index:02}" for index in range(len(LAYERS + OTHERS))], False)
