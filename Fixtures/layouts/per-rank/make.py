"""One file per rank: 4 processes of DistributedDataParallel(broadcast_buffers=False), each with its own data.

Weights are equal on all ranks to the last bit, the BatchNorms' buffers are not. Every rank saves its whole state dict,
`rank0.pth` to `rank3.pth`, here also as .safetensors and .h5. checkpoint.pth and expected.json are what the four make
when they are gathered: the replicated layout, row i from rank i.

`wrong/` has files that take the place of rank 2's; expected.json says under `sets` what is wrong with each set.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import h5py
import torch
import torch.distributed
import torch.multiprocessing
from safetensors.torch import save_file
from torch import nn
from torch.nn.parallel import DistributedDataParallel

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
from case import LayoutNet, batch, conv2d, package, recorded, trained, write_expected
from distributed_batchnorm import replicated_batchnorm

RANKS = 4
BUFFERS = ("running_mean", "running_var", "num_batches_tracked")


def train_rank(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=RANKS)
    torch.manual_seed(12)
    model = DistributedDataParallel(LayoutNet(conv2d, nn.BatchNorm2d), broadcast_buffers=False)
    # Of one seed, so that all ranks begin with the same weights; the data's place is the rank.
    trained(model, torch.full((6,), rank), 3, 4, 4)
    torch.save(model.module.state_dict(), f"{folder}/rank{rank}.pth")
    torch.distributed.destroy_process_group()


def gathered(ranks: list[dict]) -> nn.Module:
    first, state_dict = ranks[0], {}
    for key, value in first.items():
        if key.endswith(BUFFERS):
            state_dict[key] = torch.stack([rank[key] for rank in ranks])
        else:
            assert all(torch.equal(rank[key], value) for rank in ranks), key
            state_dict[key] = value
    model = LayoutNet(conv2d, replicated_batchnorm(RANKS)).train()
    model.load_state_dict(state_dict)
    return model


def next_above(value: torch.Tensor, *place: int) -> torch.Tensor:
    value = value.clone()
    value[place] = torch.nextafter(value[place], torch.tensor(torch.inf))
    return value


def write_wrong_sets(ranks: list[dict]) -> list[dict]:
    second = ranks[2]
    wrong = {
        "weight-one-ulp": (second | {"conv2.weight": next_above(second["conv2.weight"], 1, 2, 0, 1)}, "conv2.weight"),
        "affine-one-ulp": (second | {"bn1.bias": next_above(second["bn1.bias"], 3)}, "bn1.bias"),
        "weight-other-type": (second | {"fc.weight": second["fc.weight"].half()}, "fc.weight"),
        "buffer-other-shape": (second | {"bn2.running_mean": torch.zeros(5)}, "bn2.running_mean"),
        "key-missing": ({key: value for key, value in second.items() if key != "bn2.running_var"}, "bn2.running_var"),
        "key-added": (second | {"head.weight": torch.ones(2)}, "head.weight"),
        "duplicate": (ranks[1], "rank1"),
    }
    shutil.rmtree(FOLDER / "wrong", ignore_errors=True)
    (FOLDER / "wrong").mkdir()
    sets = [{"files": [f"rank{rank}.pth" for rank in (0, 1, 3)], "code_hint": "missing", "mentions": "rank2"}]
    for hint, (state_dict, mentions) in wrong.items():
        torch.save(state_dict, FOLDER / "wrong" / f"{hint}.pth")
        files = ["rank0.pth", "rank1.pth", f"wrong/{hint}.pth", "rank3.pth"]
        sets.append({"files": files, "code_hint": hint, "mentions": mentions})
    return sets


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        torch.multiprocessing.spawn(train_rank, (folder,), RANKS)
        ranks = [torch.load(f"{folder}/rank{rank}.pth") for rank in range(RANKS)]
    for rank, state_dict in enumerate(ranks):
        torch.save(state_dict, FOLDER / f"rank{rank}.pth")
        save_file(dict(state_dict), FOLDER / f"rank{rank}.safetensors")
        with h5py.File(FOLDER / f"rank{rank}.h5", "w") as file:
            for key, value in state_dict.items():
                file[key] = value.numpy()
    model, written_by = gathered(ranks), f"{package('torch')}, DistributedDataParallel"
    torch.save(model.state_dict(), FOLDER / "checkpoint.pth")
    torch.manual_seed(13)
    x = batch(torch.arange(RANKS).repeat_interleave(3), 3, 4, 4)
    torch.save(recorded(model, x), FOLDER / "activations.pth")
    sets = write_wrong_sets(ranks)
    write_expected(FOLDER, model.state_dict(), "replicated", "contiguous", "row", written_by, sets=sets)


if __name__ == "__main__":
    main()
