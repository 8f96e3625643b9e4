"""Compares what dbn-convert reads of the kept corpora with what PyTorch's `weights_only` loading reads.

    pytorch.py COMMAND [FILE ...]

Each file, or each of the kept corpora that looks like one of PyTorch's, is loaded by PyTorch, and by
PyTorch after it was converted to `.pth`. Of each tensor the name, the type, the shape and the bytes have to be
equal; exit status 1 if any differ. What only one of the two reads is counted by the reason.
"""

import multiprocessing
import re
import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections import Counter
from pathlib import Path

import torch

from targets import kind

CORPORA = ["torch", "legacy", "convert"]
ROOT = Path(__file__).resolve().parent.parent


def tensors(value, name: str = "") -> dict[str, torch.Tensor]:
    """All tensors by the keys that lead to them; a storage alone counts as one."""
    if isinstance(value, (torch.storage.TypedStorage, torch.storage.UntypedStorage)):
        dtype = value.dtype if isinstance(value, torch.storage.TypedStorage) else torch.uint8
        return {name: torch.tensor([], dtype=dtype).set_(value)}
    if isinstance(value, torch.Tensor):
        return {name: value}
    pairs = value.items() if isinstance(value, dict) else ()
    pairs = enumerate(value) if isinstance(value, (list, tuple)) else pairs
    return {k: v for key, x in pairs for k, v in tensors(x, f"{name}/{key!r}").items()}


def described(tensor: torch.Tensor) -> tuple:
    """The type, the shape and the bytes; of what has no bytes in order, how it is printed."""
    tensor = tensor.detach()
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.device.type != "cpu":
        return str(tensor.dtype), tuple(tensor.shape), repr(tensor)
    plain = tensor.resolve_conj().resolve_neg().contiguous().reshape(-1)
    return str(tensor.dtype), tuple(tensor.shape), plain.view(torch.uint8).numpy().tobytes()


def load(path: Path) -> dict[str, tuple]:
    warnings.simplefilter("ignore")
    found = tensors(torch.load(path, weights_only=True, map_location="cpu"))
    if sum(x.numel() for x in found.values()) > 1 << 24:
        raise MemoryError("more than 2^24 elements")
    return {name: described(tensor) for name, tensor in found.items()}


def in_child(queue, path: Path) -> None:
    torch.set_num_threads(1)
    try:
        queue.put((load(path), None))
    except BaseException as error:  # Whatever a hostile file raises.
        queue.put((None, f"{type(error).__name__}: {error}"))


def loaded(path: Path) -> tuple[dict | None, str | None]:
    """The tensors, or why there are none; in a process of its own, which may crash or take for ever."""
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=in_child, args=(queue, path))
    child.start()
    result = None
    for _ in range(400):
        if not queue.empty():
            result = queue.get()
            break
        child.join(0.05)
        if not child.is_alive() and queue.empty():
            break
    child.kill()
    child.join()
    return result or (None, f"the process ends with {child.exitcode}")


def read_here(command: str, path: Path, scratch: Path) -> tuple[dict | None, str | None]:
    """The same for what is written; the reason then is what was left out."""
    output = scratch / "converted.pth"
    output.unlink(missing_ok=True)
    done = subprocess.run([command, "convert", path, output, "--lossy", "--part"], capture_output=True,
                          text=True, errors="replace", timeout=120)
    if done.returncode == 0:
        left_out = "left out: " in done.stdout + done.stderr
        found, why = loaded(output)
        return found, why or ("left out" if left_out else None)
    return None, done.stderr.split("error: ", 1)[-1].strip()


def plain(reason: str | None) -> str:
    """A reason without names and numbers."""
    text = (reason or "").strip()
    text = (text.split("WeightsUnpickler error: ")[-1].strip().splitlines() or ["nothing"])[0]
    text = re.sub(r"^.*/(tested|converted\.pth)(: )?", "", text)
    return re.sub(r"'[^']*'|(?<=GLOBAL )\S+|\b[0-9a-f]{8}\b|\d+", "…", text)[:90]


def inputs(paths: list[str]) -> list[tuple[str, bytes]]:
    if paths:
        return [(path, Path(path).read_bytes()) for path in paths]
    archives = [zipfile.ZipFile(ROOT / "Fuzzing" / "Corpus" / f"{name}.zip") for name in CORPORA]
    found = [(f"{x.filename}:{entry}", x.read(entry)) for x in archives for entry in x.namelist()]
    return [(name, content) for name, content in found if kind(content) in ("zip", "pickle", "tar")]


def main(command: str, paths: list[str]) -> int:
    outcomes: Counter = Counter()
    reasons: dict[str, Counter] = {"only PyTorch": Counter(), "only here": Counter()}
    with tempfile.TemporaryDirectory() as scratch:
        tested = Path(scratch) / "tested"
        for name, content in inputs(paths):
            tested.write_bytes(content)
            (theirs, no), (ours, why) = loaded(tested), read_here(command, tested, Path(scratch))
            outcome = "both refuse"
            if theirs is not None and ours is not None:
                if why:  # What is left out is listed, so it is not missing without a word.
                    theirs = {name: x for name, x in theirs.items() if name in ours}
                outcome = "different" if theirs != ours else "equal but for what is listed" if why else "equal"
                if theirs != ours:
                    different = [x for x in {**theirs, **ours} if theirs.get(x) != ours.get(x)]
                    print(f"DIFFERENT {name}: {different[:5]}")
            elif theirs is not None or ours is not None:
                outcome = "only PyTorch" if ours is None else "only here"
                reasons[outcome][plain(why if ours is None else no)] += 1
            outcomes[outcome] += 1
    print("| outcome | files |\n|---|---|")
    for outcome in ("equal", "equal but for what is listed", "only PyTorch", "only here", "both refuse", "different"):
        print(f"| {outcome} | {outcomes[outcome]} |")
    for outcome, counted in reasons.items():
        print(f"\nReasons for '{outcome}':")
        for reason, count in counted.most_common():
            print(f"  {count:5} {reason}")
    return 1 if outcomes["different"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
