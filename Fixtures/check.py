"""Reads every case back with the tool that wrote it, without trusting the file, and compares with expected.json.

python Fixtures/check.py            compares
python Fixtures/check.py --remake   runs every make.py first and reports files whose bytes changed
"""

import hashlib
import json
import pickle
import subprocess
import sys
from pathlib import Path

import torch

import distributed_checkpoint
from batchnorm_layouts import describe_batchnorms
from expectation import (
    describe_checkpoint, describe_hdf5, describe_indexed, describe_keras, describe_npz, describe_safetensors,
    describe_shards,
)

ROOT = Path(__file__).resolve().parent
# What cannot be read out of the file itself.
SAID_ONLY = {"minimum_library", "needs_trust", "pytorch", "left_alone", "settings", "layout", "sets", "evaluation",
             "batch_norms", "minimum_pytorch"}


def fingerprints() -> dict[Path, str]:
    files = [path for path in ROOT.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")]
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def remake() -> None:
    before = fingerprints()
    for script in sorted(ROOT.rglob("make.py")):
        subprocess.run([sys.executable, "-W", "ignore", script], check=True, stdout=subprocess.DEVNULL)
    after = fingerprints()
    changed = [path for path in after if before.get(path) != after[path]]
    for path in changed + [path for path in before if path not in after]:
        print("changed", path.relative_to(ROOT))
    print(f"made anew: {len(after)} files, {len(changed)} with other bytes")


def read_back(folder: Path, expected: dict) -> dict:
    if expected["format"] == "hdf5":
        return describe_hdf5(folder / "weights.h5")
    if expected["format"] == "safetensors":
        sharded = (folder / "model.safetensors.index.json").exists()
        return describe_shards(folder) if sharded else describe_safetensors(folder / "model.safetensors")
    if expected["format"] == "shards":
        return describe_indexed(next(folder.glob("*.index*.json")))
    if expected["format"] == "npz":
        return describe_npz(next(folder.glob("arrays.np[yz]")))
    if expected["format"] == "torch-distributed":
        return describe_checkpoint(distributed_checkpoint.load(folder, expected.get("needs_trust", False)), expected["entry"], expected["format"])
    if expected["format"] == "keras-hdf5":
        return describe_keras(folder / "weights.h5")
    if expected["format"] == "pickle":
        value = pickle.loads((folder / "checkpoint.pkl").read_bytes(), encoding="latin1")
        return describe_checkpoint(value, expected["entry"], "pickle")
    trusting = expected.get("needs_trust", False)
    value = torch.load(folder / "checkpoint.pth", map_location="cpu", weights_only=not trusting)
    document = describe_checkpoint(value, expected["entry"], expected["format"])
    if "layout" in expected:
        document["batchnorms"] = describe_batchnorms(value, expected["layout"]["name"])
    return document


def is_newer(version: str) -> bool:
    """Whether a version is newer than the installed PyTorch's."""
    return [int(part) for part in version.split(".")] > [int(part) for part in torch.__version__.split(".")[:2]]


def main() -> int:
    if "--remake" in sys.argv:
        remake()
    failures = readable = refused = 0
    for path in sorted(ROOT.rglob("expected.json")):
        expected, name = json.loads(path.read_text()), path.parent.relative_to(ROOT)
        if isinstance(expected, list):
            missing = [row["file"] for row in expected if not (path.parent / row["file"]).exists()]
            failures, refused = failures + len(missing), refused + len(expected)
            print(f"{name}: {len(expected)} files to be refused" + (f", missing: {missing}" if missing else ""))
            continue
        if "format" not in expected:
            continue  # Not a checkpoint: what a folder of models must give.
        readable += 1
        is_of_ranks = expected["format"] == "safetensors-ranks"
        newer = is_newer(expected.get("minimum_pytorch", "0.0"))
        if expected.get("written_only") or expected.get("needs_classes") or is_of_ranks or newer:
            continue
        found = json.loads(json.dumps(read_back(path.parent, expected)))
        for field in (expected.keys() | found.keys()) - SAID_ONLY:
            if found.get(field) != expected.get(field):
                failures += 1
                print(f"{name}: {field} differs")
    print(f"{readable} readable cases, {refused} files to be refused, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
