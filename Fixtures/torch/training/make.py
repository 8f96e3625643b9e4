"""A whole training checkpoint, as PyTorch's ImageNet example saves it: the state dict is one entry of several."""

import sys
from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_torch_case

torch.manual_seed(1)
layers = OrderedDict(
    conv1=nn.Conv2d(3, 4, 3, bias=False),
    bn1=nn.BatchNorm2d(4),
    pool=nn.AdaptiveAvgPool2d(1),
    flatten=nn.Flatten(),
    fc=nn.Linear(4, 2),
)
model = nn.DataParallel(nn.Sequential(layers))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=30, gamma=0.1)

losses = []
for _ in range(3):
    loss = nn.functional.cross_entropy(model(torch.randn(8, 3, 6, 6)), torch.randint(2, (8,)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    losses.append(loss.item())

checkpoint = {
    "epoch": 3,
    "arch": "convbn",
    "state_dict": model.state_dict(),
    "optimizer": optimizer.state_dict(),
    "scheduler": scheduler.state_dict(),
    "best_acc1": torch.tensor(61.5),
    "loss_history": losses,
}
write_torch_case(FOLDER, checkpoint, entry="state_dict")
