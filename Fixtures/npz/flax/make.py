"""The variables of a Flax model, flattened to names with slashes, as people save them with numpy.savez; run in PyTorch too."""

import sys
from pathlib import Path

import jax
import numpy
import torch
from flax import linen, traverse_util
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import describe_npz, describe_state_dict, write_document


class Net(linen.Module):
    @linen.compact
    def __call__(self, x, train: bool):
        x = linen.Conv(4, (3, 3), padding="VALID", use_bias=False, name="conv")(x)
        x = linen.relu(linen.BatchNorm(use_running_average=not train, momentum=0.5, name="bn")(x))
        x = linen.Conv(4, (3, 3), padding="VALID", feature_group_count=4, name="depthwise")(x)
        return linen.Dense(3, name="fc")(x.mean((1, 2)))


class TorchNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.bn = nn.Conv2d(2, 4, 3, bias=False), nn.BatchNorm2d(4)
        self.depthwise, self.fc = nn.Conv2d(4, 4, 3, groups=4), nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(self.depthwise(torch.relu(self.bn(self.conv(x)))).mean((2, 3)))


net, generator = Net(), numpy.random.default_rng(0)
images = generator.normal(size=(4, 8, 8, 2)).astype("f4")
variables = net.init(jax.random.key(0), images, train=False)
for _ in range(3):
    _, updated = net.apply(variables, images, train=True, mutable=["batch_stats"])
    variables = {"params": variables["params"], **updated}
flat = {k: numpy.asarray(v) for k, v in traverse_util.flatten_dict(variables, sep="/").items()}
numpy.savez(FOLDER / "arrays.npz", **flat)

state = {
    "conv.weight": flat["params/conv/kernel"].transpose(3, 2, 0, 1),
    "bn.weight": flat["params/bn/scale"], "bn.bias": flat["params/bn/bias"],
    "bn.running_mean": flat["batch_stats/bn/mean"], "bn.running_var": flat["batch_stats/bn/var"],
    "bn.num_batches_tracked": numpy.array(0),
    "depthwise.weight": flat["params/depthwise/kernel"].transpose(3, 2, 0, 1), "depthwise.bias": flat["params/depthwise/bias"],
    "fc.weight": flat["params/fc/kernel"].T, "fc.bias": flat["params/fc/bias"],
}
state = {k: torch.tensor(v.copy()) for k, v in state.items()}
model = TorchNet().eval()
model.load_state_dict(state)
expected = numpy.asarray(net.apply(variables, images, train=False))
found = model(torch.from_numpy(images).permute(0, 3, 1, 2)).detach().numpy()
assert numpy.abs(expected - found).max() < 1e-6, numpy.abs(expected - found).max()
write_document(FOLDER / "expected.json", {**describe_npz(FOLDER / "arrays.npz"), "pytorch": describe_state_dict(state)})
