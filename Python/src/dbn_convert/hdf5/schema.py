"""Names of the schema, and how keys of mappings become names of links and back."""

from __future__ import annotations

import re
from typing import Any

from . import tagged

NAME = "dbn-checkpoint"
VERSION = 1
#: The deepest nesting of groups that the schema allows.
DEPTH_LIMIT = 200

TENSOR_KINDS = ("tensor", "parameter", "buffer")
MAPPING_KINDS = ("dict", "OrderedDict", "Counter")
SEQUENCE_KINDS = ("list", "tuple", "set")

_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})?")


def link_name(key: Any, has_integers: bool, backend: tagged.Constants) -> str:
    """The name of the link for a key of a mapping that has integer keys, or not."""
    if type(key) is int and _fits(key):
        return str(key)
    if type(key) is not str or _has_surrogates(key):
        return "%$" + _escaped(tagged.encoded(key, backend))
    if key == "":
        return "%"
    if key == ".":
        return "%2E"
    if has_integers and _is_integer(key):
        return f"%{ord(key[0]):02X}{key[1:]}"
    return _escaped(key)


def key(link: str, has_integers: bool, backend: tagged.Constants) -> Any:
    """The key for the name of a link.

    Raises:
        ValueError: the name is not one that `link_name` makes.
    """
    if has_integers and _is_integer(link):
        return int(link)
    if link == "%":
        return ""
    if link.startswith("%$"):
        return tagged.decoded(_unescaped(link[2:]), backend)
    return _unescaped(link)


def _fits(number: int) -> bool:
    return -(1 << 63) <= number < 1 << 63


def _is_integer(text: str) -> bool:
    return len(text) <= 20 and _INTEGER.fullmatch(text) is not None and _fits(int(text))


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("/", "%2F").replace("\0", "%00")


def _unescaped(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        if match[1] is None:
            raise ValueError(f"the name '{text}' has a % without two hexadecimal digits")
        return chr(int(match[1], 16))

    return _ESCAPE.sub(character, text)
