"""Plain pickles, as detectron2, Paddle and others write them: without torch.save."""

import pickle
import sys
from collections import OrderedDict
from pathlib import Path

import numpy
import torch

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
from expectation import describe_checkpoint, write_document

torch.manual_seed(8)
network = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
arrays = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
detectron = {"model": arrays, "__author__": "x", "matching_heuristics": True}
paddle = {**arrays, "StructuredToParameterName@@": {name: name.replace(".", "_") for name in arrays}}
tied = torch.rand(4)
tensors = OrderedDict(network.state_dict(), first=tied, second=tied, part=tied[1:3], half=tied.half())


def write(name: str, value, entry: str, protocol: int) -> None:
    (FOLDER / name).mkdir(exist_ok=True)
    (FOLDER / name / "checkpoint.pkl").write_bytes(pickle.dumps(value, protocol))
    document = describe_checkpoint(value, entry, "pickle")
    write_document(FOLDER / name / "expected.json", document | {"needs_trust": True})


for protocol in (2, 3, 4, 5):
    write(f"detectron2-protocol-{protocol}", detectron, "model", protocol)
write("paddle", paddle, "", 2)
for protocol in (2, 4):
    write(f"tensors-protocol-{protocol}", tensors, "", protocol)

# As Python 2 writes an array: its bytes are a string.
array = numpy.arange(250, 256, dtype=numpy.int16)
raw = array.tobytes()
old = (
    b"\x80\x02}U\x01wcnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01K\x06\x85"
    b"cnumpy\ndtype\nU\x02i2K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U"
    + bytes([len(raw)]) + raw + b"tbs."
)
(FOLDER / "python-2").mkdir(exist_ok=True)
(FOLDER / "python-2" / "checkpoint.pkl").write_bytes(old)
assert (pickle.loads(old, encoding="latin1")["w"] == array).all()
write_document(FOLDER / "python-2" / "expected.json", describe_checkpoint({"w": array}, "", "pickle") | {"needs_trust": True})
