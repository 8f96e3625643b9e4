"""The state dict keys and shapes of torchvision's models, so that architectures written elsewhere can be held against them.

For each model: how many tensors, how many elements, the CRC-32 of a line "key [sizes]" for each, in order, and how many
BatchNorms have the same epsilon and momentum, one after the other.
"""

import itertools
import json
import zlib
from pathlib import Path

import torch
from torch.nn.modules.batchnorm import _BatchNorm

try:
    from torchvision import models
except RuntimeError:  # Its compiled operations are for another build of PyTorch; no classifier needs them.
    library = torch.library.Library("torchvision", "DEF")
    library.define("nms(Tensor boxes, Tensor scores, float threshold) -> Tensor")
    library.define("qnms(Tensor boxes, Tensor scores, float threshold) -> Tensor")
    from torchvision import models
from torchvision.models import regnet

NAMES = """
    resnet18 resnet34 resnet50 resnet101 resnet152 resnext50_32x4d resnext101_32x8d resnext101_64x4d
    wide_resnet50_2 wide_resnet101_2 vgg11_bn vgg13_bn vgg16_bn vgg19_bn
    densenet121 densenet161 densenet169 densenet201 mobilenet_v2 mobilenet_v3_large mobilenet_v3_small
    mnasnet0_5 mnasnet0_75 mnasnet1_0 mnasnet1_3
    efficientnet_b0 efficientnet_b1 efficientnet_b2 efficientnet_b3 efficientnet_b4 efficientnet_b5 efficientnet_b6
    efficientnet_b7 efficientnet_v2_s efficientnet_v2_m efficientnet_v2_l
    regnet_y_400mf regnet_y_800mf regnet_y_1_6gf regnet_y_3_2gf regnet_y_8gf regnet_y_16gf regnet_y_32gf
    regnet_y_128gf regnet_x_400mf regnet_x_800mf regnet_x_1_6gf regnet_x_3_2gf regnet_x_8gf regnet_x_16gf
    regnet_x_32gf
    shufflenet_v2_x0_5 shufflenet_v2_x1_0 shufflenet_v2_x1_5 shufflenet_v2_x2_0 googlenet inception_v3
    r3d_18 mc3_18 r2plus1d_18 s3d fcn_resnet50 fcn_resnet101 deeplabv3_resnet50 deeplabv3_resnet101
    deeplabv3_mobilenet_v3_large lraspp_mobilenet_v3_large maxvit_t
""".split()



@classmethod
def parameters_with_numbers(cls, *arguments, **options):
    """The widths of RegNets are computed by tensors, which on the device `meta` have no numbers."""
    with torch.device("cpu"):
        return from_init_params(*arguments, **options)


from_init_params = regnet.BlockParams.from_init_params
regnet.BlockParams.from_init_params = parameters_with_numbers


def model(name: str, classes: int) -> torch.nn.Module:
    """torchvision's model, without auxiliary heads."""
    options = {"aux_logits": False, "init_weights": False} if name in ("googlenet", "inception_v3") else {}
    if name.startswith(("fcn", "deeplab", "lraspp")):
        options["weights_backbone"] = None
    return models.get_model(name, num_classes=classes, **options)


def describe(name: str) -> dict:
    with torch.device("meta"):
        module = model(name, 1000)
    state_dict = module.state_dict()
    norms = itertools.groupby((norm.eps, norm.momentum) for norm in module.modules() if isinstance(norm, _BatchNorm))
    lines = "".join(f"{key} {list(tensor.shape)}\n" for key, tensor in state_dict.items())
    return {
        "tensors": len(state_dict),
        "elements": sum(tensor.numel() for tensor in state_dict.values()),
        "crc32": f"{zlib.crc32(lines.encode()):08x}",
        "norms": [[len(list(group)), *settings] for settings, group in norms],
    }


if __name__ == "__main__":
    rows = ",\n".join(f'  "{name}": {json.dumps(describe(name))}' for name in NAMES)
    (Path(__file__).parent / "expected.json").write_text("{\n" + rows + "\n}\n")
