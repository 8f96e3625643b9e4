"""Checkpoints inside other files: gzip (one member, two, and zeros after them), a .keras archive as Keras 3 writes it and
compressed again, zip, tar and .nemo archives. `weights.json` has what the gzip files and the archive hold.
"""

import gzip
import io
import json
import os
import shutil
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"
import keras
import numpy
import torch
from safetensors.torch import save

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
from expectation import describe_state_dict, write_document


def checkpoint() -> bytes:
    torch.manual_seed(0)
    buffer = io.BytesIO()
    torch.save(torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).state_dict(), buffer)
    return buffer.getvalue()


def keras_model() -> keras.Model:
    keras.utils.set_random_seed(0)
    layers = [keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3, name="conv"), keras.layers.BatchNormalization(epsilon=0.01, name="norm")]
    return keras.Sequential(layers + [keras.layers.Flatten(), keras.layers.Dense(3, name="head")], name="net")


def rezip(source: Path, target: Path) -> None:
    """The same archive with deflated members."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(zipfile.ZipInfo(info.filename), old.read(info), zipfile.ZIP_DEFLATED)


def add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


data = checkpoint()
whole = gzip.compress(data, mtime=0)
(FOLDER / "model.pth.gz").write_bytes(whole)
(FOLDER / "members.pth.gz").write_bytes(gzip.compress(data[:1000], mtime=0) + gzip.compress(data[1000:], mtime=0) + bytes(100))
(FOLDER / "text.gz").write_bytes(gzip.compress(b"not a checkpoint", mtime=0))
model = keras_model()
model.save(FOLDER / "net.keras")
rezip(FOLDER / "net.keras", FOLDER / "deflated.keras")
with zipfile.ZipFile(FOLDER / "release.zip", "w") as archive:
    archive.writestr(zipfile.ZipInfo("release/README.md"), "weights")
    archive.writestr(zipfile.ZipInfo("release/model.safetensors"), save({"w": torch.ones(2)}))
with zipfile.ZipFile(FOLDER / "pictures.zip", "w") as archive:
    archive.writestr(zipfile.ZipInfo("a.png"), "picture")
with tarfile.open(FOLDER / "model.nemo", "w", format=tarfile.USTAR_FORMAT) as archive:
    add(archive, "./model_config.yaml", b"target: model\n")
    add(archive, "./model_weights.ckpt", data)
with tarfile.open(FOLDER / "model.tar.gz", "w:gz", format=tarfile.PAX_FORMAT) as archive:
    add(archive, "model/pytorch_model.bin", data)
rows = describe_state_dict(torch.load(io.BytesIO(data)))
weights = {f"{layer.name}/{number}": variable for layer in model.layers for number, variable in enumerate(layer.weights)}
keras_rows = [
    {"name": name, "shape": list(variable.shape), "sum": float(numpy.asarray(variable.value.detach()).sum())}
    for name, variable in weights.items()
]
write_document(FOLDER / "weights.json", {"tensors": rows, "keras": keras_rows, "epsilon": 0.01})
