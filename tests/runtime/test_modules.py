"""The modules that torch does not have, against loops and formulas over plain tensors."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from nasdsl.runtime.modules import (
    Attention,
    Bias,
    ClassToken,
    LockedDropout,
    Patches,
    Positions,
    Shift,
    Zero,
    scan,
)


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def redrawn(module: nn.Module) -> nn.Module:
    """The module in double precision, with parameters that are no special case."""
    module.double()
    with torch.no_grad():
        for seed, parameter in enumerate(module.parameters()):
            parameter.copy_(drawn(*parameter.shape, seed=seed + 10))
    return module


def attention(x: Tensor, module: Attention, heads: int, head_dim: int, reach: int, causal: bool) -> Tensor:
    """The formula of Shaw et al. for each head and each pair of tokens, on a grid behind one class token."""
    length = x.shape[1]
    side = math.isqrt(length - 1)
    near = list(module.near)

    def relative(tables: tuple[Tensor, Tensor], query: int, key: int) -> Tensor:
        """Row 0 is for pairs with the class token, row 1 + reach for the distance 0."""
        if not (query and key):
            return tables[0][0] + tables[1][0]
        (y, x), (v, u) = divmod(query - 1, side), divmod(key - 1, side)
        down, right = (max(-reach, min(reach, d)) + reach + 1 for d in (v - y, u - x))
        return tables[0][down] + tables[1][right]

    result = torch.zeros(x.shape[0], length, heads * head_dim, dtype=x.dtype)
    weight, bias = module.qkv.weight, module.qkv.bias
    for n in range(x.shape[0]):
        for head in range(heads):
            columns = slice(head * head_dim, (head + 1) * head_dim)
            queries, keys, values = (
                x[n] @ weight[part * heads * head_dim :][columns].T + bias[part * heads * head_dim :][columns]
                for part in range(3)
            )
            for i in range(length):
                seen = range(i + 1) if causal else range(length)
                scores, given = [], []
                for j in seen:
                    key, value = keys[j], values[j]
                    if near:
                        key = key + relative((near[0], near[1]), i, j)
                        value = value + relative((near[2], near[3]), i, j)
                    scores.append(queries[i] @ key / math.sqrt(head_dim))
                    given.append(value)
                result[n, i, columns] = torch.stack(scores).softmax(0) @ torch.stack(given)
    return result


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("reach", [0, 1, 2])
def test_attention(reach: int, causal: bool) -> None:
    module = Attention(5, 2, 3, reach, causal)
    redrawn(module)
    assert len(module.near) == (4 if reach else 0)
    assert all(table.shape == (2 * reach + 2, 3) for table in module.near)
    x = drawn(2, 10, 5)
    assert torch.allclose(module(x), attention(x, module, 2, 3, reach, causal))


@pytest.mark.parametrize("reach", [0, 1])
def test_causal_attention_sees_no_later_token(reach: int) -> None:
    module = Attention(4, 2, 2, reach, True)
    redrawn(module)
    x = drawn(1, 5, 4)
    later = x.clone()
    later[:, 3:] += 1
    assert torch.allclose(module(x)[:, :3], module(later)[:, :3])
    assert not torch.allclose(module(x)[:, 3:], module(later)[:, 3:])


def test_patches_come_row_by_row() -> None:
    module = Patches(3, 2, 5)
    redrawn(module)
    x = drawn(2, 3, 4, 6)
    found = module(x)
    assert found.shape == (2, 6, 5)
    for at, (row, column) in enumerate((r, c) for r in range(2) for c in range(3)):
        patch = x[:, :, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2].flatten(1)
        assert torch.allclose(found[:, at], patch @ module.embed.weight.flatten(1).T + module.embed.bias)


def test_positions_class_token_and_bias() -> None:
    x = drawn(2, 4, 3)
    positions = Positions(4, 3)
    redrawn(positions)
    assert torch.allclose(positions(x)[1, 2], x[1, 2] + positions.value[0, 2])
    assert torch.allclose(positions(x) - x, positions.value.expand(2, 4, 3))
    token = ClassToken(3)
    redrawn(token)
    assert token(x).shape == (2, 5, 3)
    assert torch.equal(token(x)[:, 1:], x)
    assert torch.equal(token(x)[1, 0], token.value[0, 0])
    bias = Bias(3)
    assert torch.equal(bias(x.float()), x.float())  # it starts at zero
    redrawn(bias)
    for given in (x, x[:, 0]):
        assert torch.allclose(bias(given) - given, bias.value.expand_as(given))


@pytest.mark.parametrize("by", [1, 2])
def test_shift(by: int) -> None:
    x = drawn(2, 3, 4, 5)
    expected = torch.zeros_like(x)
    for row in range(4 - by):
        for column in range(5 - by):
            expected[:, :, row, column] = x[:, :, row + by, column + by]
    assert torch.equal(Shift(by)(x), expected)


@pytest.mark.parametrize(("stride", "size"), [(1, (5, 6)), (2, (3, 3)), (3, (2, 2))])
def test_zero(stride: int, size: tuple[int, int]) -> None:
    found = Zero(stride)(drawn(2, 3, 5, 6))
    assert torch.equal(found, torch.zeros(2, 3, *size, dtype=torch.float64))
    assert Zero()(drawn(2, 7)).shape == (2, 7)


def test_zero_stands_in_the_graph_of_gradients() -> None:
    x = drawn(2, 3, 4, 4).requires_grad_()
    Zero(2)(x).sum().backward()
    assert x.grad is not None
    assert not x.grad.any()


def test_locked_dropout_has_one_mask_for_all_steps() -> None:
    torch.manual_seed(0)
    module = LockedDropout(0.25)
    x = drawn(40, 6, 50) + 10  # no zeros of its own
    found = module(x)
    ratio = found / x
    assert torch.allclose(ratio, ratio[:, :1].expand_as(ratio))
    dropped = ratio[:, 0] == 0
    assert torch.allclose(ratio[:, 0][~dropped], torch.tensor(1 / 0.75, dtype=torch.float64))
    # 2000 draws: a standard deviation of 0.0097
    assert abs(float(dropped.double().mean()) - 0.25) < 0.04
    assert not torch.equal(dropped[0], dropped[1])
    assert not torch.equal(dropped, module(x)[:, 0] == 0)


def test_locked_dropout_that_drops_nothing() -> None:
    x = drawn(2, 3, 4)
    assert LockedDropout(0.5).eval()(x) is x
    assert LockedDropout(0.0)(x) is x


def test_scan_is_a_loop() -> None:
    """state = tanh(element A + state B), along three elements."""
    a, b, x, state = drawn(4, 5, seed=1), drawn(5, 5, seed=2), drawn(2, 3, 4), drawn(2, 5, seed=3)
    states, last = scan(lambda element, state: (element @ a + state @ b).tanh(), x, state)
    assert states.shape == (2, 3, 5)
    for step in range(3):
        state = (x[:, step] @ a + state @ b).tanh()
        assert torch.allclose(states[:, step], state)
    assert torch.equal(last, states[:, -1])
