"""The fuzz targets: what their files look like, how large they may be, and which words they have."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    name: str
    # The kinds of fixtures that it begins with; all if there are none.
    kinds: tuple[str, ...]
    dictionaries: tuple[str, ...]
    most_bytes: int = 1 << 14
    # Whose kept corpus it uses, if not its own.
    corpus: str = ""


ANY = ("pickle", "zip", "hdf5", "json", "safetensors", "numpy", "tar")

TARGETS = [
    Target("files", (), ANY),
    Target("convert", ("zip", "hdf5", "pickle", "safetensors", "numpy", "tar"), ANY),
    Target("pickle", ("pickle",), ("pickle",), 1 << 12),
    Target("torch", ("zip",), ("zip", "pickle")),
    Target("legacy", ("pickle", "tar"), ("pickle", "tar")),
    Target("export", ("zip",), ("zip", "json", "pickle"), 1 << 15),
    Target("zip", ("zip",), ("zip",), 1 << 12),
    Target("hdf5", ("hdf5",), ("hdf5",), 1 << 15),
    Target("keras", ("zip",), ("zip", "hdf5", "json"), 1 << 15),
    Target("safetensors", ("safetensors",), ("safetensors", "json"), 1 << 12),
    Target("numpy", ("zip", "numpy"), ("zip", "numpy"), 1 << 12),
    Target("json", ("json",), ("json",), 1 << 12),
    Target("graph", ("json",), ("json",), 1 << 15),
    Target("index", ("json", "pickle"), ("json", "pickle"), 1 << 12),
    Target("text", ("json", "text"), ("text", "json"), 1 << 10),
    Target("libhdf5", ("hdf5",), ("hdf5",), 1 << 15, corpus="hdf5"),
]


def kind(content: bytes) -> str:
    """What the bytes look like."""
    if content[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "zip"
    if b"\x89HDF\r\n\x1a\n" in (content[start:start + 8] for start in (0, 512, 1024, 2048)):
        return "hdf5"
    if content[:6] == b"\x93NUMPY":
        return "numpy"
    if content[257:262] == b"ustar":
        return "tar"
    if content[:1] in (b"\x80", b"("):
        return "pickle"
    if content[8:9] == b"{" and content[4:8] == bytes(4):
        return "safetensors"
    if content[:1] in (b"{", b"["):
        return "json"
    return "text" if content.isascii() else "bytes"
