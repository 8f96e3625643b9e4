"""Tensors that do not lie in their storage as their shape says: views of all kinds."""

import sys
from pathlib import Path

import torch

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import write_torch_case


def counting(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.arange(torch.Size(shape).numel(), dtype=dtype).reshape(shape)


shared = counting(6, 8)
large = counting(4096, dtype=torch.int16)
words = counting(24, dtype=torch.uint8)
complex_numbers = torch.complex(counting(3, 4), -counting(3, 4))
signed = torch.tensor([0.0, -0.0, 1.5, float("inf"), float("-inf"), float("nan")])

write_torch_case(
    FOLDER,
    {
        "contiguous": counting(3, 4),
        "transposed": counting(3, 4).t(),
        "permuted": counting(2, 3, 4).permute(2, 0, 1),
        "permuted.5d": counting(2, 3, 2, 5, 2).permute(4, 1, 3, 0, 2),
        "narrowed": counting(10)[3:7],
        "narrowed.column": counting(5, 6)[:, 2:4],
        "step": counting(20)[1::3],
        "step.2d": counting(8, 9)[1::2, ::4],
        "last_index": counting(4, 3, 2)[..., 0],
        "one_column": counting(4, 5)[:, 3],
        "diagonal": counting(5, 5).diagonal(),
        "unfolded": counting(9).unfold(0, 4, 2),
        "as_strided.overlapping": counting(12).as_strided((4, 5), (2, 1), 1),
        "expanded": torch.tensor([[7.0], [8.0]]).expand(2, 6),
        "expanded.scalar": torch.tensor(2.5).expand(3, 4),
        "expanded.front": counting(3).expand(4, 3),
        "channels_last": counting(2, 3, 4, 5).to(memory_format=torch.channels_last),
        "channels_last_3d": counting(1, 2, 3, 2, 2).to(memory_format=torch.channels_last_3d),
        "size_one.odd_stride": counting(12).as_strided((1, 3, 1), (100, 2, 7), 2),
        "zero_dimensional": torch.tensor(3.25),
        "zero_dimensional.offset": counting(9, dtype=torch.int64)[5],
        "zero_dimensional.bool": torch.tensor(True),
        "empty": torch.empty(0),
        "empty.middle": torch.empty(3, 0, 2),
        "empty.first": torch.empty(0, 5, dtype=torch.int64),
        "empty.last": torch.empty(4, 0, dtype=torch.bool),
        "empty.slice": counting(6)[6:],
        "empty.expanded": torch.empty(1, 0).expand(5, 0),
        "part_of_large": large[1000:1010],
        "part_of_large.reversed_pairs": large[2000:2016].view(8, 2).t(),
        "two_views.rows": shared[1:3],
        "two_views.columns": shared[:, 1:3],
        "two_views.whole": shared,
        "two_types.uint8": words[5:9],
        "two_types.uint16": words.view(torch.uint16)[2:6],
        "two_types.float8": words.view(torch.float8_e4m3fn)[3:9],
        "conjugate": complex_numbers.conj(),
        "conjugate.transposed": complex_numbers.conj().t(),
        "conjugate.twice": complex_numbers.conj().conj(),
        "negative": signed._neg_view(),
        "negative.step": signed._neg_view()[::2],
        "imaginary_of_conjugate": complex_numbers.clone().conj().imag,
    },
)
