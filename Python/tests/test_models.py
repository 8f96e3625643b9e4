"""Whole models: converted, loaded with the command's checkpoints, and reverted."""

from __future__ import annotations

import copy

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

import dbn_convert  # noqa: E402
from network import Network  # noqa: E402
from reference import randomise  # noqa: E402

RULES = ["first", "mean", "pooled", "replica:2"]


def trained(world_size: int = 4) -> Network:
    network = Network(dbn_convert.DistributedBatchNorm2d(world_size))
    with torch.no_grad():
        for _ in range(3):
            network(torch.randn(8, 3, 8, 8) * 2 + torch.arange(8.0).view(8, 1, 1, 1))
    return network


@pytest.mark.parametrize("layout", ["replicated", "first-device"])
def test_a_converted_model_gives_the_same_outputs_in_evaluation_to_the_bit(layout) -> None:
    model = Network(nn.BatchNorm2d)
    randomise(model)
    converted = dbn_convert.convert_model(copy.deepcopy(model).eval(), 4, layout=layout)
    input = torch.randn(10, 3, 8, 8)
    assert torch.equal(converted(input), model.eval()(input))
    reverted = dbn_convert.revert_model(copy.deepcopy(converted))
    assert {name: type(module) for name, module in reverted.named_modules()} == {
        name: type(module) for name, module in model.named_modules()
    }
    assert torch.equal(reverted(input), model(input))
    for name, value in model.state_dict().items():
        assert torch.equal(reverted.state_dict()[name], value), name


def test_parameters_stay_the_same_objects_so_optimizers_stay_valid() -> None:
    model = Network(nn.BatchNorm2d)
    before = [id(parameter) for parameter in model.parameters()]
    converted = dbn_convert.convert_model(model, 4)
    assert converted is model
    assert [id(parameter) for parameter in converted.parameters()] == before
    assert [id(parameter) for parameter in dbn_convert.revert_model(converted).parameters()] == before


def test_a_batch_norm_that_is_the_model_or_has_two_names_is_replaced_once() -> None:
    single = dbn_convert.convert_model(nn.BatchNorm1d(3, eps=0.5, momentum=None), 4)
    assert type(single).__name__ == "BatchNorm1d" and single.vt_world_size == 4
    assert (single.eps, single.momentum) == (0.5, None)
    shared = nn.BatchNorm2d(3)
    model = dbn_convert.convert_model(nn.Sequential(shared, nn.ReLU(), shared), 4)
    assert model[0] is model[2] and model[0].vt_world_size == 4


def test_batch_norms_without_weight_bias_or_statistics_are_converted_as_they_are() -> None:
    model = nn.Sequential(nn.BatchNorm2d(3, affine=False), nn.BatchNorm2d(3, track_running_stats=False)).eval()
    input = torch.randn(8, 3, 4, 4)
    expected = model(input[:2])
    converted = dbn_convert.convert_model(copy.deepcopy(model), 4)
    assert not list(converted[0].parameters()) and not list(converted[1].buffers())
    assert torch.equal(converted(input)[:2], expected)


def test_subclasses_that_may_do_more_stay_with_a_warning() -> None:
    class WithActivation(nn.BatchNorm2d):
        def forward(self, input):
            return super().forward(input).relu()

    model = nn.Sequential(nn.BatchNorm2d(3), WithActivation(3))
    with pytest.warns(UserWarning, match=r"left as they are: 1 \(WithActivation\)"):
        converted = dbn_convert.convert_model(model, 4)
    assert type(converted[1]) is WithActivation


def test_rows_that_differ_are_not_merged_without_a_rule() -> None:
    model = trained()
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(dbn_convert.ReplicasDifferError, match="'bn1'.*statistics='first', 'mean', 'pooled'"):
        dbn_convert.revert_model(model)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    with pytest.raises(ValueError, match="no device 4 of 4"):
        dbn_convert.revert_model(model, "replica:4")
    with pytest.raises(ValueError, match="identical, first, mean, pooled or replica:K"):
        dbn_convert.revert_model(model, "median")


@pytest.mark.parametrize("rule", RULES)
def test_merging_a_model_gives_the_numbers_that_the_command_gives(tmp_path, rule) -> None:
    """To one unit in the last place of float32: both round once, from float64."""
    model = trained()
    dbn_convert.save(model.state_dict(), tmp_path / "rows.h5")
    result = dbn_convert.to_standard(tmp_path / "rows.h5", tmp_path / "merged.h5", statistics=rule)
    assert result.drift.mean > 0 and result.losses
    merged = dbn_convert.load(tmp_path / "merged.h5")
    reverted = dbn_convert.revert_model(model, rule).state_dict()
    assert list(merged) == list(reverted)
    for name, value in reverted.items():
        torch.testing.assert_close(merged[name], value, rtol=1.2e-7, atol=0)


@pytest.mark.parametrize("layout", ["replicated", "first-device"])
def test_a_checkpoint_mapped_by_the_command_is_loaded_into_the_module(tmp_path, layout) -> None:
    model = Network(nn.BatchNorm2d)
    randomise(model)
    torch.save(model.state_dict(), tmp_path / "standard.pth")
    dbn_convert.to_distributed(
        tmp_path / "standard.pth", tmp_path / "distributed.h5", world_size=4, layout=layout, verify=True
    )
    distributed = Network(dbn_convert.DistributedBatchNorm2d(4, layout=layout))
    distributed.load_state_dict(dbn_convert.load(tmp_path / "distributed.h5"))
    converted = dbn_convert.convert_model(copy.deepcopy(model), 4, layout=layout)
    for name, value in converted.state_dict().items():
        assert torch.equal(distributed.state_dict()[name], value), name
    input = torch.randn(10, 3, 8, 8)
    assert torch.equal(distributed.eval()(input), model.eval()(input))


def test_a_checkpoint_in_another_layout_is_an_error_that_says_what_to_do() -> None:
    standard, replicated = Network(nn.BatchNorm2d).state_dict(), trained().state_dict()
    with pytest.raises(
        RuntimeError, match=r"bn1.running_mean \[6\] is in another layout.*to_distributed.*world_size=4"
    ):
        Network(dbn_convert.DistributedBatchNorm2d(4)).load_state_dict(standard)
    with pytest.raises(RuntimeError, match=r"bn1.running_mean \[4, 6\] is in another layout.*to_standard"):
        Network(dbn_convert.DistributedBatchNorm2d(4, layout="first-device")).load_state_dict(replicated)


def test_a_state_dict_of_version_1_without_counters_is_loaded() -> None:
    state_dict = trained().state_dict()
    for name in list(state_dict):
        if name.endswith("num_batches_tracked"):
            del state_dict[name]
    for metadata in state_dict._metadata.values():
        metadata["version"] = 1
    network = Network(dbn_convert.DistributedBatchNorm2d(4))
    network.load_state_dict(state_dict)
    assert network.bn1.num_batches_tracked.tolist() == [0] * 4


def test_the_projects_trained_network_has_the_accuracy_that_was_recorded(fixtures) -> None:
    """A network that was trained with 4 devices by another implementation of the replicated layout."""

    class DigitsNet(nn.Module):
        def __init__(self, norm_layer) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(1, 16, 3, padding=1, bias=False)
            self.bn1 = norm_layer(16)
            self.conv2 = nn.Conv2d(16, 32, 3, stride=2, padding=1, bias=False)
            self.bn2 = norm_layer(32)
            self.conv3 = nn.Conv2d(32, 32, 3, padding=1, bias=False)
            self.bn3 = norm_layer(32)
            self.fc = nn.Linear(32, 10)

        def forward(self, x):
            x = self.bn1(self.conv1(x)).relu()
            x = self.bn2(self.conv2(x)).relu()
            return self.fc(self.bn3(self.conv3(x)).relu().mean((2, 3)))

    folder = fixtures / "torch" / "digits-shards"
    network = DigitsNet(dbn_convert.DistributedBatchNorm2d(4)).eval()
    network.load_state_dict(dbn_convert.load(folder / "checkpoint.pth"))
    test = dbn_convert.load(folder / "test.h5")
    with torch.no_grad():
        outputs = [network(batch.float() / 16) for batch in test["images"].split(64)]
    correct = (torch.cat(outputs).argmax(1) == test["labels"]).sum().item()
    assert correct == 353
