"""Installs a wheel as a user does, tries it, and uninstalls it: python try_wheel.py dbn_convert-*.whl

In a new environment, without torch, and then with the torch of the Python that runs this.
"""

import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

WITHOUT_TORCH = """
import numpy, dbn_convert
dbn_convert.save({"x": numpy.arange(3.0)}, "a.h5")
assert dbn_convert.load("a.h5")["x"].tolist() == [0, 1, 2]
assert dbn_convert.convert("a.h5", "a.safetensors").losses == ()
assert dbn_convert.load("a.safetensors")["x"].tolist() == [0, 1, 2]
assert dbn_convert.__version__ == VERSION
try:
    dbn_convert.DistributedBatchNorm2d
except ModuleNotFoundError as error:
    assert error.name == "torch"
else:
    raise SystemExit("torch is there")
"""
WITH_TORCH = """
import torch, dbn_convert
module = dbn_convert.DistributedBatchNorm2d(vt_world_size=4)(3)
module(torch.randn(8, 3, 4, 4))
dbn_convert.save(module.state_dict(), "b.h5")
assert dbn_convert.info("b.h5").batch_norms[0].world_size == 4
"""


def run(*command, **options) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode:
        raise SystemExit(f"{command}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def files(environment: Path) -> set[Path]:
    return {path for path in environment.rglob("*") if "__pycache__" not in path.parts and path.is_file()}


def main(wheel: Path) -> None:
    version = wheel.name.split("-")[1]
    with tempfile.TemporaryDirectory() as name:
        folder, environment = Path(name), Path(name, "venv")
        run(sys.executable, "-m", "venv", environment)
        pip, python = environment / "bin" / "pip", environment / "bin" / "python"
        run(pip, "install", "--quiet", "h5py", "numpy")
        before = files(environment)
        run(pip, "install", "--quiet", wheel.resolve())
        said = run(environment / "bin" / "dbn-convert", "--version").strip()
        assert said == version, f"the command is of version {said}"
        run(python, "-c", WITHOUT_TORCH.replace("VERSION", repr(version)), cwd=folder)
        torch = Path(importlib.util.find_spec("torch").origin).parents[1]
        run(python, "-c", f"import sys; sys.path.append({str(torch)!r})\n{WITH_TORCH}", cwd=folder)
        run(pip, "uninstall", "--quiet", "--yes", "dbn-convert")
        left = files(environment) - before
        assert not left, f"uninstalling left {left}"
        assert not (environment / "bin" / "dbn-convert").exists()
    print(f"{wheel.name}: installed, tried without and with torch, and uninstalled")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
