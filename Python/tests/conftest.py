"""The command that is tested, random numbers, and the project's own files to read."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def pytest_configure() -> None:
    """The command is `DBN_CONVERT`, or what was built last in this repository."""
    if "DBN_CONVERT" in os.environ:
        return
    built = [path for kind in ("release", "debug") if (path := ROOT / ".build" / kind / "dbn-convert").exists()]
    if built:
        os.environ["DBN_CONVERT"] = str(max(built, key=lambda path: path.stat().st_mtime))


@pytest.fixture
def fixtures() -> Path:
    return ROOT / "Fixtures"


@pytest.fixture(autouse=True)
def seed(request: pytest.FixtureRequest) -> int:
    """Random numbers are others in each run; pytest shows the seed of a test that fails."""
    number = int(os.environ.get("SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"SEED={number}")
    random.seed(number)
    try:
        import torch
    except ImportError:
        return number
    torch.manual_seed(number)
    torch.set_num_threads(1)  # The tensors are small.
    return number
