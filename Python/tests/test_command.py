"""The command from Python: results are typed, failures are exceptions with the command's own words."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

import dbn_convert
from dbn_convert import CommandError, CommandNotFoundError


@pytest.fixture
def digits(fixtures: Path) -> Path:
    return fixtures / "torch" / "digits-shards" / "checkpoint.pth"


@pytest.fixture
def standard(fixtures: Path) -> Path:
    return fixtures / "torch" / "digits-standard" / "checkpoint.pth"


def test_info_has_tensors_batch_norms_and_their_drift(digits: Path) -> None:
    info = dbn_convert.info(digits)
    assert (info.format, info.entry, len(info.tensors)) == ("torch-zip", "", 20)
    first = info.tensors[3]
    assert (first.name, first.dtype, first.shape, first.bytes) == ("bn1.running_mean", "float32", (4, 16), 256)
    norm = info.batch_norms[0]
    assert (norm.name, norm.features, norm.layout, norm.world_size) == ("bn1", 16, "replicated", 4)
    assert norm.drift is not None and round(norm.drift.mean, 2) == 1.33
    assert norm.replicas_identical is False


def test_the_way_to_distributed_and_back_is_proven_and_loses_nothing(tmp_path: Path, standard: Path) -> None:
    there = dbn_convert.to_distributed(standard, tmp_path / "distributed.h5", world_size=8, verify=True)
    assert there.converted == ("bn1", "bn2", "bn3") and not there.losses
    assert there.verification and there.verification.bit_identical
    proof = dbn_convert.verify(standard, tmp_path / "distributed.h5", mode="train")
    assert proof and proof.bit_identical and proof.mode == "train"
    back = dbn_convert.to_standard(tmp_path / "distributed.h5", tmp_path / "back.h5")
    assert back.drift == dbn_convert.Drift(0, 0)
    assert not dbn_convert.diff(standard, tmp_path / "back.h5")
    operations = [step["operation"] for step in dbn_convert.info(tmp_path / "back.h5").history]
    assert operations == ["to-distributed", "to-standard"]
    assert dbn_convert.check(tmp_path / "back.h5").with_checksum == 20


def test_a_difference_is_a_result_and_not_an_exception(tmp_path: Path, digits: Path) -> None:
    dbn_convert.to_standard(digits, tmp_path / "mean.h5", statistics="mean")
    dbn_convert.to_standard(digits, tmp_path / "pooled.h5", statistics="pooled")
    proof = dbn_convert.verify(tmp_path / "mean.h5", tmp_path / "pooled.h5", report=tmp_path / "page.html")
    assert not proof and proof.max_abs > 0 and 0 < proof.max_rel < proof.max_abs
    assert 0 < proof.rel_error < math.inf and -1 <= proof.cosine < 1 and proof.snr_db < math.inf
    assert max(layer.rel_error for layer in proof.layers) == proof.rel_error
    assert proof.first_divergence is not None and proof.first_divergence["name"] == "bn1"
    assert (tmp_path / "page.html").exists()
    difference = dbn_convert.diff(tmp_path / "mean.h5", tmp_path / "pooled.h5")
    assert difference and difference.different[0]["name"] == "bn1.running_var"


def test_what_merging_loses_is_listed(tmp_path: Path, digits: Path) -> None:
    merged = dbn_convert.to_standard(digits, tmp_path / "pooled.h5", statistics="pooled")
    assert [loss.name for loss in merged.losses] == ["bn1", "bn2", "bn3"]
    assert "standard deviations" in merged.losses[0].reason


def test_a_failure_has_the_commands_words_and_status(tmp_path: Path, digits: Path) -> None:
    with pytest.raises(CommandError, match="'bn1': the replicas of 3 of 3 BatchNorms differ") as caught:
        dbn_convert.to_standard(digits, tmp_path / "a.h5")
    assert caught.value.status == 2
    assert not (tmp_path / "a.h5").exists()
    with pytest.raises(CommandError, match="no such file"):
        dbn_convert.info(tmp_path / "missing.h5")
    with pytest.raises(CommandError, match="^[^E].*--nonsense") as caught:
        dbn_convert.info(digits, options=["--nonsense"])
    assert caught.value.status == 64


def test_options_and_names_that_look_like_options_reach_the_command(
    tmp_path: Path, standard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    converted = dbn_convert.convert(standard, "-a.safetensors", cast="float16", options=["--drop", "fc.*"])
    assert converted.output.endswith("-a.safetensors")
    names = {tensor.name: tensor.dtype for tensor in dbn_convert.info("-a.safetensors").tensors}
    assert "fc.weight" not in names and names["conv1.weight"] == "float16"
    with pytest.raises(CommandError, match="already a file"):
        dbn_convert.convert(standard, "-a.safetensors")
    dbn_convert.convert(standard, "-a.safetensors", force=True)


def test_a_command_that_is_not_there_is_an_error_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DBN_CONVERT", str(tmp_path / "nothing"))
    with pytest.raises(CommandNotFoundError, match="cannot be run"):
        dbn_convert.info("a.h5")
    monkeypatch.delenv("DBN_CONVERT")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("sysconfig.get_path", lambda *_: str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(CommandNotFoundError, match="pip install dbn-convert"):
        dbn_convert.info("a.h5")


def test_importing_the_package_does_not_import_torch() -> None:
    script = "import sys, dbn_convert; dbn_convert.load, dir(dbn_convert); sys.exit('torch' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(dbn_convert.__file__).parents[1])}
    assert subprocess.run([sys.executable, "-c", script], env=environment).returncode == 0


def test_every_public_name_is_there_and_documented() -> None:
    pytest.importorskip("torch")
    for name in dbn_convert.__all__:
        assert getattr(dbn_convert, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        dbn_convert.nothing  # noqa: B018
