"""Tagged JSON: what JSON has no notation for is an object with a first member whose name starts with one `$`."""

from __future__ import annotations

import json
import math
import struct
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any, Protocol

_NAN = 0x7FF8000000000000
MAPPINGS: dict[str, Callable[..., Any]] = {"OrderedDict": OrderedDict, "dict": dict, "Counter": Counter}


class Constants(Protocol):
    """What the values of PyTorch that are no tensors are in Python."""

    def constant(self, kind: str, value: Any) -> Any:
        """The value for a kind, `Size`, `dtype`, `device` or `constant`, and its list of sizes or its name."""

    def constant_content(self, value: Any) -> tuple[str, Any] | None:
        """The kind and the content of such a value; None for any other value."""


def encoded(value: Any, constants: Constants) -> str:
    """The JSON text for a value.

    Raises:
        TypeError: for a tensor, or a value of another type.
    """
    return json.dumps(_tagged(value, constants), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def decoded(text: str, constants: Constants) -> Any:
    """The value for a JSON text.

    Raises:
        ValueError: it is not tagged JSON.
    """
    try:
        return _value(json.loads(text, object_pairs_hook=_unique), constants)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not tagged JSON: {error!r}") from error


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(members)
    if len(result) != len(members):
        raise ValueError("an object of the tagged JSON has a member twice")
    return result


def _tagged(value: Any, constants: Constants) -> Any:
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is int:
        return value if -(1 << 63) <= value < 1 << 63 else {"$int": integer_bytes(value).hex()}
    if kind is float:
        return value if math.isfinite(value) else {"$float": _not_finite(value)}
    if kind is str:
        return _tagged_text(value)
    if kind is complex:
        return {"$complex": [_tagged(value.real, constants), _tagged(value.imag, constants)]}
    if kind in (bytes, bytearray):
        return {f"${kind.__name__}": value.hex()}
    if kind is list:
        return [_tagged(element, constants) for element in value]
    if kind in (tuple, set):
        return {f"${kind.__name__}": [_tagged(element, constants) for element in value]}
    if kind in (dict, OrderedDict, Counter):
        return _tagged_mapping(value, constants)
    content = constants.constant_content(value)
    if content is None:
        raise TypeError(f"cannot hold a {kind.__module__}.{kind.__qualname__}")
    return {f"${content[0]}": content[1]}


def _tagged_text(text: str) -> Any:
    try:
        text.encode()
    except UnicodeEncodeError:
        return {"$surrogate_str": text.encode("utf-8", "surrogatepass").hex()}
    return text


def _tagged_mapping(value: Any, constants: Constants) -> Any:
    are_plain = all(type(key) is str and _tagged_text(key) == key for key in value)
    attributes = getattr(value, "__dict__", {})
    items: Any
    if are_plain:
        items = {_doubled(key): _tagged(element, constants) for key, element in value.items()}
    else:
        items = [[_tagged(key, constants), _tagged(element, constants)] for key, element in value.items()]
    if type(value) is dict and are_plain and not attributes:
        return items
    result = {f"${type(value).__name__}": items}
    if attributes:
        result["$attributes"] = {name: _tagged(attribute, constants) for name, attribute in attributes.items()}
    return result


def _doubled(key: str) -> str:
    return f"${key}" if key.startswith("$") else key


def _not_finite(number: float) -> str:
    if math.isinf(number):
        return "inf" if number > 0 else "-inf"
    bits = int.from_bytes(struct.pack(">d", number), "big")
    return "nan" if bits == _NAN else f"{bits:016x}"


def integer_bytes(number: int) -> bytes:
    """Its little-endian two's complement, as short as possible."""
    return number.to_bytes((number if number >= 0 else ~number).bit_length() // 8 + 1, "little", signed=True)


def _value(json_value: Any, constants: Constants) -> Any:
    if isinstance(json_value, list):
        return [_value(element, constants) for element in json_value]
    if not isinstance(json_value, dict):
        return json_value
    tag = next(iter(json_value), "")
    if not tag.startswith("$") or tag.startswith("$$"):
        return dict(_items(json_value, constants))
    result = _tagged_value(tag[1:], json_value[tag], constants)
    for name, attribute in json_value.get("$attributes", {}).items():
        setattr(result, name, _value(attribute, constants))
    return result


def _items(items: Any, constants: Constants) -> list[tuple[Any, Any]]:
    if isinstance(items, dict):
        return [
            (name[1:] if name.startswith("$$") else name, _value(value, constants)) for name, value in items.items()
        ]
    return [(_value(key, constants), _value(value, constants)) for key, value in items]


def _tagged_value(tag: str, content: Any, constants: Constants) -> Any:
    if tag in MAPPINGS:
        return MAPPINGS[tag](dict(_items(content, constants)))
    if tag in ("tuple", "set"):
        return (tuple if tag == "tuple" else set)(_value(element, constants) for element in content)
    if tag == "int":
        return int.from_bytes(bytes.fromhex(content), "little", signed=True)
    if tag == "float":
        return _float(content)
    if tag == "complex":
        real, imaginary = (_value(part, constants) for part in content)
        return complex(real, imaginary)
    if tag == "bytes":
        return bytes.fromhex(content)
    if tag == "bytearray":
        return bytearray.fromhex(content)
    if tag == "surrogate_str":
        return bytes.fromhex(content).decode("utf-8", "surrogatepass")
    if tag in ("Size", "dtype", "device", "constant"):
        return constants.constant(tag, content)
    raise ValueError(f"the tag ${tag} is unknown")


def _float(text: str) -> float:
    if text in ("inf", "-inf", "nan"):
        return float(text)
    number: float = struct.unpack(">d", bytes.fromhex(text))[0]
    return number
