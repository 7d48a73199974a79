"""A primitive is one record: nothing else in the compiler knows it by name, and adding one touches nothing else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import nasdsl
from nasdsl import runtime
from nasdsl.ir.program import TensorType
from nasdsl.ops.record import Primitive
from nasdsl.ops.table import PRIMITIVES
from nasdsl.ops.template import Attrs, ElasticTemplate, Expression, ModuleTemplate, positional
from nasdsl.runtime import modules
from nasdsl.runtime.lookup import Layout, rows
from nasdsl.runtime.transfer import transfer

PACKAGE = Path(nasdsl.__file__).parent
# Other words that are spelt like a primitive, and tables from the words of others to ours.
EXCEPT = {
    "semantics/foreign.py": "names that other libraries give to the primitives",
    "training/schedules.py": "a schedule of the learning rate is called `linear`",
    "options/training.py": "a schedule of the learning rate is called `linear`",
}


def test_nothing_else_knows_primitives_by_name() -> None:
    found: list[str] = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name.startswith(("ops/", "notations/")) or name in EXCEPT:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and node.value in PRIMITIVES:
                found.append(f"{name}:{node.lineno}: {node.value!r}")
    assert found == []


class Gain(nn.Module):
    """A learned factor for each channel."""

    def __init__(self, channels: int):
        super().__init__()
        self.value = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.value[:, None, None]


class ElasticGain(Gain):
    def forward(self, x: Tensor, layout: Layout) -> Tensor:
        return x * self.value[rows(layout)][:, None, None]


def of_image(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    return {"channels": type.dims[0]}, type


GAIN = Primitive(
    "gain",
    (),
    of_image,
    ModuleTemplate("Gain", positional("channels"), ElasticTemplate("ElasticGain", layout=True), carries=("Gain",)),
    weights=lambda attrs: attrs["channels"],
    macs=lambda attrs, out: attrs["channels"] * 16,
    elastic=frozenset({"channels"}),
    slices=lambda most, attrs, rows: {"value": {0: rows}},
    mixes=frozenset({"channels"}),
    takes="channels",
    gives="channels",
)
NEGATE = Primitive("negate", (), lambda attrs, type: (attrs, type), Expression("-{0}"))
SPACE = "space s on x: image[3, 4, 4] = x -> conv(1, 4 | 8) -> (gain | negate | identity)\n"


def test_a_primitive_is_one_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "s.nas").write_text(SPACE)
    with pytest.raises(nasdsl.NasError, match="gain"):
        nasdsl.load(tmp_path / "s.nas").count()
    for primitive in (GAIN, NEGATE):
        monkeypatch.setitem(PRIMITIVES, primitive.name, primitive)
    monkeypatch.setattr(modules, "Gain", Gain, raising=False)
    monkeypatch.setattr(runtime, "Gain", Gain, raising=False)
    monkeypatch.setattr(runtime, "ElasticGain", ElasticGain, raising=False)

    space = nasdsl.load(tmp_path / "s.nas")
    assert space.count() == 6
    supernet, x = space.supernet(seed=0), torch.randn(2, 3, 4, 4)
    for value in supernet.state_dict().values():
        nn.init.normal_(value)
    width, operation = [decision.key for decision in space.decisions]
    conv = next(value for value in supernet.state_dict().values() if value.dim() == 4)
    gain = next(value for value in supernet.state_dict().values() if value.dim() == 1)
    for i, channels in enumerate((4, 8)):
        features = torch.einsum("oi,nihw->nohw", conv[:channels, :, 0, 0], x)
        results = features * gain[:channels, None, None], -features, features
        for j, expected in enumerate(results):
            arch = space.architecture({width: i, operation: j})
            network = space.network(arch)
            assert transfer(supernet, network, space.slices(arch)) == []
            assert torch.allclose(supernet(x, arch.choices), expected, atol=1e-5)
            assert torch.allclose(network(x), expected, atol=1e-5)
            params, macs = 3 * channels, 3 * channels * 16
            if j == 0:
                params, macs = params + channels, macs + channels * 16
                assert "class Gain(nn.Module)" in space.source(arch)
            assert space.stats(arch) == {"params": params, "macs": macs}
    weights = {width: torch.tensor([0.0, 1.0]), operation: torch.tensor([0.2, 0.5, 0.3])}
    mixed = sum(weight * result for weight, result in zip(weights[operation], results, strict=True))
    assert torch.allclose(supernet(x, weights), mixed, atol=1e-5)
