"""What Keras says of layers beside their weights, and weights that no shape can tell apart.

`classes` has a layer of every kind under a name that says nothing, so that only `model_config` tells what it is;
`classes-weights` the same layers in a file without a configuration, which a `.keras` archive has beside it
as config.json. `nested` has models within models and wrapped
layers, each BatchNormalization with an epsilon of its own, `subclassed` layers that are attributes of a layer, `int8`
quantised ones. `split` has its lists of names in several attributes, as Keras writes lists of more than 64,512 bytes;
the limit is set to 30 here. `net` is a small network with an input and Keras' output for it, in `io.npz`: its variances are so
small that the output is another with PyTorch's default epsilon.

Each layer with a counterpart in PyTorch is run beside it. expected.json has, as `pytorch`, what becomes of the weights,
as `left_alone` the names of those that stay as they are, and as `settings` [epsilon, momentum] of the BatchNorms, by the
name in PyTorch, as PyTorch counts them.
"""

import os
import re
import sys
import zipfile
from pathlib import Path

os.environ["KERAS_BACKEND"], os.environ["CUDA_VISIBLE_DEVICES"] = "torch", ""
FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

import h5py
import keras
import numpy
import torch
from keras import layers
from keras.src.legacy.saving import legacy_h5_format
from torch import nn

from expectation import describe_keras, describe_state_dict, write_document


def kernel(array):
    """[space..., in, out] to [out, in, space...]"""
    return numpy.moveaxis(array, (-1, -2), (0, 1))


def depthwise(array):
    """[space..., in, multiplier] to [in * multiplier, 1, space...]"""
    moved = numpy.moveaxis(array, (-2, -1), (0, 1))
    return moved.reshape(-1, 1, *moved.shape[2:])


def same(array):
    return array


STATISTICS = [("running_mean", same), ("running_var", same)]
AFFINE = [("weight", same), ("bias", same)]
DENSE = [("weight", kernel), ("bias", same)]
DEPTHWISE = [("weight", depthwise), ("bias", same)]
SEPARABLE = [("depthwise.weight", depthwise), ("pointwise.weight", kernel), ("pointwise.bias", same)]


class Separable(nn.Module):
    def __init__(self):
        super().__init__()
        self.depthwise, self.pointwise = nn.Conv1d(3, 6, 2, groups=3, bias=False), nn.Conv1d(6, 2, 1)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


class LastLSTM(nn.LSTM):
    """As Keras' layer: it takes [batch, time, features], here moved as images are, and gives the last output."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1))[0][:, -1]


class LastGRU(nn.GRU):
    def forward(self, x):
        return super().forward(x.movedim(1, -1))[0][:, -1]


def gates(array):
    """A GRU's gates are update, reset, candidate in Keras, and reset, update, candidate in PyTorch."""
    update, reset, candidate = numpy.split(array, 3)
    return numpy.concatenate([reset, update, candidate])


def gru(arrays):
    kernel, recurrent, bias = arrays
    return {
        "weight_ih_l0": gates(kernel.T), "weight_hh_l0": gates(recurrent.T),
        "bias_ih_l0": gates(bias[0]), "bias_hh_l0": gates(bias[1]),
    }


# The layer and the shape of a sample; the module in PyTorch, or None; what each variable is in the module.
LAYERS = [
    (lambda n: layers.Conv1D(4, 2, use_bias=False, name=n), (5, 3), nn.Conv1d(3, 4, 2, bias=False), DENSE[:1]),
    (lambda n: layers.Conv2D(4, 2, groups=2, name=n), (3, 3, 2), nn.Conv2d(2, 4, 2, groups=2), DENSE),
    (lambda n: layers.Conv2DTranspose(3, 2, name=n), (3, 3, 2), nn.ConvTranspose2d(2, 3, 2), DENSE),
    (lambda n: layers.Conv1DTranspose(3, 2, name=n), (4, 2), nn.ConvTranspose1d(2, 3, 2), DENSE),
    (lambda n: layers.DepthwiseConv1D(2, name=n), (4, 3), nn.Conv1d(3, 3, 2, groups=3), DEPTHWISE),
    (
        lambda n: layers.DepthwiseConv2D(2, use_bias=False, name=n),
        (3, 3, 4),
        nn.Conv2d(4, 4, 2, groups=4, bias=False),
        DEPTHWISE[:1],
    ),
    (lambda n: layers.SeparableConv1D(2, 2, depth_multiplier=2, name=n), (4, 3), Separable(), SEPARABLE),
    (lambda n: layers.Embedding(4, 3, name=n), (2,), nn.Embedding(4, 3), [("weight", same)]),
    (lambda n: layers.LayerNormalization(name=n), (4,), nn.LayerNorm(4, eps=1e-3), AFFINE),
    (lambda n: layers.GroupNormalization(2, name=n), (3, 4), nn.GroupNorm(2, 4, eps=1e-3), AFFINE),
    (lambda n: layers.RMSNormalization(name=n), (4,), nn.RMSNorm(4, eps=1e-6), AFFINE[:1]),
    (
        lambda n: layers.BatchNormalization(scale=False, epsilon=0.01, momentum=0.9, name=n),
        (3, 4),
        nn.BatchNorm1d(4, eps=0.01),
        AFFINE[1:] + STATISTICS,
    ),
    (lambda n: layers.BatchNormalization(center=False, name=n), (4,), nn.BatchNorm1d(4, eps=1e-3), AFFINE[:1] + STATISTICS),
    (lambda n: layers.Dense(3, use_bias=False, name=n), (4,), nn.Linear(4, 3, bias=False), DENSE[:1]),
    (lambda n: layers.EinsumDense("abc,cd->abd", (3, 2), bias_axes="d", name=n), (3, 4), None, []),
    (lambda n: layers.EinsumDense("abc,bcd->ad", (2,), bias_axes="d", name=n), (3, 4), None, []),
    (lambda n: layers.PReLU(shared_axes=[1, 2], name=n), (3, 3, 4), None, []),
    (
        lambda n: layers.LSTM(2, use_bias=False, name=n),
        (3, 4),
        LastLSTM(4, 2, bias=False, batch_first=True),
        [("weight_ih_l0", numpy.transpose), ("weight_hh_l0", numpy.transpose)],
    ),
    (lambda n: layers.GRU(2, name=n), (3, 4), LastGRU(4, 2, batch_first=True), gru),
    (lambda n: layers.LayerNormalization(rms_scaling=True, name=n), (4,), None, []),
]
generator = numpy.random.default_rng(5)


def fill(model):
    for layer in model.layers:
        layer.set_weights([generator.uniform(0.5, 1.5, w.shape).astype(w.dtype) for w in layer.get_weights()])


def tensors_of(layer, module, variables):
    """The weights as the module has them; it must answer as the layer does."""
    if callable(variables):
        values = variables(layer.get_weights())
    else:
        values = {name: order(array) for (name, order), array in zip(variables, layer.get_weights(), strict=True)}
    values = {name: torch.from_numpy(array.copy()) for name, array in values.items()}
    missing = set(module.load_state_dict(values, strict=False).missing_keys)
    assert missing <= {"num_batches_tracked", "weight", "bias"}, missing
    return values


def check(layer, shape, module):
    x = generator.integers(0, 4, (2, *shape)) if isinstance(module, nn.Embedding) else generator.normal(size=(2, *shape))
    x = torch.from_numpy(x if isinstance(module, nn.Embedding) else x.astype("float32"))
    images = len(shape) > 1 and not isinstance(module, nn.Embedding)
    answer = module.eval()(x.movedim(-1, 1) if images else x)
    expected = torch.as_tensor(layer(x, training=False))
    torch.testing.assert_close(answer.movedim(1, -1) if images else answer, expected, rtol=1e-4, atol=1e-4)


def write(case, tensors, left_alone=(), settings=None):
    """`tensors` and `left_alone` are in the order of the weights in the file."""
    document = describe_keras(FOLDER / case / "weights.h5")
    alone = [row["name"] for row in document["tensors"] if row["name"].startswith(tuple(left_alone))] if left_alone else []
    write_document(
        FOLDER / case / "expected.json",
        document | {"pytorch": describe_state_dict(tensors), "left_alone": alone, "settings": dict(sorted((settings or {}).items()))},
    )


def save(case, model, weights_only=False):
    path = FOLDER / case
    path.mkdir(exist_ok=True)
    if weights_only:
        model.save_weights(path / "model.weights.h5")
        (path / "model.weights.h5").rename(path / "weights.h5")
    else:
        model.save(path / "weights.h5")


def make_classes(case, names, weights_only):
    """Each layer has an input of its own."""
    inputs, outputs, made = [], [], []
    for (build, shape, module, variables), name in zip(LAYERS, names):
        inputs.append(keras.Input(shape))
        made.append(build(name))
        outputs.append(made[-1](inputs[-1]))
    model = keras.Model(inputs, outputs, name="classes")
    fill(model)
    save(case, model, weights_only)
    return model, made


def classes():
    model, made = make_classes("classes", [f"l{index:02}" for index in range(len(LAYERS))], False)
    tensors, alone = {}, []
    for layer, (_, shape, module, variables) in zip(made, LAYERS):
        if module is None:
            alone.append(f"model_weights.{layer.name}.")
            continue
        values = tensors_of(layer, module, variables)
        check(layer, shape, module)
        tensors |= {f"{layer.name}.{name}": tensor for name, tensor in values.items()}
    write("classes", tensors, alone, {"l11": [0.01, 0.1], "l12": [0.001, 0.01]})


def classes_weights():
    """The names of the groups are those of the classes, and variables are numbered by name: those of a BatchNormalization
    without scale, or without center, can't be told apart."""
    model, made = make_classes("classes-weights", [None] * len(LAYERS), True)
    archive = FOLDER / "classes-weights/model.keras"
    model.save(archive)
    config = zipfile.ZipFile(archive).read("config.json").decode()
    # Addresses, which are others in each run.
    config = re.sub(r'"shared_object_id": \d+', '"shared_object_id": 0', config)
    (FOLDER / "classes-weights/config.json").write_text(config)
    archive.unlink()
    tensors, alone, counts = {}, [], {}
    for layer, (_, _, module, variables) in zip(made, LAYERS):
        group = keras.src.utils.naming.to_snake_case(type(layer).__name__)
        count = counts[group] = counts.get(group, -1) + 1
        group, name = f"{group}_{count}" if count else group, layer.name
        if isinstance(layer, layers.LayerNormalization) and module is None:
            module, variables = None, []
        if module is None or group.startswith("batch_normalization"):
            alone.append(f"layers.{group}.")
        else:
            values = tensors_of(layer, module, variables)
            tensors[group] = {f"{name}.{variable}": tensor for variable, tensor in values.items()}
    # Groups come in the order of their names.
    write("classes-weights", {k: v for group in sorted(tensors) for k, v in tensors[group].items()}, alone)


def nested():
    inner = keras.Sequential(
        [keras.Input((4, 4, 2)), layers.Conv2D(2, 2, name="c"), layers.BatchNormalization(epsilon=0.01, momentum=0.9, name="b")],
        name="inner",
    )
    wrapped = keras.Sequential([layers.Conv2D(2, 1, name="cc"), layers.BatchNormalization(epsilon=0.02, name="bb")], name="deep")
    x = inputs = keras.Input((2, 4, 4, 2))
    x = layers.TimeDistributed(inner, name="outer")(x)
    x = layers.TimeDistributed(layers.BatchNormalization(epsilon=0.03, name="tb"), name="td")(x)
    x = layers.TimeDistributed(wrapped, name="tw")(x)
    x = layers.BatchNormalization(name="top")(x)
    x = layers.Dropout(0.5)(layers.Flatten(name="flat")(x))
    model = keras.Model(inputs, layers.Dense(2, name="head")(x))
    fill(model)
    save("nested", model)
    parts = {
        "outer.inner.c": (inner.layers[0], DENSE), "outer.inner.b": (inner.layers[1], AFFINE + STATISTICS),
        "td.tb": (model.get_layer("td").layer, AFFINE + STATISTICS),
        "tw.deep.cc": (wrapped.layers[0], DENSE), "tw.deep.bb": (wrapped.layers[1], AFFINE + STATISTICS),
        "top": (model.get_layer("top"), AFFINE + STATISTICS), "head": (model.get_layer("head"), DENSE),
    }
    tensors = {}
    for name, (layer, variables) in parts.items():
        for (variable, order), array in zip(variables, layer.get_weights(), strict=True):
            tensors[f"{name}.{variable}"] = torch.from_numpy(order(array).copy())
    settings = {"outer.inner.b": [0.01, 0.1], "td.tb": [0.03, 0.01], "tw.deep.bb": [0.02, 0.01], "top": [0.001, 0.01]}
    write("nested", tensors, settings=settings)


class Block(layers.Layer):
    """Attributes name the groups; the layers' own names say what they are."""

    def __init__(self):
        super().__init__()
        self.first = layers.Conv2D(3, 2, use_bias=False)
        self.norm = layers.BatchNormalization()
        self.dense = layers.EinsumDense("abcd,de->abce", (None, None, 2), bias_axes="e")
        self.mystery = layers.Conv1D(3, 2, use_bias=False, name="mystery")

    def call(self, x):
        x = self.dense(self.norm(self.first(x)))
        return self.mystery(x[:, 0])


def subclassed():
    model = keras.Sequential([keras.Input((4, 4, 2)), Block()])
    block = model.layers[0]
    fill(model)
    save("subclassed", model, weights_only=True)
    tensors = {"block.first.weight": torch.from_numpy(kernel(block.first.get_weights()[0]).copy())}
    for (variable, _), array in zip(AFFINE + STATISTICS, block.norm.get_weights(), strict=True):
        tensors[f"block.norm.{variable}"] = torch.from_numpy(array.copy())
    write("subclassed", tensors, ["layers.block.dense.", "layers.block.mystery."])


def int8():
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, use_bias=False, name="bare"), layers.Dense(2, name="biased")]
    )
    model.quantize("int8")
    save("int8", model, weights_only=True)
    write("int8", {}, ["layers."])


def split():
    """The layers are not in the order of their names."""
    names = ["block9", "block8", "block7", "block6", "block5", "block4"]
    model = keras.Sequential([keras.Input((3,))] + [layers.Dense(3, name=name) for name in names])
    fill(model)
    (FOLDER / "split").mkdir(exist_ok=True)
    legacy_h5_format.HDF5_OBJECT_HEADER_LIMIT = 30
    with h5py.File(FOLDER / "split/weights.h5", "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)
        assert "layer_names" not in file.attrs and "layer_names0" in file.attrs
    legacy_h5_format.HDF5_OBJECT_HEADER_LIMIT = 64512
    tensors = {}
    for layer in model.layers:
        values = tensors_of(layer, nn.Linear(3, 3), DENSE)
        tensors |= {f"{layer.name}.{name}": tensor for name, tensor in values.items()}
    write("split", tensors)


def net():
    x = inputs = keras.Input((6, 6, 3))
    x = layers.Conv2D(4, 3, use_bias=False, name="conv1")(x)
    x = layers.ReLU()(layers.BatchNormalization(name="bn1")(x))
    x = layers.BatchNormalization(name="bn_dw")(layers.DepthwiseConv2D(3, use_bias=False, name="dw")(x))
    model = keras.Model(inputs, layers.Dense(2, name="fc")(layers.GlobalAveragePooling2D()(x)))
    parts = {"conv1": DENSE[:1], "bn1": AFFINE + STATISTICS, "dw": DEPTHWISE[:1], "bn_dw": AFFINE + STATISTICS, "fc": DENSE}
    tensors = {}
    for name, variables in parts.items():
        layer = model.get_layer(name)
        scale = 0.01 if name in ("conv1", "dw") else 1
        arrays = [(generator.normal(size=w.shape) * scale).astype("float32") for w in layer.get_weights()]
        if name.startswith("bn"):
            arrays[2] *= 0.01
            arrays[3] = generator.uniform(1e-5, 1e-3, arrays[3].shape).astype("float32")
        layer.set_weights(arrays)
        for (variable, order), array in zip(variables, arrays, strict=True):
            tensors[f"{name}.{variable}"] = torch.from_numpy(order(array).copy())
    save("net", model)
    images = generator.normal(size=(3, 6, 6, 3)).astype("float32")
    answer = torch.as_tensor(model(images, training=False)).detach()
    numpy.savez(FOLDER / "net/io.npz", input=images.transpose(0, 3, 1, 2).copy(), output=answer.numpy())
    check_net(tensors, torch.from_numpy(images).movedim(-1, 1), answer)
    write("net", tensors, settings={"bn1": [0.001, 0.01], "bn_dw": [0.001, 0.01]})


def check_net(tensors, images, expected):
    """PyTorch's answer is Keras', with Keras' epsilon and only with that."""
    for eps in (1e-3, 1e-5):
        model = nn.Sequential()
        model.add_module("conv1", nn.Conv2d(3, 4, 3, bias=False))
        model.add_module("bn1", nn.BatchNorm2d(4, eps=eps))
        model.add_module("relu", nn.ReLU())
        model.add_module("dw", nn.Conv2d(4, 4, 3, groups=4, bias=False))
        model.add_module("bn_dw", nn.BatchNorm2d(4, eps=eps))
        model.add_module("pool", nn.AdaptiveAvgPool2d(1))
        model.add_module("flatten", nn.Flatten())
        model.add_module("fc", nn.Linear(4, 2))
        model.load_state_dict(tensors, strict=False)
        distance = ((model.eval()(images) - expected).abs().max() / expected.abs().max()).item()
        assert (distance < 1e-6) == (eps == 1e-3) and (distance > 0.1) == (eps == 1e-5), (eps, distance)


keras.utils.set_random_seed(12)
for case in (classes, classes_weights, nested, subclassed, int8, split, net):
    keras.backend.clear_session()
    case()
