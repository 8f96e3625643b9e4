"""The places where people put a state dict, and roots that are none; one folder each."""

import sys
from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_torch_case


def state_dict(seed: int) -> OrderedDict:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 2, bias=False), nn.BatchNorm1d(2)).state_dict()


def trained(seed: int) -> dict:
    """A model and its optimizer after one step, as a training script has them."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 2, bias=False), nn.BatchNorm1d(2))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.5)
    model(torch.randn(4, 3)).square().mean().backward()
    optimizer.step()
    return {"model": model, "optimizer": optimizer}


def averaged(seed: int) -> OrderedDict:
    """PyTorch's average of a model, which has a counter more than the model."""
    return torch.optim.swa_utils.AveragedModel(trained(seed)["model"]).state_dict()


def backbone(seed: int) -> dict:
    """A state dict under a name of the script's own, beside a head and a stray tensor."""
    head = {"w": torch.full((2,), float(seed))}
    return {"epoch": 1, "backbone": state_dict(seed), "head": head, "loss": torch.tensor(0.25 * seed)}


def tensor_list(seed: int) -> dict:
    return {"parameters": list(state_dict(seed).values()), "config": {}}


# DeepSpeed's file of an optimizer: no mapping of names to tensors in it is a model.
DEEPSPEED = {
    "optimizer_state_dict": {
        "zero_stage": 2, "partition_count": 1, "single_partition_of_fp32_groups": [torch.arange(6.0)],
        "base_optimizer_state": [{"exp_avg": torch.zeros(6), "exp_avg_sq": torch.zeros(6)}],
    },
    "ds_config": {},
}
SCALER = {"scale": torch.tensor([65536.0]), "growth_factor": 2.0, "backoff_factor": 0.5}
PARTS = trained(21)
# As Lightning has it: callbacks and loops may hold tensors too.
LIGHTNING = {
    "epoch": 1, "callbacks": {"ModelCheckpoint": {"best_model_score": torch.tensor([0.5])}},
    "loops": {"fit_loop": {"results": torch.zeros(9)}}, "optimizer_states": [PARTS["optimizer"].state_dict()],
    "lr_schedulers": [{"last_epoch": 1, "base_lrs": [0.5], "_last_lr": [torch.tensor(0.5)]}],
    "state_dict": PARTS["model"].state_dict(), "rng_state": torch.get_rng_state(), "native_amp_scaling_state": SCALER,
}

# The folder, what is saved, where the state dict is: "" is the root, None means that there is none.
CASES = [
    ("model-state-dict", {"epoch": 1, "model_state_dict": state_dict(0), "loss": 0.5}, "model_state_dict"),
    ("net", {"net": state_dict(1), "acc": 93.2, "epoch": 7}, "net"),
    ("model", {"model": state_dict(2)}, "model"),
    ("module", {"module": state_dict(3), "dp_world_size": 8}, "module"),
    ("nested", {"state": {"model": state_dict(4), "step": 10}, "config": {"width": 64}}, "state/model"),
    ("two", {"state_dict": state_dict(5), "ema_state_dict": state_dict(6)}, "state_dict"),
    ("plain-dict", dict(state_dict(7)), ""),
    ("mixed-root", {**state_dict(8), "epoch": 3}, ""),
    ("bare-tensor", torch.arange(6.0).view(2, 3), None),
    ("list-of-tensors", [torch.zeros(2), torch.ones(3, dtype=torch.int32)], None),
    ("tuple", (state_dict(9), 5), None),
    ("empty-dict", {}, None),
    ("empty-state-dict", {"state_dict": OrderedDict(), "epoch": 0}, None),
    ("number", 42, None),
    ("none", None, None),
    ("backbone", backbone(1), "backbone"),
    ("backbone-2", backbone(2), "backbone"),
    ("tensor-list", tensor_list(1), None),
    ("tensor-list-2", tensor_list(2), None),
    ("deep", {"run": {"best": {"of": {"all": {"weights_only": state_dict(11)}}}}, "meters": {"top1": [0.5]}}, "run/best/of/all/weights_only"),
    ("averaged", {"swa": averaged(12), "online": trained(12)["model"].state_dict()}, "online"),
    ("gan", {"generator": averaged(13), "discriminator": {"w": torch.zeros(2), "v": torch.ones(2)}}, "generator"),
    ("equal-networks", {"a": state_dict(14), "b": state_dict(15)}, None),
    ("deepspeed-optimizer", DEEPSPEED, None),
    ("optimizer-alone", PARTS["optimizer"].state_dict(), None),
    ("lightning", LIGHTNING, "state_dict"),
]

for name, value, entry in CASES:
    write_torch_case(FOLDER / name, value, entry)
