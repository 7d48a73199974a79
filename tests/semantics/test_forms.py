"""Each form of the language: its count by hand, and supernet, path and network in agreement."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import nasdsl
from nasdsl.graph.architecture import Architecture

sys.path.insert(0, str(Path(__file__).parents[1] / "spaces"))
from equivalence import check_forms_agree, check_gradients

# Program and number of architectures, with the sum by which it was found.
PROGRAMS: dict[str, tuple[str, int]] = {
    "elastic": (
        """
block inverted(c, stride) on x {
  k = 3 | 5 | 7
  e = 3 | 4 | 6
  h = x -> conv(1, e * channels(x)) -> bn -> relu6 -> depthwise(k, stride) -> bn -> sigmoid -> conv(1, c) -> bn
  return sum([h, x]) if stride == 1 and channels(x) == c else h
}
block stage(c, stride, most = 4) on x {
  depth = one of (2 .. most)
  for i in 0 ..< depth { x = x -> inverted(c, stride if i == 0 else 1) }
  return x
}
space s on x: image[3, 16, 16] {
  w = 8 | 12
  x = x -> conv(3, w) -> bn
  x = x -> stage(8, 2)
  return x -> stage(16, 1, 3) -> global_avg_pool -> linear(10)
}""",
        2 * (9**2 + 9**3 + 9**4) * (9**2 + 9**3),
    ),
    "pieces": (
        """
space s on x: image[3, 8, 8] {
  w = 4 | 6
  y = x -> conv(3 | 5, 2 | 5) -> bn -> relu
  z = concat([y, x -> conv(1, w), x]) -> bn -> sigmoid -> depthwise(3) -> conv(1, 8)
  v = concat([z -> conv(1, w), z]) -> flatten -> linear(7 | 9) -> relu
  return v -> bn -> linear(10)
}""",
        2 * 2 * 2 * 2,
    ),
    "control": (
        """
space s on x: image[4, 8, 8] {
  wide = 4 | 8 | 16
  act = relu if wide == 4 else conv(3 | 5)
  y = x -> conv(3, wide) -> act
  for i in 0 ..< (1 | 2) { y = y -> conv(3) }
  kernels = [1, 3] | [3, 5]
  if wide > 4 { y = y -> conv(kernels[1], 4) } else { y = y -> bn }
  return y -> conv(kernels[0])
}""",
        (1 + 2 * 2) * 2 * 2,
    ),
    "tied arithmetic": (
        """
space s on x: image[4, 8, 8] {
  a = 2 | 4
  b = a + (1 | 3)
  c = max(a, b) if b > 4 else 7
  y = x -> conv(3, 8) -> conv(1, a * b) -> relu
  return y -> conv([1, 3, 5][(a - 2) // 2], c) -> global_avg_pool -> linear(2)
}""",
        4,
    ),
    "on demand": (
        """
space s on x: image[4, 8, 8] {
  flag = true | false
  k = 3 | 5 | 7
  size = k if flag else 1
  return x -> conv(size)
}""",
        3 + 1,
    ),
    "picked joins": (
        """
space s on x: image[4, 8, 8] {
  parts = some of [x -> conv(3), x -> (conv(1) | conv(5)), x]
  a = concat(parts) -> bn -> conv(1, 4)
  b = mean([x] + any of [a -> conv(3), a])
  c = sum([t -> relu for t in some of [a, b]])
  return c -> global_avg_pool -> linear(3)
}""",
        # into c: {a}: 3 + 2 * 4 - 1 runs of parts = 11; {b}: b alone 1 (x), with a: 3 * 11; {a, b}: 11 * 4
        11 + (1 + 3 * 11) + 11 * 4,
    ),
    "unused": (
        """
choice op = conv(3) | skip
cell c on a, b {
  x = [a, b]
  for i in 2 .. 4 {
    left = one of x
    right = one of x
    x += [sum([left -> (op as left_op), right -> (op as right_op)])]
  }
  return concat(unused(x)) -> relu -> conv(1, 4) -> bn
}
space s on x: image[4, 8, 8] {
  y = [x, x] -> c
  return [y, x] -> c
}""",
        (2 * 2) ** 2 * (3 * 2) ** 2 * (4 * 2) ** 2,
    ),
    "loose ends": (
        """
cell c on x {
  s = [x -> tanh]
  for i in 1 .. 3 { s += [(one of s) -> (relu | tanh)] }
  return mean(unused(s))
}
space s on x: vector[6] = x -> c -> linear(2)""",
        1 * 2 * 3 * 2**3,
    ),
    "several results": (
        """
block swap on a, b { return b, a }
block both on a, b { return a -> conv(3), b -> (conv(3) | conv(5)) }
block gate on x = product([x, x -> global_avg_pool -> linear(4) -> relu -> linear(channels(x)) -> hardsigmoid])
space s(head = true, tail = false) on x: image[8, 8, 8], y: image[8, 4, 4] {
  a, b = split(x -> shuffle(2), 2)
  a, b = [a, b] -> (swap | both)
  z = concat([a, b]) -> gate
  return main = z -> global_avg_pool -> linear(10), fine = sum([z, y -> upsample(2)]) if head, none = z if tail
}""",
        3,
    ),
    "recurrent": (
        """
block highway(gate, activation) on h {
  a, b = split(h -> gate, 2)
  return sum([h, product([a -> sigmoid, sum([b -> activation, h -> scale(-1)])])])
}
cell recurrent(nodes) on x, h {
  share norm = bn(affine = false) if searching else identity
  s = [concat([x, h]) -> linear(width(h)) -> tanh -> norm]
  for i in 1 .. nodes {
    share gate = linear(2 * width(h), bias = false)
    s += [one of [t -> (~zero | highway(gate, tanh) | highway(gate, relu)) for t in s] -> norm]
  }
  return mean(s[1:])
}
space s(length = 5) on words: tokens[length], h: vector[6] {
  share table = embedding(40, 6)
  y, last = [words -> table, h] -> scan(recurrent(3))
  return logits = y -> transposed(table) -> bias, state = last
}""",
        (1 * 2 * 3) * 2**3,
    ),
    "attention": (
        """
block encoder(d) on x {
  heads = 2 | 3
  ratio = 1.5 | 2.0
  x = sum([x, x -> layer_norm -> attention(heads, head_dim = 4, relative = 2) -> linear(d)])
  return sum([x, x -> layer_norm -> linear(int(ratio * d)) -> gelu -> linear(d)])
}
space s on image: image[3, 8, 8] {
  d = 8 | 12
  depth = 1 | 2
  x = image -> patches(2, d) -> class_token -> positions
  for l in 0 ..< depth { x = x -> encoder(d) }
  return x -> layer_norm -> take(0) -> linear(5)
}""",
        2 * (4 + 4**2),
    ),
    "text": (
        """
space s on words: tokens[9] {
  d = 6 | 8
  x = words -> embedding(40, d) -> bias -> linear(8) -> bias -> conv1d(3, 5) -> (relu | mish | leaky_relu)
  return x -> (mean_pool | max_over) -> linear(2)
}""",
        2 * 3 * 2,
    ),
    "grammar": (
        """
choice prim = zero | identity | conv(3)
block seq(f, g) on x = x -> f -> g
block residual(f, g) on x = sum([x -> f -> g, x])
choice motif = seq(prim, prim) | residual(prim, prim)
block tower(n) on x {
  y = x -> motif
  return y -> tower(n - 1) if n > 1 else y
}
space s on x: image[4, 8, 8] = x -> tower(2) -> global_avg_pool -> linear(2)""",
        (2 * 9) ** 2,
    ),
    "rectangles": (
        """
space s on x: image[4, 9, 7] = x -> (conv(1, across = 7) -> conv(7, across = 1) | conv(3, across = 1)) -> bn""",
        2,
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_forms_of_the_language(name: str, tmp_path: Path) -> None:
    text, count = PROGRAMS[name]
    (tmp_path / "s.nas").write_text(text.strip() + "\n")
    space = nasdsl.load(tmp_path / "s.nas")
    space.graph().verify()
    assert space.count() == count
    mixture = not space.without_mixture
    for searching in (True, False):
        for training in (True, False):
            check_forms_agree(space, n=6, searching=searching, training=training, mixture=mixture)
    check_gradients(space)


def test_what_has_no_mixture_is_named_with_its_reason(tmp_path: Path) -> None:
    def reasons(name: str) -> dict[str, str]:
        (tmp_path / "s.nas").write_text(PROGRAMS[name][0].strip() + "\n")
        return {key: reason for key, (reason, _) in nasdsl.load(tmp_path / "s.nas").without_mixture.items()}

    assert reasons("elastic") == {}
    assert "s.wide" in reasons("control")
    assert set(reasons("picked joins")) == {"s.parts"}
    assert "unused" in reasons("unused")["c.left[2]"]
    assert "`heads` of `attention`" in reasons("attention")["s.encoder[0].heads"]


def test_an_empty_corner_of_a_subset_is_no_shape(tmp_path: Path) -> None:
    """A concat that is never empty may have a table with an empty row."""
    (tmp_path / "s.nas").write_text(PROGRAMS["picked joins"][0].strip() + "\n")
    space = nasdsl.load(tmp_path / "s.nas")
    arch: Architecture = space.sample(1, seed=3)[0]
    network: Any = space.network(arch)
    assert sum(p.numel() for p in network.parameters()) == space.stats(arch)["params"]


def test_replayed_calls_equal_evaluated_ones(tmp_path: Path) -> None:
    """A block that is called again is copied: names, keys and shapes must come out as if it were evaluated."""
    body = "block b(k) on x = x -> (conv(k) | conv(1)) -> (relu | bn)\n"
    loop = "space s on x: image[4, 8, 8] {\n  for i in 0 ..< 3 { x = x -> b(3) }\n  return x\n}\n"
    apart = loop.replace("b(3)", "b(KERNEL)")
    (tmp_path / "s.nas").write_text(body + loop)
    whole = nasdsl.load(tmp_path / "s.nas").graph().to_json()
    (tmp_path / "s.nas").write_text(body + apart.replace("KERNEL", "[3, 3, 3][i] if i < 9 else i"))
    assert nasdsl.load(tmp_path / "s.nas").graph().to_json() == whole
    assert list(whole["decisions"]) == [f"s.b[{i}].{n}" for i in range(3) for n in ("out", "out#2")]


def test_weights_of_an_argument_are_made_once_however_often_the_block_is_called(tmp_path: Path) -> None:
    text = """
block gated(gate) on x = x -> gate -> relu
space s on x: vector[4] {
  share gate = linear(4)
  y = x -> gated(gate) -> gated(gate)
  return y -> gated(gate) -> (tanh | sigmoid)
}"""
    (tmp_path / "s.nas").write_text(text)
    space = nasdsl.load(tmp_path / "s.nas")
    assert [name for name, _ in space.supernet().named_parameters()] == ["gate_module.weight", "gate_module.bias"]
    assert space.stats(space.sample(1)[0])["params"] == 4 * 4 + 4
