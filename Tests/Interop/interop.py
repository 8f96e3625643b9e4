"""Checkpoints of the installed PyTorch, through dbn-convert, read back by h5py and PyTorch: equal bit for bit.

    python Tests/Interop/interop.py .build/release/dbn-convert
"""

import json
import subprocess
import sys
import tempfile
from collections import OrderedDict
from pathlib import Path

import h5py
import numpy
import torch

FIXTURES = Path(__file__).resolve().parents[2] / "Fixtures"
sys.path[:0] = [str(Path(__file__).parent), str(FIXTURES)]
from expectation import describe_checkpoint
from loader import load
import architectures
import modules

COMMAND = str(Path(sys.argv[1]).resolve())
WORLD_SIZE = 8


def run(*arguments, status: int = 0) -> str:
    done = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == status, f"{arguments}: exit {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def one_liner(path: Path) -> dict:
    return {k: torch.as_tensor(d[()]) for k, d in h5py.File(path).items()}


def bits(tensor: torch.Tensor) -> bytes:
    return tensor.detach().resolve_conj().resolve_neg().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def assert_equal_tensors(expected: torch.Tensor, actual: torch.Tensor, name: str) -> None:
    assert expected.dtype == actual.dtype, f"{name}: {expected.dtype} became {actual.dtype}"
    assert expected.shape == actual.shape, f"{name}: {expected.shape} became {actual.shape}"
    assert bits(expected) == bits(actual), f"{name}: values differ"


def assert_equal(expected, actual, name: str = "root") -> None:
    """Equal in type, order, value and, for tensors, to the last bit."""
    assert type(expected) is type(actual), f"{name}: {type(expected)} became {type(actual)}"
    if isinstance(expected, torch.Tensor):
        assert_equal_tensors(expected, actual, name)
        assert expected.requires_grad == actual.requires_grad, f"{name}: requires_grad"
    elif isinstance(expected, dict):
        assert list(expected) == list(actual), f"{name}: keys or their order differ"
        for key in expected:
            assert_equal(expected[key], actual[key], f"{name}/{key}")
        if hasattr(expected, "__dict__"):
            assert_equal(vars(expected), vars(actual), f"{name}.__dict__")
    elif isinstance(expected, (list, tuple)):
        assert len(expected) == len(actual), f"{name}: length"
        for index, (one, other) in enumerate(zip(expected, actual)):
            assert_equal(one, other, f"{name}/{index}")
    elif isinstance(expected, float):
        assert numpy.float64(expected).tobytes() == numpy.float64(actual).tobytes(), name
    else:
        assert expected == actual, f"{name}: {expected!r} became {actual!r}"


class SmallNet(torch.nn.Module):
    """BatchNorms in one, two and three dimensions, a tied weight, a buffer."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 16, 3, bias=False)
        self.bn2d = torch.nn.BatchNorm2d(16)
        self.bn1d = torch.nn.BatchNorm1d(24)
        self.bn3d = torch.nn.BatchNorm3d(4, affine=False)
        self.encoder = torch.nn.Linear(16, 24)
        self.decoder = torch.nn.Linear(16, 24)
        self.decoder.weight = self.encoder.weight
        self.register_buffer("anchor", torch.randn(5, dtype=torch.float64))


def randomised(model: torch.nn.Module) -> torch.nn.Module:
    with torch.no_grad():
        for tensor in [*model.parameters(), *model.buffers()]:
            if tensor.is_floating_point():
                tensor.copy_(torch.rand_like(tensor) + 0.25)
            else:
                tensor.fill_(90)
    return model


def training_checkpoint() -> dict:
    model = randomised(SmallNet())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model.encoder(torch.randn(2, 16)).sum().backward()
    optimizer.step()
    return {
        "epoch": 90, "state_dict": model.state_dict(), "optimizer": optimizer.state_dict(),
        "best_acc1": torch.tensor(76.13), "lrs": [0.1, 0.01], "name": "réseau", "none": None,
        "shape": torch.Size([3, 224]), "nested": {"a": (1, "b", [True, 2.5]), 5: {"x"}},
        "odd keys": {(0, "a/b"): 1, None: 2, 0.5: 3, True: 4, b"\0\xff": 5, torch.float16: 6, (): 7, "1": 8},
        "odd values": [torch.sparse_coo, torch.strided, torch.per_tensor_affine, torch.qint8, "a\udc80b"],
        "view": torch.arange(24.0).reshape(4, 6).t()[1:, ::2], "scale": torch.tensor(1.5).expand(3, 2),
    }


def scalar_types() -> OrderedDict:
    result = OrderedDict()
    raw = torch.arange(256, dtype=torch.uint8).repeat(2)
    for name in ("uint8 int8 uint16 int16 uint32 int32 uint64 int64 float16 bfloat16 float32 float64 complex32 "
                 "complex64 complex128 bcomplex32 float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz").split():
        if not hasattr(torch, name):  # Newer than the installed version.
            continue
        result[name] = raw.clone().view(getattr(torch, name))
    result["bool"] = torch.tensor([True, False, True])
    result["zero_dim"], result["empty"] = torch.tensor(3.5), torch.empty(3, 0, 2)
    return result


def to_hdf5(folder: Path, name: str, value) -> tuple[Path, Path]:
    source, target = folder / f"{name}.pth", folder / f"{name}.h5"
    torch.save(value, source)
    run("convert", source, target)
    return source, target


def assert_same_ties(expected: dict, actual: dict) -> None:
    """The same names share memory."""
    assert groups(expected) == groups(actual), "tied tensors differ"


def groups(mapping: dict) -> list[list[str]]:
    names = {}
    for name, tensor in mapping.items():
        names.setdefault((tensor.data_ptr(), tensor.shape) if tensor.numel() else name, []).append(name)
    return list(names.values())


def check_state_dict(folder: Path) -> None:
    state_dict = randomised(SmallNet()).state_dict()
    source, target = to_hdf5(folder, "state_dict", state_dict)
    loaded = one_liner(target)
    assert list(loaded) == list(state_dict), "h5py does not list the keys in PyTorch's order"
    for name, tensor in state_dict.items():
        assert_equal_tensors(tensor, loaded[name], name)
    with h5py.File(target) as file:
        assert file["encoder.weight"] == file["decoder.weight"], "tied tensors are not one dataset"
    assert_equal(state_dict, load(target))
    assert "equal" in run("diff", source, target)


def check_distributed(folder: Path) -> None:
    state_dict = randomised(SmallNet()).state_dict()
    source, _ = to_hdf5(folder, "standard", state_dict)
    distributed, back = folder / "distributed.h5", folder / "back.h5"
    run("to-distributed", source, distributed, "--world-size", WORLD_SIZE)
    for name, tensor in one_liner(distributed).items():
        replicated = name.rsplit(".", 1)[-1] in ("running_mean", "running_var", "num_batches_tracked")
        expected = torch.stack([state_dict[name]] * WORLD_SIZE) if replicated else state_dict[name]
        assert_equal_tensors(expected, tensor, name)
    run("verify", source, distributed)
    run("verify", source, distributed, "--mode", "train")
    run("to-standard", distributed, back)
    assert_equal(state_dict, load(back))
    run("diff", source, back)


def check_training_checkpoint(folder: Path) -> None:
    value = training_checkpoint()
    _, target = to_hdf5(folder, "training", value)
    assert_equal(value, load(target))


def check_parameters(folder: Path) -> None:
    state_dict = randomised(SmallNet()).state_dict(keep_vars=True)
    _, target = to_hdf5(folder, "parameters", state_dict)
    assert_equal(state_dict, load(target))


def check_scalar_types(folder: Path) -> None:
    value = scalar_types()
    _, target = to_hdf5(folder, "scalar-types", value)
    assert_equal(value, load(target))


def load_strictly(path: Path) -> list:
    """What PyTorch reads without trusting the file: at once, mapped, and with record offsets computed."""
    from torch.utils.serialization import config

    values = [torch.load(path, weights_only=True), torch.load(path, weights_only=True, mmap=True)]
    config.load.calculate_storage_offsets = True
    values.append(torch.load(path, weights_only=True, mmap=True))
    config.load.calculate_storage_offsets = False
    return values


def check_writing_pth(folder: Path) -> None:
    model = randomised(SmallNet())
    cases = {
        "state-dict": model.state_dict(), "parameters": model.state_dict(keep_vars=True),
        "training": training_checkpoint(), "scalar-types": scalar_types(),
        "buffers": OrderedDict(a=torch.nn.Buffer(torch.arange(4.0)), b=torch.zeros(2)),
    }
    for name, value in cases.items():
        source, hdf5 = to_hdf5(folder, name, value)
        direct, roundabout = folder / f"{name}.direct.pth", folder / f"{name}.roundabout.pth"
        run("convert", source, direct)
        run("convert", hdf5, roundabout)
        for written in load_strictly(direct) + load_strictly(roundabout):
            assert_equal(value, written, name)
            if isinstance(value, OrderedDict):
                assert_same_ties(value, written)
        assert "equal" in run("diff", source, roundabout)
    model.load_state_dict(torch.load(folder / "state-dict.roundabout.pth", weights_only=True))


def check_safetensors(folder: Path) -> None:
    from safetensors.torch import load_file, safe_open

    types = scalar_types()
    for name in ("complex32", "complex128", "bcomplex32"):
        types.pop(name, None)
    model = randomised(SmallNet())
    cases = {"state-dict": model.state_dict(), "parameters": model.state_dict(keep_vars=True), "types": types}
    for name, value in (cases | {"training": training_checkpoint()}).items():
        source, target, back = (folder / f"{name}.{suffix}" for suffix in ("pth", "safetensors", "back.pth"))
        torch.save(value, source)
        run("convert", source, target)
        run("convert", target, back)
        assert_equal(value, torch.load(back, weights_only=True), name)
        loaded = load_file(target)
        for key in cases.get(name, {}).keys() - {"decoder.weight"}:
            assert_equal_tensors(value[key], loaded[key], key)
        with safe_open(target, "pt") as file:
            assert file.metadata()["format"] == "pt"
        assert "equal" in run("diff", source, target)
    missing = model.load_state_dict(load_file(folder / "state-dict.safetensors"), strict=False)
    assert missing.missing_keys == ["decoder.weight"] and not missing.unexpected_keys, missing


def check_shards(folder: Path) -> None:
    from safetensors.torch import load_file

    value = randomised(SmallNet()).state_dict()
    source, target, back = (folder / name for name in ("a.pth", "a.safetensors", "back.pth"))
    torch.save(value, source)
    run("convert", source, target, "--shard-size", 1000)
    index = json.loads((folder / "a.safetensors.index.json").read_text())
    shards = set(index["weight_map"].values())
    assert len(shards) > 2 and not target.exists()
    loaded = {name: tensor for shard in shards for name, tensor in load_file(folder / shard).items()}
    assert loaded.keys() == index["weight_map"].keys() == value.keys() - {"decoder.weight"}
    assert index["metadata"]["total_size"] == sum(tensor.nbytes for tensor in loaded.values())
    run("convert", folder / "a.safetensors.index.json", back)
    written = torch.load(back, weights_only=True)
    assert_equal(value, written)
    assert_same_ties(value, written)


def check_npz(folder: Path) -> None:
    arrays = {"b": numpy.asfortranarray(numpy.arange(6.0).reshape(2, 3)), "a": numpy.arange(4, dtype=">i4")}
    for save in (numpy.savez, numpy.savez_compressed):
        save(folder / "arrays.npz", **arrays)
        run("convert", folder / "arrays.npz", folder / "arrays.h5", "--force")
        loaded = one_liner(folder / "arrays.h5")
        assert list(loaded) == ["b", "a"]
        for name, array in arrays.items():
            native = array.astype(array.dtype.newbyteorder("="), order="C")
            assert_equal_tensors(torch.from_numpy(native), loaded[name], name)


def check_writing_npz(folder: Path) -> None:
    """Every type that NumPy has, as numpy.load gives it; what it can't hold is named."""
    state = OrderedDict((k, v) for k, v in scalar_types().items() if isinstance(v, torch.Tensor))
    held = OrderedDict()
    for name, tensor in state.items():
        try:
            tensor.numpy()
            held[name] = tensor
        except TypeError:
            pass
    assert len(held) >= 10, list(held)
    torch.save(state, folder / "all.pth")
    output = run("convert", folder / "all.pth", folder / "all.npz", "--lossy")
    loaded = numpy.load(folder / "all.npz")
    assert loaded.files == list(held), loaded.files
    for name, tensor in held.items():
        assert_equal_tensors(tensor, torch.from_numpy(loaded[name]), name)
    for name in set(state) - set(held):
        assert f"left out: {name}: " in output, (name, output)
    torch.save(held[next(iter(held))], folder / "one.pth")
    run("convert", folder / "one.pth", folder / "one.npy")
    assert_equal_tensors(held[next(iter(held))], torch.from_numpy(numpy.load(folder / "one.npy")), "one.npy")


def check_fixtures(folder: Path) -> None:
    """Every fixture of a checkpoint, written as .pth: PyTorch finds in it what it found in the original."""
    count = 0
    for path in sorted((FIXTURES / "torch").rglob("expected.json")):
        text = path.read_text()
        expected = json.loads(text)
        left_out = "opaque" in path.parent.parent.name or '{"unreadable": ' in text
        if isinstance(expected, list) or left_out:
            continue
        name = "checkpoint" if expected.get("format") == "torch-distributed" else "checkpoint.pth"
        # Shards and ranks' files, which other tests put together, have no such file.
        if not (path.parent / name).exists():
            continue
        written = folder / "written.pth"
        # One of them is what a single rank saved, which is taken for a whole only on purpose.
        run("convert", path.parent / name, written, "--force", "--part")
        for value in load_strictly(written):
            found = json.loads(json.dumps(describe_checkpoint(value, expected["entry"])))
            for field in ("tree", "tensors"):
                assert found[field] == expected[field], f"{path.parent}: {field} differs"
        count += 1
    assert count > 60, count


def check_modules(folder: Path) -> None:
    modules.check(folder, run, assert_equal, randomised)


def check_architectures(folder: Path) -> None:
    architectures.check(folder, run)


def main() -> None:
    torch.manual_seed(2026)
    checks = [
        check_state_dict, check_distributed, check_training_checkpoint, check_parameters, check_scalar_types,
        check_writing_pth, check_fixtures, check_safetensors, check_shards, check_npz,
        check_writing_npz, check_modules, check_architectures,
    ]
    for check in checks:
        with tempfile.TemporaryDirectory() as folder:
            check(Path(folder))
        print(f"ok {check.__name__}")
    print(f"torch {torch.__version__}, h5py {h5py.__version__}: {len(checks)} passed, 0 failed")


if __name__ == "__main__":
    main()
