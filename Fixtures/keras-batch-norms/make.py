"""BatchNorms of Keras with and without scale and center, in each kind of file; and whose roles only a configuration shows.

`four` has one with both, one with a scale only (`scaled`), one with a center only (`centered`) and one with neither, each
before a Dense: `four.keras` has the configuration in the archive, `four.h5` names the weights, `four.weights.h5` has
neither. `configured.weights.h5` is the same with the configuration as its attribute, and `sharded.weights.json` is in
several files, one of which has it. `io.npz` has an input and Keras' output. `bfloat16.h5` is a small model of that type,
in the older kind of file, which does not say what its opaque elements are; `bfloat16.npz` has their bits.
"""

import json
import os
import re
import zipfile
from pathlib import Path

os.environ["KERAS_BACKEND"], os.environ["CUDA_VISIBLE_DEVICES"] = "torch", ""
FOLDER = Path(__file__).resolve().parent

import h5py
import keras
import numpy
from keras import layers

generator = numpy.random.default_rng(7)
x = inputs = keras.Input((3,))
for name, scale, center in [("both", True, True), ("scaled", True, False), ("centered", False, True), ("bare", False, False)]:
    x = layers.BatchNormalization(scale=scale, center=center, name=name)(x)
    x = layers.Dense(3, name=f"after_{name}")(x)
model = keras.Model(inputs, layers.LayerNormalization(name="norm")(x))
for layer in model.layers:
    layer.set_weights([generator.uniform(0.2, 1, w.shape).astype("float32") for w in layer.get_weights()])
for old in FOLDER.glob("*.h5"):
    old.unlink()
model.save(FOLDER / "four.h5", include_optimizer=False)
model.save_weights(FOLDER / "four.weights.h5")
model.save_weights(FOLDER / "configured.weights.h5")
model.save_weights(FOLDER / "sharded.weights.json", max_shard_size=1e-7)
with h5py.File(FOLDER / "configured.weights.h5", "r+") as file:
    file.attrs["model_config"] = model.to_json()
with h5py.File(sorted(FOLDER.glob("sharded_*.weights.h5"))[-1], "r+") as file:
    file.attrs["model_config"] = model.to_json()
# Keras writes the date and addresses of objects into its archives.
model.save(FOLDER / "four.keras")
with zipfile.ZipFile(FOLDER / "four.keras") as archive:
    contents = {name: archive.read(name) for name in archive.namelist()}
contents["metadata.json"] = json.dumps(json.loads(contents["metadata.json"]) | {"date_saved": ""}).encode()
contents["config.json"] = re.sub(rb'"shared_object_id": \d+', b'"shared_object_id": 0', contents["config.json"])
with zipfile.ZipFile(FOLDER / "four.keras", "w") as archive:
    for name, content in contents.items():
        archive.writestr(zipfile.ZipInfo(name), content)
x = generator.normal(size=(4, 3)).astype("float32")
numpy.savez(FOLDER / "io.npz", input=x, output=model.predict(x, verbose=0))
keras.config.set_dtype_policy("bfloat16")
inputs = keras.Input((3,))
model = keras.Model(inputs, layers.BatchNormalization(name="bn")(layers.Dense(2, name="fc")(inputs)))
for variable in model.weights:
    variable.assign(generator.uniform(0.2, 1, variable.shape))
model.save(FOLDER / "bfloat16.h5", include_optimizer=False)
numpy.savez(FOLDER / "bfloat16.npz", **{v.path.replace("/", "."): v.numpy().view("u2") for v in model.weights})
