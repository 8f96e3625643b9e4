"""Loading and saving, against the command: what one writes the other reads, to the bit."""

from __future__ import annotations

import math
import struct
from collections import Counter, OrderedDict
from pathlib import Path

import h5py
import numpy
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

import dbn_convert  # noqa: E402
from dbn_convert import SchemaError, UnsupportedValueError  # noqa: E402

TYPES = [
    "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32",
    "float64", "bool", "complex32", "complex64", "complex128", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz",
    "float8_e5m2fnuz", "float8_e8m0fnu",
]  # fmt: skip


def bits(tensor) -> bytes:
    plain = tensor.detach().resolve_conj().resolve_neg().contiguous()
    return plain.reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""


def assert_equal(found, expected, name: str = "root") -> None:
    """Equal in type, order and value; tensors and floats to the bit."""
    assert type(found) is type(expected), f"{name}: {type(expected)} became {type(found)}"
    if isinstance(expected, torch.Tensor):
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape), name
        assert found.requires_grad == expected.requires_grad, name
        assert bits(found) == bits(expected), name
    elif isinstance(expected, dict):
        assert list(found) == list(expected), name
        for key in expected:
            assert_equal(found[key], expected[key], f"{name}/{key}")
        assert hasattr(found, "__dict__") == hasattr(expected, "__dict__")
        if hasattr(expected, "__dict__"):
            assert_equal(vars(found), vars(expected), f"{name}.__dict__")
    elif isinstance(expected, (list, tuple)) and not isinstance(expected, torch.Size):
        assert len(found) == len(expected), name
        for index, (one, other) in enumerate(zip(found, expected)):
            assert_equal(one, other, f"{name}/{index}")
    elif isinstance(expected, (float, complex)):
        parts = [expected.real, expected.imag], [found.real, found.imag]
        assert struct.pack("<2d", *parts[0]) == struct.pack("<2d", *parts[1]), name
    else:
        assert found == expected, name


def assert_survives(value, folder: Path, **options) -> None:
    """Through save, the command's check, the command's own writer, and load."""
    dbn_convert.save(value, folder / "saved.h5", **options)
    assert_equal(dbn_convert.load(folder / "saved.h5"), value)
    dbn_convert.check(folder / "saved.h5")
    dbn_convert.convert(folder / "saved.h5", folder / "converted.h5")
    assert_equal(dbn_convert.load(folder / "converted.h5"), value)
    assert not dbn_convert.diff(folder / "saved.h5", folder / "converted.h5")


def random_tensor(dtype: str, shape: tuple[int, ...]):
    """Any bytes, which are NaNs and denormal numbers too; of booleans only the two."""
    kind = getattr(torch, dtype)
    size = math.prod(shape) * kind.itemsize
    raw = torch.randint(0, 2 if dtype == "bool" else 256, (size,), dtype=torch.uint8)
    return raw.view(kind).reshape(shape) if size else torch.empty(shape, dtype=kind)


# Older versions of PyTorch lack the last ones.
TYPES = [name for name in TYPES if hasattr(torch, name)]


@pytest.mark.parametrize("dtype", TYPES)
def test_every_type_of_every_shape_survives_to_the_bit(tmp_path, dtype) -> None:
    shapes = [(), (1,), (0,), (3, 0, 2), (5,), (2, 3, 4)]
    assert_survives({str(shape): random_tensor(dtype, shape) for shape in shapes}, tmp_path)


@pytest.mark.parametrize("shape", [(100_000,), (3, 70_000), (1000, 7, 11), (2, 3, 300, 300)])
def test_compressed_tensors_survive_in_chunks(tmp_path, shape) -> None:
    tensor = torch.arange(math.prod(shape), dtype=torch.int32).reshape(shape)
    assert_survives({"x": tensor, "small": torch.ones(3)}, tmp_path, compression=4)
    assert (tmp_path / "saved.h5").stat().st_size < tensor.nbytes / 2


def test_a_models_state_dict_survives_with_ties_and_metadata(tmp_path) -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, 4), nn.Linear(4, 4))
    model[3].weight = model[2].weight
    state_dict = model.state_dict()
    assert_survives(state_dict, tmp_path)
    loaded = dbn_convert.load(tmp_path / "saved.h5")
    assert loaded["3.weight"] is loaded["2.weight"]
    assert loaded._metadata == state_dict._metadata
    model.load_state_dict(loaded)
    tied = {tensor.name: tensor.tied_to for tensor in dbn_convert.info(tmp_path / "saved.h5").tensors}
    assert tied["3.weight"] == "2.weight"


def test_parameters_buffers_and_gradients_survive(tmp_path) -> None:
    weight = nn.Parameter(torch.ones(3))
    tree = {"a": weight, "b": nn.Parameter(torch.ones(2), requires_grad=False), "c": torch.zeros(2, requires_grad=True)}
    tree |= {"plain": weight.detach(), "buffer": nn.Buffer(torch.zeros(1))}
    assert_survives(tree, tmp_path)
    loaded = dbn_convert.load(tmp_path / "saved.h5")
    assert loaded["plain"].data_ptr() == loaded["a"].data_ptr()
    assert isinstance(loaded["buffer"], nn.Buffer)


def test_a_training_checkpoint_with_an_optimizer_survives(tmp_path) -> None:
    model = nn.Linear(3, 4)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(2, 3)).sum().backward()
    optimizer.step()
    assert_survives({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}, tmp_path)


def test_every_plain_value_survives(tmp_path) -> None:
    values = [
        None, True, False, 0, -1, 2**63 - 1, -(2**63), 2**63, -(2**200), 0.0, -0.0, 0.1, math.inf, -math.inf, math.nan,
        struct.unpack("<d", bytes(range(248, 256)))[0], 1 + 2j, complex(math.nan, -0.0), "", "a\0b\0", "größe 模型",
        "\ud800x", b"", b"\0\xff", bytearray(b"ab"), [], [1, 2], [1.0, 2.0], [1, 2.0], [True], [2**70], (), (1, 2), (0.5,),
        ("a", [None]), {1, 2}, {"a": 1}, OrderedDict(b=1, a=2), Counter("aab"), {}, torch.Size([2, 3]), torch.Size([]), torch.float16,
        torch.device("cuda:1"), torch.strided, torch.channels_last, torch.per_tensor_affine, torch.int4,
    ]  # fmt: skip
    assert_survives({"values": values}, tmp_path)


@pytest.mark.parametrize(
    "value", [torch.ones(2), 3, "text", None, [1, 2], [torch.ones(1), "a"], {1, 2}, {}, (1.5, None)]
)
def test_the_root_can_be_any_value(tmp_path, value) -> None:
    assert_survives(value, tmp_path)


def test_every_key_survives(tmp_path) -> None:
    texts = [
        "",
        ".",
        "..",
        "a/b",
        "50%",
        "%41",
        "\0",
        "12",
        "-3",
        "012",
        "+1",
        "größe",
        "\ud800",
        "%$",
        "a.b.weight",
        "value",
    ]
    assert_survives({text: index for index, text in enumerate(texts)}, tmp_path)
    others = [0, 12, -3, 2**64, None, 0.5, True, (0, "a"), b"x", 1 + 2j, torch.float32, torch.Size([2])]
    (tmp_path / "mixed").mkdir()
    assert_survives({key: torch.ones(1) for key in [*texts, *others]}, tmp_path / "mixed")


def test_attributes_of_mappings_survive(tmp_path) -> None:
    inner = OrderedDict(x=torch.ones(2))
    inner.odd = {"$a": [math.nan, None], 1: ("x",), "plain": {"y": 2.0}}
    assert_survives({"inner": inner}, tmp_path)


def test_views_of_one_storage_are_tied_only_if_they_have_the_same_elements(tmp_path) -> None:
    whole = torch.arange(16.0).reshape(4, 4)
    tree = {"whole": whole, "same": whole.view(4, 4), "transposed": whole.t(), "row": whole[0], "column": whole[:, 0]}
    assert_survives(tree, tmp_path)
    loaded = dbn_convert.load(tmp_path / "saved.h5")
    assert loaded["same"] is loaded["whole"] and loaded["transposed"] is not loaded["whole"]


def test_the_same_content_gives_the_same_bytes(tmp_path) -> None:
    state_dict = nn.Sequential(nn.Linear(30, 300), nn.BatchNorm1d(300)).state_dict()
    for name in ("a.h5", "b.h5"):
        dbn_convert.save(state_dict, tmp_path / name)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_the_history_that_is_given_is_what_the_command_shows(tmp_path) -> None:
    history = [{"operation": "to-distributed", "world_size": 8}, {"operation": "fine-tune", "größe": 0.5}]
    for name in ("a.h5", "a.safetensors"):
        dbn_convert.save({"x": torch.ones(1)}, tmp_path / name, history=history)
        assert list(dbn_convert.info(tmp_path / name).history)[:2] == history


def test_arrays_of_numpy_are_saved_and_loaded_without_torch(tmp_path) -> None:
    arrays = {
        dtype: numpy.arange(6, dtype=dtype).reshape(2, 3)
        for dtype in ("int8", "uint64", "float16", "float64", "complex64")
    }
    arrays["big"] = numpy.arange(3, dtype=">f4")
    arrays["strided"] = numpy.arange(12.0)[::3]
    arrays["flag"] = numpy.array([True, False])
    arrays["tied"] = arrays["flag"]
    dbn_convert.save(arrays, tmp_path / "a.h5")
    dbn_convert.check(tmp_path / "a.h5")
    loaded = dbn_convert.load(tmp_path / "a.h5", arrays="numpy")
    for name, array in arrays.items():
        assert isinstance(loaded[name], numpy.ndarray)
        assert loaded[name].dtype == array.dtype.newbyteorder("<")
        assert numpy.array_equal(loaded[name], array)
    assert loaded["tied"] is loaded["flag"]
    assert torch.equal(dbn_convert.load(tmp_path / "a.h5")["big"], torch.arange(3.0))


def test_arrays_alone_are_written_if_losses_are_allowed(tmp_path: Path) -> None:
    parameters = {"weight": torch.nn.Parameter(torch.tensor([1.0, 2.0]))}
    with pytest.raises(dbn_convert.CommandError, match="weight"):
        dbn_convert.save(parameters, tmp_path / "a.npz")
    assert not (tmp_path / "a.npz").exists()
    dbn_convert.save(parameters, tmp_path / "a.npz", lossy=True)
    assert numpy.load(tmp_path / "a.npz")["weight"].tolist() == [1.0, 2.0]


def test_numpy_needs_ml_dtypes_for_bfloat16(tmp_path) -> None:
    tensor = torch.randn(5).to(torch.bfloat16)
    dbn_convert.save({"x": tensor}, tmp_path / "a.h5")
    try:
        import ml_dtypes
    except ImportError:
        with pytest.raises(UnsupportedValueError, match="'x'.*bfloat16; install torch or ml_dtypes"):
            dbn_convert.load(tmp_path / "a.h5", arrays="numpy")
        return
    loaded = dbn_convert.load(tmp_path / "a.h5", arrays="numpy")["x"]
    assert loaded.dtype == ml_dtypes.bfloat16
    assert numpy.array_equal(loaded.astype(numpy.float32), tensor.float().numpy())


@pytest.mark.parametrize("name", ["model.safetensors", "model.pth", "model.npz"])
def test_other_formats_are_read_and_written_by_the_command(tmp_path, name) -> None:
    state_dict = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)).state_dict()
    if name.endswith("npz"):
        state_dict = OrderedDict(state_dict)  # Without _metadata, for which npz has no place.
    dbn_convert.save(state_dict, tmp_path / name)
    loaded = dbn_convert.load(tmp_path / name)
    assert list(loaded) == list(state_dict)
    assert all(torch.equal(loaded[key], value) for key, value in state_dict.items())
    if name.endswith("pth"):
        assert_equal(torch.load(tmp_path / name, weights_only=True), state_dict)


@pytest.mark.parametrize(
    "case", ["torch/training", "torch/digits-replicated", "torch/ties", "safetensors/scalar-types"]
)
def test_files_of_pytorch_and_safetensors_are_loaded_like_by_themselves(fixtures, case) -> None:
    folder = fixtures / case
    if case.startswith("torch"):
        assert_equal(dbn_convert.load(folder / "checkpoint.pth"), torch.load(folder / "checkpoint.pth"))
        return
    if not hasattr(torch, "float8_e8m0fnu"):
        pytest.skip("this PyTorch lacks a type of the file")
    safetensors = pytest.importorskip("safetensors.torch")
    expected = safetensors.load_file(folder / "model.safetensors")
    loaded = dbn_convert.load(folder / "model.safetensors")
    assert {name: bits(loaded[name]) for name in loaded} == {name: bits(value) for name, value in expected.items()}


@pytest.mark.parametrize(
    "value, reason",
    [
        (torch.eye(3).to_sparse(), "'model/x': is a sparse tensor; save tensor.to_dense"),
        (torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8), "is a quantized tensor"),
        (torch.empty(2, device="meta"), "is a meta tensor"),
        (object(), "'model/x': a builtins.object is no value of a checkpoint"),
        (numpy.float64(1.0), "numpy.float64 is no value of a checkpoint"),
        (numpy.array(["text"]), "which no tensor can hold"),
        (nn.Linear(1, 1), "torch.nn.modules.linear.Linear is no value"),
        ({object(): 1}, "its key is not one that a file can hold"),
    ],
)
def test_a_value_that_cannot_be_stored_is_named_and_no_file_is_left(tmp_path, value, reason) -> None:
    with pytest.raises(UnsupportedValueError, match=reason):
        dbn_convert.save({"model": {"x": value}}, tmp_path / "a.h5")
    assert list(tmp_path.iterdir()) == []


def test_a_module_instead_of_its_state_dict_is_refused(tmp_path) -> None:
    with pytest.raises(UnsupportedValueError, match=r"save its state_dict\(\)"):
        dbn_convert.save(nn.Linear(1, 1), tmp_path / "a.h5")


def test_values_nested_too_deeply_are_refused_when_saved(tmp_path) -> None:
    tree: dict = {}
    for _ in range(201):
        tree = {"a": tree}
    with pytest.raises(UnsupportedValueError, match="more than 200 levels"):
        dbn_convert.save(tree, tmp_path / "a.h5")
    dbn_convert.save(tree["a"], tmp_path / "a.h5")
    dbn_convert.check(tmp_path / "a.h5")


def test_an_existing_file_is_only_replaced_by_force(tmp_path) -> None:
    path = tmp_path / "a.h5"
    dbn_convert.save({"x": 1}, path)
    with pytest.raises(FileExistsError, match="force=True"):
        dbn_convert.save({"x": 2}, path)
    assert dbn_convert.load(path) == {"x": 1}
    dbn_convert.save({"x": 2}, path, force=True)
    assert dbn_convert.load(path) == {"x": 2}
    assert [file.name for file in tmp_path.iterdir()] == ["a.h5"]


def edited(path: Path, edit) -> Path:
    dbn_convert.save({"x": torch.arange(100.0), "flag": torch.tensor([True]), "inner": {"y": torch.ones(3)}}, path)
    with h5py.File(path, "r+") as file:
        edit(file)
    return path


def broken(file: h5py.File) -> None:
    file["x"][5] = 7


def external_link(file: h5py.File) -> None:
    file["other"] = h5py.ExternalLink("/etc/passwd", "/")


def dangling_link(file: h5py.File) -> None:
    file["other"] = h5py.SoftLink("/nothing")


def cycle(file: h5py.File) -> None:
    file["inner"]["again"] = file["inner"]


def external_storage(file: h5py.File) -> None:
    file.create_dataset("other", (4,), "u1", external=[("/etc/passwd", 0, 4)])


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((4,), "u1")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (4,))
    file.create_virtual_dataset("other", layout)


def huge(file: h5py.File) -> None:
    file.create_dataset("other", (1 << 50,), "u1", chunks=(1 << 20,))


def lzf(file: h5py.File) -> None:
    file.create_dataset("other", data=numpy.zeros(9), compression="lzf")


def version(file: h5py.File) -> None:
    file.attrs["schema_version"] = 2


def kind(file: h5py.File) -> None:
    file["inner"].attrs["kind"] = "object"


def not_boolean(file: h5py.File) -> None:
    del file.attrs["checksums"]
    file["flag"].id.write(h5py.h5s.ALL, h5py.h5s.ALL, numpy.array([7], "i1"), mtype=file["flag"].id.get_type())


def bad_name(file: h5py.File) -> None:
    file["%G"] = 1


def twice(file: h5py.File) -> None:
    file["%78"] = numpy.ones(2)


def constant(file: h5py.File) -> None:
    file["other"] = numpy.bytes_("os.system")
    file["other"].attrs["kind"] = "constant"


def attributes(file: h5py.File) -> None:
    file.attrs["attributes"] = '{"a": {"$object": 1}}'


@pytest.mark.parametrize(
    "edit, reason",
    [
        (broken, "'x': has other bytes than its checksum says"),
        (external_link, "'other': is a link to another file"),
        (dangling_link, "'other': is a link that leads to nothing"),
        (cycle, "'inner/again': is a group that contains itself"),
        (external_storage, "'other': keeps its elements in another file"),
        (virtual, "'other': keeps its elements in another file"),
        (huge, "'other': claims 1125899906842624 bytes"),
        (lzf, "'other': is compressed by another filter"),
        (version, "version 2 of the schema"),
        (kind, "'inner': is a group of the unknown kind object"),
        (not_boolean, "'flag': has elements that are neither false nor true"),
        (bad_name, "% without two hexadecimal digits"),
        (twice, "two links for the key 'x'"),
        (constant, "no constant os.system"),
        (attributes, r"the tag \$object is unknown"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_file_that_breaks_the_schema_is_refused_with_its_place(tmp_path, edit, reason) -> None:
    path = edited(tmp_path / "a.h5", edit)
    with pytest.raises(SchemaError, match=reason) as caught:
        dbn_convert.load(path)
    assert str(path) in str(caught.value)


def test_damaged_files_are_errors_or_values_and_never_crash(tmp_path) -> None:
    """Every 97th prefix, and 200 files with one byte changed."""
    path = tmp_path / "a.h5"
    state_dict = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)).state_dict()
    dbn_convert.save({"model": state_dict, "epoch": 3, "name": "x", "list": [1, "a"]}, path)
    whole = path.read_bytes()
    random = numpy.random.default_rng(torch.initial_seed())
    damaged = [whole[:length] for length in range(0, len(whole), 97)]
    for _ in range(200):
        changed = bytearray(whole)
        changed[random.integers(len(whole))] = random.integers(256)
        damaged.append(bytes(changed))
    from dbn_convert import hdf5

    for content in damaged:
        path.write_bytes(content)
        try:
            hdf5.read(path)
        except dbn_convert.CheckpointError:
            pass
