"""Weights that Keras wrote in several files, with an index that says which file has which."""

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"], os.environ["CUDA_VISIBLE_DEVICES"] = "torch", ""
FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

import json

import keras
import numpy
import torch
from keras import layers

from expectation import describe_state_dict, write_document

keras.utils.set_random_seed(8)
generator = numpy.random.default_rng(9)
x = inputs = keras.Input((30,))
x = layers.BatchNormalization(name="norm")(layers.Dense(60, name="first")(x))
x = layers.Dense(40, name="second")(x)
model = keras.Model(inputs, layers.Dense(3, name="third")(x))
for layer in model.layers:
    layer.set_weights([generator.uniform(0.5, 1.5, w.shape).astype("float32") for w in layer.get_weights()])
for old in FOLDER.glob("net*.h5"):
    old.unlink()
# In GB; Keras asks for room for each variable.
model.save_weights(FOLDER / "net.weights.json", max_shard_size=1.1e-5)
groups = ["dense", "batch_normalization", "dense_1", "dense_2"]
named = zip(groups, [layer for layer in model.layers if layer.weights])
tensors = {f"layers.{group}.vars.{i}": torch.from_numpy(w) for group, layer in named for i, w in enumerate(layer.get_weights())}
assert len(list(FOLDER.glob("net*.h5"))) > 1
index = json.loads((FOLDER / "net.weights.json").read_text())
assert list(index["weight_map"]) == [f"/layers/{group}/vars" for group in groups], index
write_document(FOLDER / "expected.json", {"format": "keras-shards", "entry": "", "tensors": describe_state_dict(tensors)})
