"""The command `dbn-convert`, run from Python."""

from .operations import check, convert, diff, info, to_distributed, to_standard, verify
from .process import find, run

__all__ = ["check", "convert", "diff", "find", "info", "run", "to_distributed", "to_standard", "verify"]
