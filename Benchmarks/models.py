"""The models of the speed table, one of each family, with random weights and statistics, and their inputs."""

import torch
from torch import nn


def unet_block(inputs: int, outputs: int) -> nn.Sequential:
    layers = []
    for channels in (inputs, outputs):
        layers += [nn.Conv2d(channels, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """Ronneberger, Fischer and Brox 2015, with BatchNorm and padding, and half of the paper's channels."""

    def __init__(self, width: int = 32, depth: int = 4, classes: int = 2) -> None:
        super().__init__()
        widths = [width << level for level in range(depth + 1)]
        self.down = nn.ModuleList(unet_block(*pair) for pair in zip([3, *widths], widths))
        pairs = list(zip(widths[::-1], widths[-2::-1]))
        self.up = nn.ModuleList(nn.ConvTranspose2d(*pair, 2, stride=2) for pair in pairs)
        self.merge = nn.ModuleList(unet_block(*pair) for pair in pairs)
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Conv2d(width, classes, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        skipped = [self.down[0](image)]
        for block in self.down[1:]:
            skipped.append(block(self.pool(skipped[-1])))
        value = skipped.pop()
        for up, merge in zip(self.up, self.merge):
            value = merge(torch.cat([skipped.pop(), up(value)], 1))
        return self.head(value)


def dcgan_generator(latent: int = 100, width: int = 64) -> nn.Sequential:
    """The generator of PyTorch's DCGAN example: an image of 64x64 from a latent vector."""
    layers, inputs = [], latent
    for step, outputs in enumerate([8 * width, 4 * width, 2 * width, width]):
        stride, padding = (1, 0) if step == 0 else (2, 1)
        layers.append(nn.ConvTranspose2d(inputs, outputs, 4, stride, padding, bias=False))
        layers += [nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
        inputs = outputs
    return nn.Sequential(*layers, nn.ConvTranspose2d(inputs, 3, 4, 2, 1, bias=False), nn.Tanh())


def torchvision_model(name: str, **options) -> nn.Module:
    try:
        import torchvision
    except RuntimeError:  # torch and torchvision of different builds: the models need none of its operators.
        library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor boxes, Tensor scores, float threshold) -> Tensor")
        library.define("qnms(Tensor boxes, Tensor scores, float threshold) -> Tensor")
    from torchvision import models

    return models.get_model(name, weights=None, **options)


def timm_model(name: str) -> nn.Module:
    import timm

    return timm.create_model(name)


IMAGE = (3, 224, 224)
# The aux classifiers of Inception's papers are for training only; their initial weights take a minute to draw.
INCEPTION = {"aux_logits": False, "init_weights": False}
# For each: how to make it, and the shape of one sample.
MODELS = {
    "ResNet-50": (lambda: torchvision_model("resnet50"), IMAGE),
    "ResNeXt-50 32x4d": (lambda: torchvision_model("resnext50_32x4d"), IMAGE),
    "DenseNet-121": (lambda: torchvision_model("densenet121"), IMAGE),
    "MobileNetV2": (lambda: torchvision_model("mobilenet_v2"), IMAGE),
    "MobileNetV3 large": (lambda: torchvision_model("mobilenet_v3_large"), IMAGE),
    "EfficientNet-B0": (lambda: torchvision_model("efficientnet_b0"), IMAGE),
    "RegNetY-400MF": (lambda: torchvision_model("regnet_y_400mf"), IMAGE),
    "VGG16-BN": (lambda: torchvision_model("vgg16_bn"), IMAGE),
    "Inception v3": (lambda: torchvision_model("inception_v3", **INCEPTION), (3, 299, 299)),
    "ShuffleNetV2 x1.0": (lambda: torchvision_model("shufflenet_v2_x1_0"), IMAGE),
    "GoogLeNet": (lambda: torchvision_model("googlenet", **INCEPTION), IMAGE),
    "RepVGG-A0": (lambda: timm_model("repvgg_a0"), IMAGE),
    "U-Net": (UNet, (3, 256, 256)),
    "DCGAN generator": (dcgan_generator, (100, 1, 1)),
}


def make(name: str, batch: int) -> tuple[nn.Module, torch.Tensor]:
    """The model in evaluation mode and an input, from a fixed seed."""
    torch.manual_seed(1)
    build, shape = MODELS[name]
    model, sample = build(), torch.rand(batch, *shape) * 2 - 1
    randomize_batch_norms(model, torch.rand(4, *shape) * 2 - 1)
    return model.eval(), sample


def randomize_batch_norms(model: nn.Module, samples: torch.Tensor) -> None:
    """Random weights and biases, and the statistics of random samples, which keep activations near 1."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.2, 0.2)
            module.momentum = 1
    with torch.no_grad():
        model.train()(samples)
