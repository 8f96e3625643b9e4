"""Running statistics that are no BatchNorm's: the normaliser of observations of reinforcement learning, beside two BatchNorms."""

import sys
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_torch_case


class RunningMeanStd(nn.Module):
    """Mean, variance and count of all observations so far, updated by the parallel formula."""

    def __init__(self, features: int):
        super().__init__()
        self.register_buffer("running_mean", torch.zeros(features, dtype=torch.float64))
        self.register_buffer("running_var", torch.ones(features, dtype=torch.float64))
        self.register_buffer("count", torch.ones((), dtype=torch.float64))

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        if self.training:
            self.update(values.double())
        return ((values - self.running_mean) / torch.sqrt(self.running_var + 1e-5)).float()

    def update(self, values: torch.Tensor) -> None:
        count, total = len(values), self.count + len(values)
        delta = values.mean(0) - self.running_mean
        squares = self.running_var * self.count + values.var(0) * count + delta**2 * self.count * count / total
        self.running_mean += delta * count / total
        self.running_var.copy_(squares / total)
        self.count.copy_(total)


class Agent(nn.Module):
    def __init__(self):
        super().__init__()
        self.running_mean_std = RunningMeanStd(6)
        self.fc1, self.bn1 = nn.Linear(6, 4, bias=False), nn.BatchNorm1d(4)
        # Without weight and bias, and with a counter: a BatchNorm of PyTorch 0.4.1 or later.
        self.fc2, self.bn2 = nn.Linear(4, 4, bias=False), nn.BatchNorm1d(4, affine=False)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return self.bn2(self.fc2(torch.relu(self.bn1(self.fc1(self.running_mean_std(values))))))


torch.manual_seed(0)
agent = Agent()
for _ in range(3):
    agent(torch.randn(16, 6) * 3 + 1)
write_torch_case(FOLDER, {"model": agent.state_dict(), "frame": 48}, "model")
