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
import h5py
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
        configured = folder / "whole.keras"
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


KINDS = [("both", True, True), ("scaled", True, False), ("centered", False, True), ("bare", False, False)]


def half_batch_norms() -> keras.Model:
    """BatchNorms with and without scale and center, each before a Dense."""
    x = inputs = keras.Input((5,))
    for name, scale, center in KINDS:
        x = layers.BatchNormalization(scale=scale, center=center, name=name)(x)
        x = layers.Dense(5, name=f"after_{name}")(x)
    return keras.Model(inputs, x)


def mapped_output(state_dict: dict, x: numpy.ndarray, norms: list[str], denses: list[tuple[str, str]]) -> numpy.ndarray:
    """What the mapped weights compute: standard BatchNorms under Keras' names, the rest as in Keras."""
    values = {name: tensor.double().numpy() for name, tensor in state_dict.items()}
    x = x.astype("float64")
    for norm, (kernel, bias) in zip(norms, denses):
        x = (x - values[f"{norm}.running_mean"]) / numpy.sqrt(values[f"{norm}.running_var"] + 1e-3)
        x = x * values.get(f"{norm}.weight", 1) + values.get(f"{norm}.bias", 0)
        x = x @ values[kernel] + values[bias]
    return x


def check_half_batch_norms(folder: Path) -> float:
    """Each kind of file, mapped to devices and back without renaming; which variable is which follows from the file's
    configuration, and from the user's word where it has none."""
    keras.utils.clear_session()
    model = half_batch_norms()
    randomise(model)
    x = generator.normal(size=(4, 5)).astype("float32")
    expected = model.predict(x, verbose=0)
    suffixes = ["", "_1", "_2", "_3"]
    numbered = ([f"layers.batch_normalization{n}" for n in suffixes],
                [(f"layers.dense{n}.vars.0", f"layers.dense{n}.vars.1") for n in suffixes])
    named = ([f"model_weights.{name}.{name}" for name, _, _ in KINDS],
             [(f"model_weights.after_{name}.after_{name}.kernel", f"model_weights.after_{name}.after_{name}.bias") for name, _, _ in KINDS])
    plain, configured = folder / "plain.weights.h5", folder / "configured.weights.h5"
    model.save(folder / "half.keras")
    model.save(folder / "half.h5")
    for path in [plain, configured]:
        model.save_weights(path)
    with h5py.File(configured, "r+") as file:
        file.attrs["model_config"] = model.to_json()
    scaled, centered = "layers.batch_normalization_1", "layers.batch_normalization_2"
    one_kind = folder / "one_kind.h5"
    run("to-standard", plain, one_kind, "--from-layout", "keras-vars-scale", "--exclude", centered, "--verify")
    worst = 0
    for path, (norms, denses), options in [
        (folder / "half.keras", numbered, []), (folder / "half.h5", named, []), (configured, numbered, []),
        (one_kind, numbered, ["--from-layout", "keras-vars-center"]),
    ]:
        there, back = folder / "there.pth", folder / "back.pth"
        run("to-distributed", path, there, "--world-size", 2, "--verify", "--force", *options)
        run("to-standard", there, back, "--verify", "--force")
        output = mapped_output(torch.load(back, weights_only=False), x, norms, denses)
        difference = abs(output - expected).max() / abs(expected).max()
        assert difference < 1e-6, f"{path.name}: {difference}"
        worst = max(worst, difference)
    for path in [folder / "half.keras", configured]:
        done = subprocess.run([COMMAND, "to-standard", path, folder / "no.pth", "--from-layout", "keras-vars-scale"],
                              capture_output=True, text=True)
        assert done.returncode != 0 and centered in done.stderr, done.stderr
    return worst


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        print(f"ok: BatchNorms with and without scale and center: {check_half_batch_norms(Path(folder)):.1e}")
    for make_model, make_module in [(images, Images), (sequences, Sequences)]:
        for save_as in ["net.weights.h5", "net.h5"]:
            with tempfile.TemporaryDirectory() as folder:
                difference = check(Path(folder), make_model, make_module, save_as)
            print(f"ok: {make_model.__name__} as {save_as}: {difference:.1e}")


main()
