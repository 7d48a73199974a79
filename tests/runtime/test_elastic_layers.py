"""Elastic layers against plain layers of the smaller size, whose weights are cut out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nasdsl.runtime import (
    Attention,
    Bias,
    ClassToken,
    ElasticAttention,
    ElasticAvgPool2d,
    ElasticBatchNorm1d,
    ElasticBatchNorm2d,
    ElasticBias,
    ElasticClassToken,
    ElasticConv2d,
    ElasticEmbedding,
    ElasticLayerNorm,
    ElasticLinear,
    ElasticMaxPool2d,
    ElasticPatches,
    ElasticPositions,
    Patches,
    Positions,
)
from nasdsl.runtime.lookup import Spread

# Two pieces of at most 4 and 3 features, of which 2 and 2 are there: these stand at `ROWS` of seven.
LAYOUT, ROWS = [(4, 2), (3, 2)], [0, 1, 4, 5]
WEIGHTS = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


M = TypeVar("M", bound=nn.Module)


def redrawn(module: M) -> M:
    """The module in double precision, with parameters and statistics that are no special case."""
    module.double()
    for seed, (name, tensor) in enumerate(module.state_dict().items()):
        if tensor.is_floating_point():
            tensor.copy_(drawn(*tensor.shape, seed=seed + 10))
            if name.endswith("running_var"):
                tensor.abs_().add_(0.5)
    return module


def plain(module: M, **state: Tensor) -> M:
    """The module with this state; names have `__` for a dot."""
    module.double()
    given = {name.replace("__", "."): tensor.detach().clone() for name, tensor in state.items()}
    assert not module.load_state_dict(given, strict=False).unexpected_keys
    assert {name for name, _ in module.named_parameters()} <= set(given)
    return module


def check_gradients(result: Tensor, **slices: tuple[Tensor, Tensor]) -> None:
    """Of each `(parameter, marks)`: where `marks` is 1 a gradient arrives, where it is 0 none."""
    names, parameters = list(slices), [parameter for parameter, _ in slices.values()]
    found = torch.autograd.grad((result * drawn(*result.shape, seed=99)).sum(), parameters)
    for name, gradient in zip(names, found, strict=True):
        assert torch.equal(gradient != 0, slices[name][1].bool()), name


def marks(like: Tensor, *positions: list[int]) -> Tensor:
    """Ones at these positions of the axes, zeros elsewhere; axes that are not named are whole."""
    result = torch.ones_like(like)
    for axis, kept in enumerate(positions):
        shape = [1] * like.dim()
        shape[axis] = -1
        result = result * torch.isin(torch.arange(like.shape[axis]), torch.tensor(kept)).double().view(shape)
    return result


def filled(parts: list[Tensor], most: int, axis: int) -> Tensor:
    """The sum of tensors of fewer features, each weighed and filled up with zeros behind."""
    total = 0
    for weight, item in zip(WEIGHTS, parts, strict=True):
        shape = list(item.shape)
        shape[axis] = most - shape[axis]
        total = total + weight * torch.cat([item, item.new_zeros(shape)], axis)
    assert isinstance(total, Tensor)
    return total


# convolutions


def conv() -> ElasticConv2d:
    return redrawn(ElasticConv2d(7, 6, 5, padding=2))


@pytest.mark.parametrize(("kernel", "low"), [(5, 0), (3, 1), (1, 2)])
def test_conv_kernel_is_the_centre(kernel: int, low: int) -> None:
    net, x = conv(), drawn(2, 7, 6, 6)
    weight = net.weight[:, :, low : low + kernel, low : low + kernel]
    small = plain(nn.Conv2d(7, 6, kernel, padding=kernel // 2), weight=weight, bias=net.bias)
    found = net(x, kernel=kernel, padding=kernel // 2)
    assert torch.allclose(found, small(x))
    window = [*range(low, low + kernel)]
    check_gradients(found, weight=(net.weight, marks(net.weight, [*range(6)], [*range(7)], window, window)))


@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2), (3, 2)])
def test_conv_channels_in_and_out(stride: int, dilation: int) -> None:
    net, x = conv(), drawn(2, 4, 9, 9)
    small = plain(
        nn.Conv2d(4, 3, 5, stride, 2, dilation), weight=net.weight[:3][:, ROWS], bias=net.bias[:3]
    )  # padding 2, as it was made
    found = net(x, channels=3, stride=stride, dilation=dilation, layout=LAYOUT)
    assert torch.allclose(found, small(x))
    check_gradients(
        found,
        weight=(net.weight, marks(net.weight, [0, 1, 2], ROWS)),
        bias=(net.bias, marks(net.bias, [0, 1, 2])),
    )
    # without a layout the first channels are there
    first = plain(nn.Conv2d(4, 6, 5, padding=2), weight=net.weight[:, :4], bias=net.bias)
    assert torch.allclose(net(x), first(x))


def test_conv_of_each_channel() -> None:
    net, x = redrawn(ElasticConv2d(7, 7, 5, padding=2, groups=7)), drawn(2, 4, 6, 6)
    small = plain(nn.Conv2d(4, 4, 3, padding=1, groups=4), weight=net.weight[ROWS][:, :, 1:4, 1:4], bias=net.bias[ROWS])
    found = net(x, groups=4, channels=4, kernel=3, padding=1, layout=LAYOUT)
    assert torch.allclose(found, small(x))
    check_gradients(found, weight=(net.weight, marks(net.weight, ROWS, [0], [1, 2, 3], [1, 2, 3])))
    first = plain(nn.Conv2d(4, 4, 5, padding=2, groups=4), weight=net.weight[:4], bias=net.bias[:4])
    assert torch.allclose(net(x, groups=4), first(x))


def test_conv_without_bias_and_with_fixed_groups() -> None:
    net, x = redrawn(ElasticConv2d(6, 4, 3, padding=1, groups=2, bias=False)), drawn(2, 6, 5, 5)
    small = plain(nn.Conv2d(6, 4, 1, groups=2, bias=False), weight=net.weight[:, :, 1:2, 1:2])
    assert torch.allclose(net(x, kernel=1, padding=0), small(x))


def test_conv_mixture_of_kernels() -> None:
    net, x = conv(), drawn(2, 7, 6, 6)
    expected = sum(
        weight * F.conv2d(x, net.weight[:, :, low : 5 - low, low : 5 - low], None, 1, 2 - low)
        for weight, low in zip(WEIGHTS, (0, 1, 2), strict=True)
    ) + net.bias.view(-1, 1, 1)
    found = net(x, kernel=Spread((5, 3, 1), WEIGHTS), padding=Spread((2, 1, 0), WEIGHTS))
    assert torch.allclose(found, expected)


def test_conv_mixture_of_channels() -> None:
    net, x = conv(), drawn(2, 7, 6, 6)
    parts = [F.conv2d(x, net.weight[:size], net.bias[:size], padding=2) for size in (2, 3, 6)]
    assert torch.allclose(net(x, channels=Spread((2, 3, 6), WEIGHTS)), filled(parts, 6, 1))


def test_conv_of_each_channel_in_a_mixture() -> None:
    net, x = redrawn(ElasticConv2d(6, 6, 3, padding=1, groups=6)), drawn(2, 6, 5, 5)
    sizes = Spread((2, 3, 6), WEIGHTS)
    parts = [F.conv2d(x[:, :n], net.weight[:n], net.bias[:n], padding=1, groups=n) for n in (2, 3, 6)]
    assert torch.allclose(net(x, groups=6, channels=sizes), filled(parts, 6, 1))
    # the same where the channels are made of pieces: four that are there, and up to two
    two = Spread((0, 1, 2), WEIGHTS)
    parts = [F.conv2d(x[:, :n], net.weight[:n], net.bias[:n], padding=1, groups=n) for n in (4, 5, 6)]
    assert torch.allclose(net(x, groups=6, channels=sizes, layout=[(4, 4), (2, two)]), filled(parts, 6, 1))


# normalisation


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("layout", [LAYOUT, [(7, 4)], None])
@pytest.mark.parametrize("axes", [1, 2])
def test_batch_norm(axes: int, layout: list[tuple[int, int]] | None, training: bool, affine: bool) -> None:
    elastic, single = (ElasticBatchNorm2d, nn.BatchNorm2d) if axes == 2 else (ElasticBatchNorm1d, nn.BatchNorm1d)
    net = redrawn(elastic(7, affine=affine, momentum=0.2)).train(training)
    rows = ROWS if layout == LAYOUT else [0, 1, 2, 3]
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    state = {name: tensor[rows] for name, tensor in before.items() if tensor.dim()}
    small = plain(single(4, affine=affine, momentum=0.2), **state).train(training)
    x = drawn(5, 4, 3, 3) if axes == 2 else drawn(5, 4)
    found = net(x, layout=layout) if layout else net(x)
    assert torch.allclose(found, small(x))
    after = net.state_dict()
    for name, tensor in small.state_dict().items():
        assert torch.allclose(after[name][rows] if tensor.dim() else after[name], tensor), name
    other = [i for i in range(7) if i not in rows]
    assert all(torch.equal(after[name][other], before[name][other]) for name in state)
    assert int(after["num_batches_tracked"]) == int(training)
    if affine:
        weight = (net.weight, marks(net.weight, rows))
        check_gradients(net(x, layout=layout), weight=weight, bias=(net.bias, marks(net.bias, rows)))


def test_batch_norm_of_everything() -> None:
    net, x = redrawn(ElasticBatchNorm2d(7)), drawn(5, 7, 3, 3)
    small = plain(nn.BatchNorm2d(7), **net.state_dict())
    assert torch.allclose(net(x, layout=[(4, 4), (3, 3)]), small(x))
    assert torch.allclose(net.running_mean, small.running_mean)
    assert int(net.num_batches_tracked) == 1


def test_batch_norm_in_a_mixture() -> None:
    net, x = redrawn(ElasticBatchNorm2d(6)).eval(), drawn(2, 6, 3, 3)
    whole = plain(nn.BatchNorm2d(6), **net.state_dict()).eval()(x)
    sizes = Spread((2, 3, 6), WEIGHTS)
    assert torch.allclose(net(x, layout=[(6, sizes)]), filled([whole[:, :n] for n in (2, 3, 6)], 6, 1))


def test_layer_norm() -> None:
    net, x = redrawn(ElasticLayerNorm(7)), drawn(2, 5, 4)
    small = plain(nn.LayerNorm(4), weight=net.weight[ROWS], bias=net.bias[ROWS])
    found = net(x, layout=LAYOUT)
    assert torch.allclose(found, small(x))
    check_gradients(found, weight=(net.weight, marks(net.weight, ROWS)), bias=(net.bias, marks(net.bias, ROWS)))
    first = plain(nn.LayerNorm(4), weight=net.weight[:4], bias=net.bias[:4])
    assert torch.allclose(net(x), first(x))


# layers over features


@pytest.mark.parametrize("shape", [(2, 4), (2, 5, 4)])
def test_linear(shape: tuple[int, ...]) -> None:
    net, x = redrawn(ElasticLinear(7, 6)), drawn(*shape)
    small = plain(nn.Linear(4, 3), weight=net.weight[:3][:, ROWS], bias=net.bias[:3])
    found = net(x, width=3, layout=LAYOUT)
    assert torch.allclose(found, small(x))
    check_gradients(
        found, weight=(net.weight, marks(net.weight, [0, 1, 2], ROWS)), bias=(net.bias, marks(net.bias, [0, 1, 2]))
    )
    first = plain(nn.Linear(4, 6, bias=False), weight=net.weight[:, :4])
    assert torch.allclose(net(x), first(x) + net.bias)


def test_linear_without_bias() -> None:
    net, x = redrawn(ElasticLinear(7, 6, bias=False)), drawn(2, 7)
    assert torch.allclose(net(x, width=2), x @ net.weight[:2].T)


@pytest.mark.parametrize("shape", [(2, 7), (2, 5, 7)])
def test_linear_mixture(shape: tuple[int, ...]) -> None:
    net, x = redrawn(ElasticLinear(7, 6)), drawn(*shape)
    parts = [F.linear(x, net.weight[:n], net.bias[:n]) for n in (2, 3, 6)]
    assert torch.allclose(net(x, width=Spread((2, 3, 6), WEIGHTS)), filled(parts, 6, -1))


def test_embedding() -> None:
    net = redrawn(ElasticEmbedding(9, 6))
    tokens = torch.arange(9).view(3, 3)
    found = net(tokens, width=4)
    assert torch.equal(found, plain(nn.Embedding(9, 4), weight=net.weight[:, :4])(tokens))
    assert torch.equal(net(tokens), net.weight.view(3, 3, 6))
    check_gradients(found, weight=(net.weight, marks(net.weight, [*range(9)], [0, 1, 2, 3])))


def test_patches() -> None:
    net, x = redrawn(ElasticPatches(3, 2, 6)), drawn(2, 3, 4, 6)
    weight, bias = net.embed.weight, net.embed.bias
    assert bias is not None
    small = plain(Patches(3, 2, 4), embed__weight=weight[:4], embed__bias=bias[:4])
    found = net(x, width=4)
    assert found.shape == (2, 6, 4)
    assert torch.allclose(found, small(x))
    kept = [0, 1, 2, 3]
    check_gradients(found, weight=(weight, marks(weight, kept)), bias=(bias, marks(bias, kept)))


@pytest.mark.parametrize(
    ("elastic", "small", "shape"),
    [
        (lambda: ElasticClassToken(7), lambda: ClassToken(4), (2, 5, 4)),
        (lambda: ElasticPositions(5, 7), lambda: Positions(5, 4), (2, 5, 4)),
        (lambda: ElasticBias(7), lambda: Bias(4), (2, 4)),
        (lambda: ElasticBias(7), lambda: Bias(4), (2, 5, 4)),
    ],
)
def test_learned_tensors(
    elastic: Callable[[], nn.Module], small: Callable[[], nn.Module], shape: tuple[int, ...]
) -> None:
    net, x = redrawn(elastic()), drawn(*shape)
    [value] = net.parameters()
    expected = plain(small(), value=value[..., ROWS])
    found = net(x, layout=LAYOUT)
    assert torch.allclose(found, expected(x))
    [gradient] = torch.autograd.grad((found * drawn(*found.shape, seed=99)).sum(), [value])
    assert torch.equal(
        gradient.flatten(0, -2).any(0) if value.dim() > 1 else gradient != 0,
        torch.tensor([i in ROWS for i in range(7)]),
    )


def test_bias_starts_at_zero() -> None:
    assert not ElasticBias(7).value.any()


# attention: heads of three numbers, so the second head of the keys of four begins at 12 + 3


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("relative", [0, 1])
@pytest.mark.parametrize("heads", [1, 3, 4])
def test_attention_keeps_the_first_heads_of_each(heads: int, relative: int, causal: bool) -> None:
    net, x = redrawn(ElasticAttention(7, 4, 3, relative, causal)), drawn(2, 5, 4)
    kept = [12 * part + i for part in range(3) for i in range(3 * heads)]
    tables = {f"near__{i}": table for i, table in enumerate(net.near)}
    small = plain(
        Attention(4, heads, 3, relative, causal),
        qkv__weight=net.qkv.weight[kept][:, ROWS],
        qkv__bias=net.qkv.bias[kept],
        **tables,
    )
    found = net(x, heads=heads, layout=LAYOUT)
    assert found.shape == (2, 5, 3 * heads)
    assert torch.allclose(found, small(x))
    check_gradients(found, weight=(net.qkv.weight, marks(net.qkv.weight, kept, ROWS)))
    if heads == 4:
        assert torch.equal(net(x, layout=LAYOUT), found)


# pools


POOLS = [
    (ElasticMaxPool2d, F.max_pool2d),
    (ElasticAvgPool2d, lambda *args: F.avg_pool2d(*args, count_include_pad=False)),
]


@pytest.mark.parametrize(("elastic", "pool"), POOLS)
def test_pools(elastic: type[ElasticMaxPool2d | ElasticAvgPool2d], pool: Callable[..., Tensor]) -> None:
    x, net = drawn(2, 3, 8, 8), elastic(5, 2, 2)
    assert torch.equal(net(x), pool(x, 5, 2, 2))
    assert torch.equal(net(x, kernel=3, padding=1), pool(x, 3, 2, 1))
    assert torch.equal(net(x, kernel=3, padding=0), pool(x, 3, 2, 0))
    assert torch.equal(net(x, stride=1), pool(x, 5, 1, 2))
    both = net(x, kernel=Spread((1, 3, 5), WEIGHTS), padding=Spread((0, 1, 2), WEIGHTS))
    expected = 0.5 * pool(x, 1, 2, 0) + 0.3 * pool(x, 3, 2, 1) + 0.2 * pool(x, 5, 2, 2)
    assert torch.allclose(both, expected)
