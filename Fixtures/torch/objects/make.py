"""What real files hold beside plain values: whole modules, TorchScript programs, values of other libraries, tensors that
are no plain ones, and keys of every type."""

import argparse
import sys
import types
import warnings
from collections import OrderedDict, defaultdict
from pathlib import Path

import numpy
import torch
from torch import nn

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1]))
from expectation import describe_checkpoint, look_up, write_document

warnings.simplefilter("ignore")
torch.manual_seed(6)


def write(name: str, value, entry: str | None = "", save=torch.save, read=None, **facts) -> None:
    """`read`: the value that must come out, if it is another one."""
    (FOLDER / name).mkdir(exist_ok=True)
    save(value, FOLDER / name / "checkpoint.pth")
    value = value if read is None else read
    if isinstance(value, nn.Module):
        value = value.state_dict()
    legacy = not (FOLDER / name / "checkpoint.pth").read_bytes().startswith(b"PK")
    found = value
    for key in entry.split("/") if entry else []:
        found = found[key]
        found = found.state_dict() if isinstance(found, nn.Module) else found
    document = describe_checkpoint(value, None, "torch-legacy" if legacy else "torch-zip")
    document |= {"entry": entry, "tensors": describe_checkpoint(found, "")["tensors"] if entry is not None else []}
    # Modules can be loaded only beside their classes; the state of a program is not the program.
    classes = {} if name == "keys" else {"needs_classes": True}
    write_document(FOLDER / name / "expected.json", document | {"needs_trust": True} | classes | facts)


class Block(nn.Module):
    def __init__(self, features: int):
        super().__init__()
        self.conv = nn.Conv2d(features, features, 3, bias=False)
        self.bn = nn.BatchNorm2d(features, eps=1e-3, momentum=0.03)
        self.act = nn.SiLU()

    def forward(self, x):
        return self.act(self.bn(self.conv(x)))


class DetectionModel(nn.Module):
    """As detectors save it: a shared module, a tied parameter, buffers that are not saved, settings of every kind."""

    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(Block(3), nn.Identity(), Block(3))
        self.again = self.model[2]
        self.encoder = nn.Linear(4, 5)
        self.decoder = nn.Linear(4, 5, bias=False)
        self.decoder.weight = self.encoder.weight
        self.norm = nn.BatchNorm1d(5, affine=False, momentum=None)
        self.untracked = nn.BatchNorm1d(5, track_running_stats=False)
        self.instance = nn.InstanceNorm1d(5, affine=True, track_running_stats=True)
        self.register_buffer("anchors", torch.rand(2, dtype=torch.float64))
        self.register_buffer("grid", torch.zeros(3), persistent=False)
        self.register_buffer("nothing", None)
        self.register_parameter("no_bias", None)
        self.missing = None
        self.names = {0: "person", 1: "é"}
        self.stride = torch.tensor([8.0, 16.0, 32.0])
        self.hyper = argparse.Namespace(lr=0.1)
        self.parent = [self]
        self.unregistered = [nn.Linear(2, 2)]

    def forward(self, x):
        return self.again(self.model(x)) * self.anchors.sum() + self.stride.sum()


module = types.ModuleType("models")
sys.modules["models"] = module
for cls in (Block, DetectionModel):
    cls.__module__, cls.__qualname__ = "models", cls.__name__
    setattr(module, cls.__name__, cls)


def randomised(model: nn.Module) -> nn.Module:
    with torch.no_grad():
        for tensor in [*model.parameters(), *model.buffers()]:
            tensor.copy_(torch.rand_like(tensor) + 0.25) if tensor.is_floating_point() else tensor.fill_(7)
    return model


def modules() -> None:
    model = randomised(DetectionModel())
    settings = {"model.0.bn": [1e-3, 0.03], "model.2.bn": [1e-3, 0.03], "again.bn": [1e-3, 0.03], "norm": [1e-5, None]}
    write("module", model, batch_norms=settings)
    ema = randomised(DetectionModel()).half()
    write("module-entries", {"epoch": -1, "model": model, "ema": ema, "act": "silu"}, "model", batch_norms=settings)
    write("module-parallel", nn.DataParallel(nn.Sequential(Block(2))), batch_norms={"module.0.bn": [1e-3, 0.03]})

    def save_legacy(value, path):
        torch.save(value, path, _use_new_zipfile_serialization=False)

    write("module-legacy", nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)), save=save_legacy)
    # As PyTorch 0.3 had it: BatchNorms without counters, modules without the newer attributes.
    old = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    for inner in old.modules():
        for name in [name for name in vars(inner) if name.startswith("_non_persistent") or name.endswith("hooks")]:
            del vars(inner)[name]
    del old[1]._buffers["num_batches_tracked"]
    names = "0.weight 0.bias 1.weight 1.bias 1.running_mean 1.running_var".split()
    expected = OrderedDict((name, getattr(old[int(name[0])], name[2:]).detach()) for name in names)
    expected._metadata = OrderedDict([("", {"version": 1}), ("0", {"version": 1}), ("1", {"version": 1})])
    write("module-old", old, read=expected)


def scripts() -> None:
    def save_script(value, path):
        torch.jit.save(value, path)

    class Small(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = nn.Sequential(Block(3), nn.Identity())
            self.register_buffer("anchors", torch.rand(2))
            self.register_buffer("grid", torch.ones(3), persistent=False)
            self.stride = torch.tensor([8.0, 16.0])
            self.names = ["a", "b"]

        def forward(self, x):
            return self.model(x) * self.anchors.sum() + self.stride.sum() * self.grid.sum()

    small = randomised(Small()).eval()
    scripted, traced = torch.jit.script(small), torch.jit.trace(small, torch.rand(1, 3, 8, 8))
    write("script", scripted, save=save_script, read=plain(scripted), batch_norms={"model.0.bn": [1e-3, 0.03]})
    state = {"state_dict": plain(traced), "constants": {"c0": small.stride}}
    write("script-traced", traced, "state_dict", save=save_script, read=state)


def plain(script) -> OrderedDict:
    """The state dict of the program as it is loaded; its tensors require no gradients in the state dict."""
    import io

    buffer = io.BytesIO()
    torch.jit.save(script, buffer)
    buffer.seek(0)
    return torch.jit.load(buffer).state_dict()


def others() -> None:
    weights = nn.Linear(2, 2).state_dict()
    storage = torch.tensor([1.0, 2.0, 3.0])
    write("keys", {
        "state_dict": weights,
        "keys": {(0, "a/b"): 1, None: 2, True: 3, 0.5: 4, b"\0\xff": 5, torch.float16: 6, (): 7, 1: 8, "1": 9},
        "surrogate": "a\udc80b", "\ud800": 1,
        "layouts": [torch.strided, torch.sparse_coo, torch.sparse_csr, torch.jagged],
        "types": [torch.qint8, torch.quint4x2, torch.int4, torch.uint7, torch.per_channel_affine],
        "storages": [storage.untyped_storage(), torch.ones(2, dtype=torch.float16).storage()],
    }, "state_dict")

    class EasyDict(dict):
        """A dictionary whose items are attributes too."""

        def __setitem__(self, key, value):
            super().__setitem__(key, value)
            self.__dict__[key] = value

    EasyDict.__module__, EasyDict.__qualname__ = "models", "EasyDict"
    module.EasyDict = EasyDict
    config = EasyDict()
    config["lr"], config["inner"] = 0.1, EasyDict(a=1)
    config["inner"]["b"] = [1]
    big = numpy.arange(6, dtype=">f8").reshape(2, 3)
    value = {
        "state_dict": OrderedDict(weights, extra=numpy.arange(4, dtype=numpy.float32)), "config": config,
        "version": torch.__version__, "simple": types.SimpleNamespace(x=1), "empty": argparse.Namespace(),
        "rng": numpy.random.RandomState(3).get_state(), "metrics": defaultdict(list, a=[numpy.float16(0.5)]),
        "numbers": [numpy.int8(-3), numpy.uint64(2**63), numpy.complex64(1 - 2j), numpy.bool_(False), numpy.float64("nan")],
        "arrays": [big, numpy.asfortranarray(big), numpy.array(5, dtype=numpy.int16), numpy.zeros((0, 3), dtype=bool), big[:, ::2]],
    }
    write("libraries", value, "state_dict")


def lists() -> None:
    weights = nn.Linear(2, 2).state_dict()
    text = numpy.array([["ä", "", "three"], ["d", "e", "f"]])
    value = {
        "state_dict": weights, "text": [text, numpy.asfortranarray(text), text.astype(">U5"), numpy.array("one")],
        "bytes": numpy.array([b"cat", b"\xc3\xa9"]), "empty": numpy.array([], dtype="U3"),
        "objects": [numpy.array([[1, "a", None], [0.5, (1, 2), {}]], dtype=object), numpy.array({"a": 1}, dtype=object)],
        "scalars": [numpy.str_("x"), numpy.bytes_(b"y")],
        "dates": numpy.array(["2026-01-02"], dtype="datetime64[D]"), "date": numpy.datetime64("2026-01-02"),
        "records": numpy.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f4")]),
        "tensor keys": {torch.ones(2): 1}, "set keys": OrderedDict([(frozenset({1}), 2)]),
    }
    write("numpy-lists", value, "state_dict")


def unreadable() -> None:
    weights = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).state_dict()
    ones = torch.ones(2, 2)
    tensors = {
        "coo": ones.to_sparse(), "csr": ones.to_sparse_csr(), "quantised": torch.quantize_per_tensor(ones, 0.1, 0, torch.qint8),
        "meta": torch.empty(3, device="meta"), "nested": torch.nested.nested_tensor([ones, ones[0:1]]),
        "lazy": nn.parameter.UninitializedParameter(), "parameter": nn.Parameter(ones.to_sparse()),
    }
    import torch.distributed as distributed
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.tensor import Replicate, distribute_tensor

    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    tensors["dtensor"] = distribute_tensor(ones, init_device_mesh("cpu", (1,)), [Replicate()])
    write("unreadable", OrderedDict([*weights.items(), *tensors.items()]))
    distributed.destroy_process_group()


def compiled() -> None:
    model = randomised(nn.Sequential(nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3, eps=1e-3)))
    # Other backends are pickled with all their settings.
    model = torch.compile(model, backend="eager")
    write("module-compiled", model, batch_norms={"_orig_mod.1": [1e-3, 0.1]})


modules()
scripts()
others()
lists()
unreadable()
compiled()
