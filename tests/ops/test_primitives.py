"""Every primitive against plain torch: shapes, parameters, costs, results, laws and slices."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from math import prod
from pathlib import Path

import pytest
import torch
from references import CASES, SEARCHED, TOKENS, Case
from torch import Tensor, nn

import nasdsl
from nasdsl.ir.program import TensorType
from nasdsl.ops.record import Primitive
from nasdsl.ops.table import PRIMITIVES
from nasdsl.ops.template import ModuleTemplate
from nasdsl.runtime.transfer import transfer
from nasdsl.space import Space

Load = Callable[[str], Space]
every_case = pytest.mark.parametrize("case", CASES, ids=[f"{case.text} on {case.input}" for case in CASES])


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def made(text: str) -> Space:
        (tmp_path / "s.nas").write_text(text)
        return nasdsl.load(tmp_path / "s.nas")

    return made


@pytest.fixture
def net(case: Case, load: Load) -> nn.Module:
    """The network of a case, its parameters and statistics drawn at random."""
    space = load(case.space)
    net = space.network(space.sample(1)[0]).eval()
    torch.manual_seed(1)
    for name, tensor in net.state_dict().items():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand_like(tensor) + 0.5 if "running_var" in name else torch.randn_like(tensor))
    return net


def own(net: nn.Module) -> dict[str, Tensor]:
    """The state of the one operation in a network."""
    return {name.partition(".")[2]: tensor for name, tensor in net.state_dict().items()}


def record(case: Case, load: Load) -> tuple[Primitive, dict[str, object], TensorType]:
    """The primitive of a case, with the attributes and the type of its output."""
    [node] = [node for node in load(case.space).graph().nodes if node.op == case.op]
    return PRIMITIVES[case.op], node.attrs, node.type


def test_every_primitive_and_parameter_has_a_case() -> None:
    used = {(case.op, name) for case in CASES for name in case.arguments}
    assert {case.op for case in CASES} == set(PRIMITIVES)
    assert used == {(name, item.name) for name, primitive in PRIMITIVES.items() for item in primitive.parameters}
    assert {name.split(" ")[0] for name in SEARCHED} == {name for name, item in PRIMITIVES.items() if item.elastic}


@every_case
def test_what_it_computes(case: Case, net: nn.Module, load: Load) -> None:
    expected = case.computes(case.sample, own(net))
    found = net(case.sample)
    assert found.shape == expected.shape
    assert torch.allclose(found, expected, atol=1e-5)
    _, _, type = record(case, load)
    assert type.dims == tuple(expected.shape[1:])


@every_case
def test_what_it_costs(case: Case, net: nn.Module, load: Load) -> None:
    assert {name.partition(".")[2]: tuple(p.shape) for name, p in net.named_parameters()} == case.parameters
    space = load(case.space)
    params = sum(map(prod, case.parameters.values()))
    assert space.stats(space.sample(1)[0]) == {"params": params, "macs": case.macs}
    assert PRIMITIVES[case.op].has_weights or not params


@every_case
def test_macs_read_the_output_where_the_record_says_so(case: Case, load: Load) -> None:
    primitive, attrs, out = record(case, load)
    nothing = TensorType(out.kind, ())
    if primitive.macs is None:
        assert not primitive.macs_read_output
    elif primitive.macs_read_output:
        with pytest.raises(ValueError, match="not enough values"):
            primitive.macs(attrs, nothing)
    else:
        assert primitive.macs(attrs, nothing) == primitive.macs(attrs, out) == case.macs


@every_case
def test_zeros(case: Case, net: nn.Module, load: Load) -> None:
    primitive, attrs, _ = record(case, load)
    with torch.no_grad():
        found = net.train()(torch.zeros_like(case.sample))
    assert primitive.of_zeros(attrs) == (not found.any())
    assert found.isfinite().all()


@every_case
def test_identity_zero_and_effect(case: Case, net: nn.Module, load: Load) -> None:
    primitive, _, _ = record(case, load)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    found, again = net.train()(case.sample), net(case.sample)
    assert primitive.is_identity == (found.shape == case.sample.shape and bool((found == case.sample).all()))
    assert primitive.is_zero == (not found.any())
    moved = any(not torch.equal(before[name], tensor) for name, tensor in net.state_dict().items())
    found_effect = "statistics" if moved else "" if torch.equal(found, again) else "random"
    assert primitive.effect == found_effect
    assert primitive.is_pure == (not found_effect)


@every_case
def test_features(case: Case, load: Load) -> None:
    """`takes` and `gives` name attributes that hold the features of input and output."""
    primitive, attrs, out = record(case, load)
    space = load(case.space)
    source = space.graph().node(space.graph().inputs[0]).type
    if primitive.takes:
        assert attrs[primitive.takes] == source.features
    if primitive.gives:
        assert attrs[primitive.gives] == out.features
    if primitive.features == "keep":
        assert out.features == source.features
    if primitive.has_weights:
        assert primitive.takes or source.kind == "tokens"


@pytest.mark.parametrize("name", SEARCHED)
def test_slices_are_what_the_supernet_uses(name: str, load: Load) -> None:
    """Every architecture on its path in the supernet gives what its network gives with the weights that it keeps."""
    space = load(f"space s on {SEARCHED[name]}\n")
    supernet = space.supernet(seed=0).eval()
    for tensor in supernet.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand_like(tensor) + 0.5)
    kind = SEARCHED[name].partition(" = ")[0].partition(" {")[0].removeprefix("x: ")
    x = Case("", kind, lambda x, s: x).sample
    assert space.count() > 1
    for choices in itertools.product(*(decision.real for decision in space.decisions)):
        arch = space.architecture(dict(zip((d.key for d in space.decisions), choices, strict=True)))
        network = space.network(arch).eval()
        assert transfer(supernet, network, space.slices(arch)) == []
        assert torch.allclose(supernet(x, arch.choices), network(x), atol=1e-5)
        params = sum(parameter.numel() for parameter in network.parameters())
        assert space.stats(arch)["params"] == params


def test_records_are_whole() -> None:
    """What one field of a record says, the others do not contradict."""
    for name, primitive in PRIMITIVES.items():
        assert primitive.name == name
        assert primitive.searched <= {item.name for item in primitive.parameters}
        assert primitive.searched <= primitive.elastic
        assert primitive.mixes <= primitive.elastic
        assert not primitive.slices or primitive.has_weights
        for template in primitive.templates:
            has_elastic = isinstance(template, ModuleTemplate) and template.elastic is not None
            assert has_elastic == bool(primitive.elastic)
            if isinstance(template, ModuleTemplate):
                assert template.callee.startswith("nn.") or template.carries[-1] == template.callee
                assert template.elastic is None or set(template.elastic.passes) <= primitive.elastic


def test_runtime_exports_what_records_name() -> None:
    from nasdsl import runtime

    for primitive in PRIMITIVES.values():
        for template in primitive.templates:
            if isinstance(template, ModuleTemplate):
                assert template.elastic is None or hasattr(runtime, template.elastic.callee)
                assert template.callee.startswith("nn.") or hasattr(runtime, template.callee)


def test_tokens_are_for_embeddings_alone(load: Load) -> None:
    """Every other primitive refuses them, or needs nothing of their kind."""
    for case in {case.op: case for case in CASES if case.input != TOKENS}.values():
        if PRIMITIVES[case.op].is_identity or PRIMITIVES[case.op].is_zero:
            continue
        with pytest.raises(nasdsl.NasError):
            load(f"space s on x: {TOKENS} = x -> {case.text}\n").count()
