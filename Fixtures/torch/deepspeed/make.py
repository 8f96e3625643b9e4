"""What DeepSpeed saves of a model on two ranks, with ZeRO stages 1, 2 and 3: one folder each, whose fp32 weights are in
the ranks' optimizer files. expected.json has what its zero_to_fp32.py gives, but for counters, which that makes float32.

Made where DEEPSPEED names a Python that has DeepSpeed 0.19 (CPU only: DS_BUILD_OPS=0).
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
# Sizes that do not divide; a frozen layer, a shared weight and buffers.
STAGES = [1, 2, 3]


def model():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(3, 5)
            self.bn = nn.BatchNorm1d(5)
            self.frozen = nn.Linear(5, 3)
            self.tied = nn.Linear(3, 5)
            self.tied.weight = self.first.weight
            for parameter in self.frozen.parameters():
                parameter.requires_grad_(False)

        def forward(self, x):
            return self.tied(self.frozen(self.bn(self.first(x))))

    torch.manual_seed(3)
    return Net()


def save(rank: int, stage: int) -> None:
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=f"{29600 + stage}", RANK=str(rank), WORLD_SIZE="2", LOCAL_RANK=str(rank))
    import deepspeed
    import torch

    config = {
        "train_micro_batch_size_per_gpu": 4, "zero_allow_untested_optimizer": True,
        "zero_optimization": {"stage": stage, "stage3_param_persistence_threshold": 0}, "zero_force_ds_cpu_optimizer": False,
    }
    net = model()
    groups = [{"params": list(net.first.parameters())}, {"params": [*net.bn.parameters(), net.tied.bias]}]
    engine, *_ = deepspeed.initialize(model=net, optimizer=torch.optim.SGD(groups, lr=0.1), config=config)
    torch.manual_seed(rank)
    engine.backward(engine(torch.randn(4, 3)).square().mean())
    engine.step()
    engine.save_checkpoint(str(FOLDER / f"stage{stage}"), tag="global_step1")


def main() -> None:
    import torch
    import torch.multiprocessing
    from deepspeed.utils.zero_to_fp32 import get_fp32_state_dict_from_zero_checkpoint
    from expectation import describe_state_dict, write_document

    for stage in STAGES:
        folder = FOLDER / f"stage{stage}"
        shutil.rmtree(folder, ignore_errors=True)
        torch.multiprocessing.spawn(save, (stage,), 2)
        for script in folder.glob("*.py"):
            script.unlink()
        state_dict = get_fp32_state_dict_from_zero_checkpoint(str(folder))
        counted = {key: value.long() if key.endswith("tracked") else value for key, value in state_dict.items()}
        write_document(folder / "expected.json", {"entry": "", "tensors": describe_state_dict(counted)})


if __name__ == "__main__":
    if python := os.environ.pop("DEEPSPEED", None):
        subprocess.run([python, __file__], check=True)
    elif __import__("importlib.util").util.find_spec("deepspeed"):
        main()
