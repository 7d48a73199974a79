"""Whatever text stands in a file, the generated module is the one of its harmless twin."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from alike import Different, assert_alike
from hostile import attempt
from torch import nn

import nasdsl
from nasdsl.quoting import dot, html, identifier, mermaid, remark
from nasdsl.semantics.reserved import MODULE_NAMES, is_reserved

TEXTS = 500
PARTS = 10


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_a_hostile_space_is_its_harmless_twin(part: int) -> None:
    accepted = [attempt(seed) for seed in range(part, TEXTS, PARTS)]
    assert sum(accepted) > len(accepted) * 0.8  # a refusal proves nothing


def test_the_comparison_sees_what_differs() -> None:
    one = "class A(nn.Module):\n    def forward(self, x):\n        return self.a(x, k=1)\n"
    assert_alike("import nn\n" + one, "import nn\n" + one.replace("self.a", "self.b").replace("A", "B"))
    for other in (
        one.replace("x, k", "y, k"),
        one.replace("k=1", "j=1"),
        one.replace("k=1", "k='1'"),
        one + "    def more(self): pass\n",
        one.replace("x, k=1", "x"),
        one.replace("self.a", "self.a.b"),
    ):
        with pytest.raises(Different):
            assert_alike("import nn\n" + one, "import nn\n" + other)


def test_the_reserved_names_are_those_of_the_installed_torch() -> None:
    module = nn.Module()
    known = {*dir(module), *vars(module), *nn.Module.__annotations__}
    assert [name for name in sorted(known) if not is_reserved(name)] == []
    assert {name for name in known if not name.startswith("__")} <= MODULE_NAMES


HEAD = "space s on x: image[4, 6, 6] "
COLLIDING = [
    HEAD + "{\n  _parameters = x -> (conv(3) | skip)\n  return _parameters -> conv(3)\n}",
    HEAD + "{\n  share _modules = conv(3)\n  return x -> _modules -> _modules\n}",
    HEAD + "{\n  share _buffers = conv(3)\n  return x -> _buffers -> (skip | _buffers)\n}",
    "block _forward_hooks on t = t -> (conv(3) | conv(5))\nblock T_destination on t = t -> conv(1)\n"
    + HEAD
    + "= x -> _forward_hooks -> T_destination",
    "block _apply on t = t -> conv(1)\nblock _call_impl on t = t -> conv(1) -> _apply\n" + HEAD + "= x -> _call_impl",
    "block dump_patches on t = t -> conv(1)\nblock _version on t = t -> conv(1)\n"
    + HEAD
    + "= x -> (dump_patches | _version)",
    "block groups(g) on t = t -> shuffle(g) -> conv(1)\n" + HEAD + "= x -> groups(1) -> groups(2)",
    "block unit(g) on t {\n  share groups = conv(3)\n  return t -> shuffle(g) -> groups\n}\n"
    + HEAD
    + "= x -> unit(1) -> unit(2)",
]


@pytest.mark.parametrize("text", COLLIDING)
def test_names_of_modules_take_nothing_over(text: str, tmp_path: Path) -> None:
    (tmp_path / "s.nas").write_text(text + "\n")
    space = nasdsl.load(tmp_path / "s.nas")
    supernet, x = space.supernet(seed=0), torch.randn(2, 4, 6, 6)
    for arch in space.sample(3, seed=1):
        network = space.network(arch)
        assert len(list(network.parameters())) == len(network.state_dict()) > 0
        assert not network.load_state_dict(supernet.state_dict(), strict=False).missing_keys
        assert torch.equal(network(x), supernet(x, arch.choices))


FOLDING = [
    ("²", "2"),
    ("①", "1"),
    ("\ufb01", "fi"),
    ("ª", "a"),
    ("\u212b", "\u00c5"),
    ("\u212a", "K"),
    ("e\u0301", "\u00e9"),
]


@pytest.mark.parametrize(("one", "two"), FOLDING)
def test_texts_that_fold_into_one_name_have_weights_of_their_own(one: str, two: str, tmp_path: Path) -> None:
    text = f'choice c(w) = conv(3) | conv(5)\nblock b(w) on t = t -> conv(3)\n{HEAD}= x -> (b("{one}") | b("{two}"))\n'
    (tmp_path / "s.nas").write_text(text, encoding="utf-8")
    space = nasdsl.load(tmp_path / "s.nas")
    [decision] = space.decisions
    assert len(decision.labels) == 2
    names = [name for name, _ in space.supernet().named_parameters()]
    assert len(names) == 2
    assert all(part.isascii() and part.isidentifier() for name in names for part in name.split("."))


def test_identifiers() -> None:
    for text in ("²", "①", "ﬁ", "日本", "", "_", "9", 'a"b', "a\nb", "\x00"):
        name = identifier(text)
        assert name.isidentifier()
        assert name.isascii()
    assert identifier("sep_conv(3)") == "sep_conv_3"


@pytest.mark.parametrize(
    "text", ['a"""b', "a\nb\r\u2028c\x85", "\\N{BULLET}\\", "\x00\x1b[31m", "\ud800", "a\x050\x06"]
)
def test_remarks_end_neither_comment_nor_docstring(text: str) -> None:
    kept = remark(text)
    found: dict[str, object] = {}
    exec(f'"""{kept}"""  # {kept}\nx = 1  # {kept}\n', found)
    assert found["x"] == 1
    assert found["__doc__"] == kept


def test_pages() -> None:
    text = '<script>alert("1")</script>\n#a; `b` \x1b[0m\\'
    assert html(text) == "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;\n#a; `b` \ufffd[0m\\"
    assert not set('<>"`\\\n\x1b') & set(mermaid(text))
    assert "#60;script#62;" in mermaid(text)
    assert dot('a"b\\') == 'a\\"b\\\\'


def test_labels_in_drawings_are_quoted(tmp_path: Path) -> None:
    from nasdsl.graph.draw import draw

    (tmp_path / "s.nas").write_text(
        "block b(w) on t = t -> conv(3)\n"
        + HEAD
        + '= x -> (b("<script>alert(1)</script>") | b("\\"]; x [label=\\""))\n'
    )
    graph = nasdsl.load(tmp_path / "s.nas").graph()
    assert "<script" not in draw(graph, "mermaid")
    for line in draw(graph, "dot").splitlines():
        assert line.replace("\\\\", "").replace('\\"', "").count('"') % 2 == 0
