"""How a tensor is divided into chunks for compression: each is a contiguous range of its bytes."""

from __future__ import annotations

import math

#: Tensors with fewer bytes stay contiguous.
LEAST_BYTES = 16 << 10
#: The largest size of a chunk.
CHUNK_BYTES = 512 << 10


def shape(whole: tuple[int, ...], element_size: int) -> tuple[int, ...] | None:
    """The shape of a chunk: leading sizes of 1, then a part of a dimension, then whole dimensions.

    Returns:
        None for a tensor that stays contiguous.
    """
    if not whole or math.prod(whole) * element_size < LEAST_BYTES:
        return None
    cut = 0
    while cut + 1 < len(whole) and math.prod(whole[cut + 1 :]) * element_size > CHUNK_BYTES:
        cut += 1
    most = max(1, CHUNK_BYTES // (math.prod(whole[cut + 1 :]) * element_size))
    count = -(-whole[cut] // most)
    return (1,) * cut + (-(-whole[cut] // count),) + whole[cut + 1 :]
