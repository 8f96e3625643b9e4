"""Exported programs, in PyTorch and in both engines of the command.

The engines are compared with PyTorch in float32, relative to the largest number: the reference engine, which computes
in float64, to 1e-5; oneDNN to 1e-4.
"""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

import dbn_convert  # noqa: E402
from dbn_convert.command import find  # noqa: E402
from network import Network  # noqa: E402

WORLD_SIZE = 4
LAYOUTS = ["replicated", "first-device"]


def trained(layout: str = "replicated", momentum: float | None = 0.1) -> Network:
    """A network whose devices have seen different images."""
    generator = dbn_convert.DistributedBatchNorm2d(WORLD_SIZE, layout=layout)
    network = Network(lambda features: generator(features, momentum=momentum))
    with torch.no_grad():
        for _ in range(3):
            network(torch.randn(8, 3, 8, 8) * 2 + torch.arange(8.0).view(8, 1, 1, 1))
    return network


def exported(network: Network, is_strict: bool, has_any_batch: bool, samples: int = 8):
    """In training, a program for any batch has as many samples for each device."""
    batch = torch.export.Dim("batch", min=2, max=64)
    sizes = WORLD_SIZE * batch if network.training else torch.export.Dim("samples", min=1, max=256)
    return torch.export.export(
        network, (torch.randn(samples, 3, 8, 8),), strict=is_strict,
        dynamic_shapes=({0: sizes},) if has_any_batch else None,
    )  # fmt: skip


def saved(program, path: Path) -> Path:
    torch.export.save(program, path)
    return path


def ran(model: Path, input, folder: Path, mode: str, *options: str):
    """The output of the command, and the state dict afterwards in training."""
    dbn_convert.save({"x": input}, folder / "input.h5", force=True)
    command = [find(), "run", model, "--input", folder / "input.h5", "--output", folder / "output.h5", "--force"]
    command += ["--mode", mode, *options]
    if mode == "train":
        command += ["--save-state", folder / "after.h5"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    after = dbn_convert.load(folder / "after.h5") if mode == "train" else None
    return dbn_convert.load(folder / "output.h5")["output_0"], after


def assert_near(found, expected, tolerance: float) -> None:
    error = (found.double() - expected.double()).abs().max().item()
    scale = expected.double().abs().max().item()
    print(f"error {error:.1e} of {scale:.1e}")
    assert error <= tolerance * scale


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("is_strict", [True, False])
@pytest.mark.parametrize("is_training", [True, False])
def test_an_exported_program_gives_what_the_module_gives(layout, is_strict, is_training) -> None:
    network = trained(layout).train(is_training)
    program = exported(network, is_strict, has_any_batch=False)
    input = torch.randn(8, 3, 8, 8)
    for runnable in (program, program.run_decompositions()):
        module, expected = runnable.module(), copy.deepcopy(network)
        assert torch.equal(module(input), expected(input))
        # A strict export in evaluation leaves out the counters, which it does not use.
        for name, value in module.state_dict().items():
            assert torch.equal(expected.state_dict()[name], value), name


@pytest.mark.parametrize("is_strict", [True, False])
def test_in_evaluation_one_program_is_for_batches_of_any_size(is_strict) -> None:
    network = trained().eval()
    program = exported(network, is_strict, has_any_batch=True).module()
    for samples in (1, 2, 5, 8, 10, 33):
        input = torch.randn(samples, 3, 8, 8)
        torch.testing.assert_close(program(input), network(input))


def test_decomposed_programs_need_nothing_of_this_package() -> None:
    program = exported(trained(), is_strict=False, has_any_batch=False).run_decompositions()
    targets = {str(node.target) for node in program.graph.nodes if node.op == "call_function"}
    assert not [target for target in targets if "dbn_convert" in target]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("momentum", [0.1, None])
@pytest.mark.parametrize("is_strict, has_any_batch", [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("is_training", [True, False])
def test_the_engines_run_an_exported_program_in_both_modes(
    tmp_path, layout, momentum, is_strict, has_any_batch, is_training
) -> None:
    """Whatever mode it was exported in, and whether its batch has a fixed size."""
    network = trained(layout, momentum).train(is_training)
    model = saved(exported(network, is_strict, has_any_batch), tmp_path / "model.pt2")
    input = torch.randn(8, 3, 8, 8)
    for mode in ("eval", "train"):
        expected = copy.deepcopy(network).train(mode == "train")
        output, after = ran(model, input, tmp_path, mode)
        assert_near(output, expected(input).detach(), 1e-5)
        for name, value in expected.state_dict().items() if mode == "train" else ():
            assert_near(after[name], value, 1e-5)


def test_the_engines_give_uneven_slices_to_the_same_devices(tmp_path) -> None:
    network = trained()
    model = saved(exported(network, False, False, samples=10), tmp_path / "model.pt2")
    input = torch.randn(10, 3, 8, 8)  # 3, 3, 3, 1
    output, after = ran(model, input, tmp_path, "train")
    assert_near(output, network(input).detach(), 1e-5)
    assert_near(after["bn2.running_var"], network.bn2.running_var, 1e-5)
    assert after["bn2.num_batches_tracked"].tolist() == network.bn2.num_batches_tracked.tolist()


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_onednn_gives_what_the_module_gives(tmp_path, mode) -> None:
    network = trained()
    model = saved(exported(network, False, False), tmp_path / "model.pt2")
    input = torch.randn(8, 3, 8, 8)
    try:
        output, _ = ran(model, input, tmp_path, mode, "--engine", "onednn")
    except AssertionError as error:
        if "reference" in str(error):
            pytest.skip("the command has no oneDNN engine")
        raise
    assert_near(output, network.train(mode == "train")(input).detach(), 1e-4)


def test_verify_proves_a_merge_with_the_exported_model(tmp_path) -> None:
    network = trained().eval()
    model = saved(exported(network, False, False), tmp_path / "model.pt2")
    dbn_convert.to_standard(model, tmp_path / "pooled.h5", statistics="pooled", options=["--state-dict-only"])
    dbn_convert.to_distributed(tmp_path / "pooled.h5", tmp_path / "again.h5", world_size=WORLD_SIZE)
    for mode in ("eval", "train"):
        proof = dbn_convert.verify(tmp_path / "pooled.h5", tmp_path / "again.h5", model=model, mode=mode)
        assert proof and proof.bit_identical, proof
        assert {"bn1", "bn2"} <= {layer.name for layer in proof.layers}
    changed = dbn_convert.verify(model, tmp_path / "again.h5", model=model)
    assert not changed and changed.first_divergence["name"] == "bn1"


def test_a_model_of_standard_batch_norms_runs_with_the_modules_weights(tmp_path) -> None:
    """The graph of one layout takes the weights of another: what the module learnt is run by a standard program."""
    network = trained().eval()
    standard = dbn_convert.revert_model(copy.deepcopy(network), "first")
    program = torch.export.export(standard, (torch.randn(8, 3, 8, 8),))
    model = saved(program, tmp_path / "standard.pt2")
    dbn_convert.save(network.state_dict(), tmp_path / "weights.h5")
    input = torch.randn(8, 3, 8, 8)
    output, _ = ran(model, input, tmp_path, "eval", "--weights", str(tmp_path / "weights.h5"))
    assert_near(output, network(input).detach(), 1e-5)


def test_a_fresh_process_loads_a_program_after_importing_the_modules(tmp_path: Path) -> None:
    path = saved(exported(trained().eval(), is_strict=False, has_any_batch=False), tmp_path / "model.pt2")
    code = f"import torch, dbn_convert.batch_norm; torch.export.load({str(path)!r}).module()"
    sources = str(Path(dbn_convert.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": sources}
    )
    assert done.returncode == 0, done.stderr
