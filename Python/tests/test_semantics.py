"""The module against V BatchNorms of PyTorch on the slices. What the same kernels compute is equal to the bit."""

from __future__ import annotations

import copy
import pickle

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

import dbn_convert  # noqa: E402
from reference import SeparateBatchNorms, randomise, share  # noqa: E402

KINDS = [
    (dbn_convert.DistributedBatchNorm1d, nn.BatchNorm1d, ()),
    (dbn_convert.DistributedBatchNorm1d, nn.BatchNorm1d, (5,)),
    (dbn_convert.DistributedBatchNorm2d, nn.BatchNorm2d, (4, 3)),
    (dbn_convert.DistributedBatchNorm3d, nn.BatchNorm3d, (2, 3, 2)),
]
LAYOUTS = ["replicated", "first-device"]


def made(generator, layout: str = "replicated", world_size: int = 4, **arguments):
    module = generator(world_size, layout=layout)(**{"num_features": 6, **arguments})
    randomise(module)
    return module


def pair(layout: str, world_size: int = 4, make=nn.BatchNorm2d, **arguments):
    module = made(dbn_convert.DistributedBatchNorm2d, layout, world_size, **arguments)
    separate = SeparateBatchNorms(make, world_size, **{"num_features": 6, **arguments})
    share(separate, module)
    return module, separate


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("generator, standard, places", KINDS)
@pytest.mark.parametrize("samples", [8, 10, 5, 16, 12])
def test_in_training_each_slice_is_normalised_like_by_a_batch_norm_of_its_own(
    layout, generator, standard, places, samples
) -> None:
    # Without other dimensions, a slice of one sample has no variance.
    samples = samples if places else 4 * samples
    module = made(generator, layout)
    separate = SeparateBatchNorms(standard, 4, num_features=6)
    share(separate, module)
    input = torch.randn(samples, 6, *places, requires_grad=True)
    gradient = torch.randn(samples, 6, *places)
    expected, expected_gradients = run(separate, input, gradient)
    output, gradients = run(module, input, gradient)
    assert torch.equal(output, expected)
    for found, wanted in zip(gradients, expected_gradients):
        # Gradients of weight and bias are summed over slices in another order.
        torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-5)
    if layout == "replicated":
        assert torch.equal(module.running_mean, separate.rows("running_mean"))
        assert torch.equal(module.running_var, separate.rows("running_var"))
        assert module.num_batches_tracked.tolist() == [1] * 4
    else:
        assert torch.equal(module.running_mean, separate.devices[0].running_mean)
        assert torch.equal(module.running_var, separate.devices[0].running_var)
        assert module.num_batches_tracked.item() == 1


def run(module, input, gradient):
    output = module(input)
    parameters = [input, *module.parameters()]
    return output, torch.autograd.grad(output, parameters, gradient)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("generator, standard, places", KINDS)
@pytest.mark.parametrize("samples", [1, 4, 7, 10, 16])
def test_in_evaluation_slice_i_is_normalised_with_row_i(layout, generator, standard, places, samples) -> None:
    module = made(generator, layout).eval()
    separate = SeparateBatchNorms(standard, 4, num_features=6).eval()
    share(separate, module)
    input = torch.randn(samples, 6, *places)
    before = copy.deepcopy(module.state_dict())
    assert torch.equal(module(input), separate(input))
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


@pytest.mark.parametrize(
    "samples, world_size, expected", [(10, 8, [2, 2, 2, 2, 2]), (10, 4, [3, 3, 3, 1]), (1, 4, [1])]
)
def test_slices_are_consecutive_and_the_last_ones_short_or_empty(samples, world_size, expected) -> None:
    from dbn_convert.batch_norm import functional

    assert [len(part) for part in functional.slices(torch.arange(samples), world_size)] == expected


def test_an_empty_slice_counts_the_batch_and_leaves_its_row() -> None:
    module = made(dbn_convert.DistributedBatchNorm2d, world_size=8)
    before = module.running_mean.clone()
    module(torch.randn(10, 6, 2, 2))  # 2, 2, 2, 2, 2, 0, 0, 0
    assert module.num_batches_tracked.tolist() == [1] * 8
    assert torch.equal(module.running_mean[5:], before[5:])
    assert not (module.running_mean[:5] == before[:5]).any()


def test_an_empty_batch_gives_an_empty_output_in_both_modes() -> None:
    module = made(dbn_convert.DistributedBatchNorm2d)
    assert module.eval()(torch.empty(0, 6, 3, 3)).shape == (0, 6, 3, 3)
    assert module.train()(torch.empty(0, 6, 3, 3)).shape == (0, 6, 3, 3)


def test_one_value_per_channel_is_pytorchs_error_and_changes_nothing() -> None:
    module = made(dbn_convert.DistributedBatchNorm1d)
    before = copy.deepcopy(module.state_dict())
    with pytest.raises(ValueError, match="Expected more than 1 value per channel when training"):
        module(torch.randn(10, 6))  # 3, 3, 3, 1
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_without_momentum_the_statistics_are_the_average_over_batches(layout) -> None:
    module = dbn_convert.DistributedBatchNorm2d(4, layout=layout)(6, momentum=None)
    separate = SeparateBatchNorms(nn.BatchNorm2d, 4, num_features=6, momentum=None)
    for _ in range(5):
        input = torch.randn(8, 6, 3, 3) * 3 + 1
        torch.testing.assert_close(module(input), separate(input))
    rows = slice(None) if layout == "replicated" else 0
    # Relative to float32's rounding of numbers around 10.
    torch.testing.assert_close(module.running_mean, separate.rows("running_mean")[rows], rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(module.running_var, separate.rows("running_var")[rows], rtol=1e-6, atol=1e-6)


def test_without_tracking_batch_statistics_are_used_in_both_modes() -> None:
    module, separate = pair("replicated", track_running_stats=False)
    input = torch.randn(10, 6, 3, 3)
    assert not list(module.buffers())
    for is_training in (True, False):
        assert torch.equal(module.train(is_training)(input), separate.train(is_training)(input))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_without_affine_there_is_no_weight(layout) -> None:
    module, separate = pair(layout, affine=False)
    input = torch.randn(10, 6, 3, 3)
    assert not list(module.parameters())
    assert torch.equal(module(input), separate(input))


def test_eps_device_and_dtype_are_those_of_the_arguments() -> None:
    module = dbn_convert.DistributedBatchNorm2d(3)(6, eps=0.25, device="cpu", dtype=torch.float64)
    assert {value.dtype for name, value in module.state_dict().items() if "tracked" not in name} == {torch.float64}
    assert module.num_batches_tracked.dtype == torch.int64
    input = torch.randn(3, 6, 4, 4, dtype=torch.float64)
    expected = (input - input.mean((2, 3), keepdim=True)) / (
        input.var((2, 3), correction=0, keepdim=True) + 0.25
    ).sqrt()
    torch.testing.assert_close(module(input), expected, rtol=1e-12, atol=1e-12)
    assert dbn_convert.DistributedBatchNorm2d(3)(6, device="meta").running_mean.is_meta


def test_only_the_first_accumulation_step_moves_the_statistics_of_the_first_device() -> None:
    module = dbn_convert.DistributedBatchNorm2d(2, accumulation_steps=3, layout="first-device")(6)
    expected = nn.BatchNorm2d(6)
    for step in range(7):
        input = torch.randn(4, 6, 3, 3)
        before = module.running_mean.clone()
        module(input)
        if step % 3 == 0:
            expected(input[:2])
        else:
            assert torch.equal(module.running_mean, before)
        module.eval()(input)  # Evaluating in between is no step.
        module.train()
    assert torch.equal(module.running_mean, expected.running_mean)
    assert torch.equal(module.running_var, expected.running_var)
    assert module.num_batches_tracked.item() == 7


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("momentum", [0.1, None])
@pytest.mark.parametrize("is_training", [True, False])
def test_gradients_are_those_of_finite_differences(layout, momentum, is_training) -> None:
    """gradcheck's default tolerances: 1e-5 absolute, 1e-3 relative, in float64; gradients of gradients too."""
    module = made(dbn_convert.DistributedBatchNorm2d, layout, momentum=momentum, dtype=torch.float64).train(is_training)
    state = {name: value.clone() for name, value in module.named_buffers()}

    def output(input, weight, bias):
        tensors = {"weight": weight, "bias": bias, **{name: value.clone() for name, value in state.items()}}
        return torch.func.functional_call(module, tensors, (input,))

    arguments = [torch.randn(10, 6, 2, 2, dtype=torch.float64, requires_grad=True)]
    arguments += [torch.randn(6, dtype=torch.float64, requires_grad=True) for _ in range(2)]
    assert torch.autograd.gradcheck(output, arguments)
    assert torch.autograd.gradgradcheck(output, arguments)


def test_the_operation_keeps_pytorchs_rules_for_operations() -> None:
    rows = [torch.zeros(4, 6), torch.ones(4, 6)]
    arguments = torch.randn(8, 6, 2, 2, requires_grad=True), torch.ones(6), torch.zeros(6), *rows, None
    for is_training in (True, False):
        torch.library.opcheck(
            torch.ops.dbn_convert.distributed_batch_norm.default, (*arguments, is_training, 0.1, 1e-5, 4)
        )


@pytest.mark.parametrize("generator", [dbn_convert.DistributedBatchNorm1d, dbn_convert.DistributedBatchNorm2d])
@pytest.mark.parametrize("world_size", [0, -1, 2.0, True, "8", None])
def test_a_world_size_that_is_no_positive_integer_is_refused(generator, world_size) -> None:
    with pytest.raises(ValueError, match="argument 'vt_world_size' must be a positive integer"):
        generator(vt_world_size=world_size)


def test_other_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="layout.*replicated, first-device"):
        dbn_convert.DistributedBatchNorm2d(8, layout="ghost")
    with pytest.raises(ValueError, match="accumulation_steps"):
        dbn_convert.DistributedBatchNorm2d(8, 0)
    with pytest.raises(ValueError, match="expected 4D input"):
        dbn_convert.DistributedBatchNorm2d(8)(3)(torch.zeros(2, 3, 4))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_generators_and_modules_are_pickled_and_copied(layout) -> None:
    generator = dbn_convert.DistributedBatchNorm2d(4, 2, layout=layout)
    assert pickle.loads(pickle.dumps(generator)) == generator
    module = generator(6)
    module(torch.randn(8, 6, 2, 2))
    input = torch.randn(8, 6, 2, 2)
    for copied in (pickle.loads(pickle.dumps(module)), copy.deepcopy(module)):
        assert repr(copied) == repr(module)
        assert copied.accumulation_step == module.accumulation_step
        assert torch.equal(copied.eval()(input), copy.deepcopy(module).eval()(input))


def test_the_representation_says_how_many_devices_there_are() -> None:
    text = repr(dbn_convert.DistributedBatchNorm2d(8)(64))
    assert text.startswith("BatchNorm2d(64, eps=1e-05, momentum=0.1")
    assert "vt_world_size=8, layout=replicated" in text
    text = repr(dbn_convert.DistributedBatchNorm2d(8, 4, layout="first-device")(64))
    assert text.endswith("vt_world_size=8, layout=first-device, accumulation_steps=4)")


def test_replicas_of_data_parallel_that_share_buffers_update_the_module() -> None:
    """nn.DataParallel's replica on the first GPU shares the module's buffers."""
    module = made(dbn_convert.DistributedBatchNorm2d)
    replica = module._replicate_for_data_parallel()
    replica.weight, replica.bias = module.weight.detach(), module.bias.detach()  # As replicate() does.
    replica(torch.randn(8, 6, 2, 2))
    assert replica.running_mean.data_ptr() == module.running_mean.data_ptr()
    assert module.num_batches_tracked.tolist() == [1] * 4


def test_update_bn_of_pytorch_averages_the_statistics_of_every_device() -> None:
    module = made(dbn_convert.DistributedBatchNorm2d)
    batches = [torch.randn(8, 6, 3, 3) for _ in range(3)]
    torch.optim.swa_utils.update_bn(batches, module)
    means = torch.stack([batch.view(4, 2, 6, 9).mean((1, 3)) for batch in batches]).mean(0)
    torch.testing.assert_close(module.running_mean, means)
    assert module.momentum == 0.1


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("momentum", [0.1, None])
def test_a_compiled_module_gives_the_same(layout, momentum) -> None:
    torch._dynamo.reset()  # Every test compiles the same function.
    module = made(dbn_convert.DistributedBatchNorm2d, layout, momentum=momentum)
    compiled = torch.compile(copy.deepcopy(module), fullgraph=True, backend="aot_eager")
    for samples in (8, 8, 10):
        input = torch.randn(samples, 6, 3, 3)
        found, expected = (
            run(compiled, input.requires_grad_(), torch.ones_like(input)),
            run(module, input, torch.ones_like(input)),
        )
        torch.testing.assert_close(found, expected)
    for name, value in module.state_dict().items():
        torch.testing.assert_close(compiled._orig_mod.state_dict()[name], value)
    input = torch.randn(6, 6, 3, 3)
    torch.testing.assert_close(compiled.eval()(input), module.eval()(input))


def test_mixed_precision_keeps_statistics_in_float32() -> None:
    module = made(dbn_convert.DistributedBatchNorm2d)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = module(torch.randn(8, 6, 3, 3, dtype=torch.bfloat16))
    assert output.dtype == torch.bfloat16
    assert module.running_mean.dtype == torch.float32
