"""Weights of Keras through PyTorch and back: Keras' load_weights loads what dbn-convert wrote, and both give one output.

    python Tests/Interop/keras_files.py .build/release/dbn-convert

Exit status 0 with a line that says so where Keras is not installed.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ["KERAS_BACKEND"], os.environ["CUDA_VISIBLE_DEVICES"] = "torch", ""
try:
    import keras
    from keras import layers
except ImportError:
    print("skipped: files of Keras: Keras is not installed")
    sys.exit(0)
import numpy
import torch
from torch import nn

COMMAND = str(Path(sys.argv[1]).resolve())
generator = numpy.random.default_rng(4)


def run(*arguments) -> str:
    done = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, f"{arguments}: exit {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def images() -> keras.Model:
    x = inputs = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, use_bias=False, name="stem")(x)
    x = layers.ReLU()(layers.BatchNormalization(name="bn")(x))
    x = layers.DepthwiseConv2D(3, depth_multiplier=2, name="depth")(x)
    x = layers.BatchNormalization(scale=False, epsilon=0.01, name="bare")(x)
    x = layers.Conv2DTranspose(5, 2, name="up")(x)
    return keras.Model(inputs, layers.Dense(2, name="head")(layers.GlobalAveragePooling2D()(x)))


def sequences() -> keras.Model:
    x = inputs = keras.Input((6, 3))
    x = layers.LSTM(4, return_sequences=True, name="first")(x)
    x = layers.Bidirectional(layers.GRU(3, return_sequences=True), name="both")(x)
    x = layers.Dropout(0.5)(layers.LayerNormalization(name="norm")(x))
    return keras.Model(inputs, layers.GRU(2, name="last")(x))


class Images(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.bn = nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4, eps=1e-3)
        self.depth, self.bare = nn.Conv2d(4, 8, 3, groups=4), nn.BatchNorm2d(8, eps=0.01)
        self.up, self.head = nn.ConvTranspose2d(8, 5, 2), nn.Linear(5, 2)

    def forward(self, x):
        x = self.bn(self.stem(x.permute(0, 3, 1, 2))).relu()
        return self.head(self.up(self.bare(self.depth(x))).mean((2, 3)))


class Sequences(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.both = nn.LSTM(3, 4, batch_first=True), nn.GRU(4, 3, batch_first=True, bidirectional=True)
        self.norm, self.last = nn.LayerNorm(6, eps=1e-3), nn.GRU(6, 2, batch_first=True)

    def forward(self, x):
        return self.last(self.norm(self.both(self.first(x)[0])[0]))[0][:, -1]


def randomise(model: keras.Model) -> None:
    for layer in model.layers:
        weights = layer.get_weights()
        if layer.name.startswith("dropout"):
            continue
        layer.set_weights([generator.uniform(0.2, 1, w.shape).astype("float32") for w in weights])


def largest_difference(model: keras.Model, module: nn.Module) -> float:
    """In parts of the largest output."""
    x = generator.normal(size=(3, *model.input_shape[1:])).astype("float32")
    with torch.no_grad():
        expected = torch.as_tensor(model(x, training=False))
        difference = (expected - module.eval()(torch.from_numpy(x))).abs().max()
        return (difference / expected.abs().max()).item()


def check(folder: Path, make_model, make_module, save_as: str) -> float:
    """From Keras to PyTorch, changed there, and back into a new model of Keras."""
    keras.utils.clear_session()
    model = make_model()
    randomise(model)
    original, torch_file, back = folder / save_as, folder / "weights.pth", folder / f"back.{save_as}"
    model.save_weights(original) if save_as.endswith(".weights.h5") else model.save(original)
    renamed = folder / "renamed.pth"
    configured = original
    if save_as.endswith(".weights.h5"):
        # The configuration tells a scale from an offset; Keras keeps it in the whole model only.
        configured = folder / "whole.h5"
        model.save(configured)
    run("convert", configured, renamed, "--rename", "keras", "--complete-batch-norms", "--state-dict-only", "--force")
    state_dict = torch.load(renamed, weights_only=True)
    module = make_module()
    module.load_state_dict(state_dict)
    difference = largest_difference(model, module)
    assert difference < 2e-6, f"{save_as}: to PyTorch: {difference}"
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            # Keras' layer has neither a second bias of an LSTM nor a scale that is not there.
            if "first.bias_hh" not in name and name != "bare.weight":
                parameter.mul_(1.1)
    torch.save(module.state_dict(), torch_file)
    run("convert", torch_file, back, "--like-keras", original, "--force")
    keras.utils.clear_session()
    loaded = make_model()
    loaded.load_weights(back)
    difference = largest_difference(loaded, module)
    assert difference < 2e-6, f"{save_as}: back to Keras: {difference}"
    return difference


def main() -> None:
    for make_model, make_module in [(images, Images), (sequences, Sequences)]:
        for save_as in ["net.weights.h5", "net.h5"]:
            with tempfile.TemporaryDirectory() as folder:
                difference = check(Path(folder), make_model, make_module, save_as)
            print(f"ok: {make_model.__name__} as {save_as}: {difference:.1e}")


main()
