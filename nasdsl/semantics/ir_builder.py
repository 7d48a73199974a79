"""Nodes, regions and decisions of the program under evaluation, and their names."""

from __future__ import annotations

from typing import Literal

from nasdsl.diagnostics import Reporter, Span, diagnostic, error
from nasdsl.ir.decision import Decision, Determined, Guard
from nasdsl.ir.dependent import (
    Dependent,
    Indices,
    TableTooLarge,
    at,
    combine,
    decisions_of,
    outcomes,
    restrict,
    tabulate,
)
from nasdsl.ir.key import DecisionKey, element_key, key_of, numbered_part, split_key, without_numbers
from nasdsl.ir.program import Dim, Node, Region, Segment, TensorType
from nasdsl.ops.joins import joined
from nasdsl.ops.record import Primitive
from nasdsl.ops.shapes import ShapeError
from nasdsl.ops.table import PRIMITIVES
from nasdsl.semantics.reserved import is_reserved
from nasdsl.semantics.values import Attributes, Frame, Plain, Scalar, Shared, Tensor

MAX_NODES = 1_000_000
MAX_DECISIONS = 50_000
RegionKind = Literal["space", "block", "cell", "select", "alternative", "loop", "scan"]


class IrBuilder:
    """The program built so far: nodes, regions and decisions, each with a unique name."""

    def __init__(self, reporter: Reporter):
        self.reporter = reporter
        self.nodes: list[Node] = []
        self.regions: list[Region] = []
        self.decisions: dict[str, Decision] = {}
        self.determined: dict[str, Determined] = {}
        self.sharing: tuple[Shared, list[int]] | None = None
        self._names: dict[int, dict[str, int]] = {}
        self._collisions: set[str] = set()

    # regions and names

    def region(
        self,
        parent: int | None,
        kind: RegionKind,
        name: str,
        label: str,
        span: Span,
        index: int | None = None,
        repeat: int = 1,
    ) -> int:
        """A new region; returns its number."""
        if parent is not None and index is None:
            name = self.unique(parent, name)
        region = Region(len(self.regions), parent, kind, name, label, span, index, repeat=repeat)
        self.regions.append(region)
        return region.id

    def names_in(self, region: int) -> dict[str, int]:
        """The names used in a region so far, each with the number of its uses."""
        return dict(self._names.get(region, {}))

    def forget(self, first: int, parent: int, names: dict[str, int]) -> None:
        """Takes back the regions from `first` on: they came out without tensors."""
        for id in range(first, len(self.regions)):
            self._names.pop(id, None)
        del self.regions[first:]
        self._names[parent] = names

    def unique(self, region: int, name: str) -> str:
        """A name that nothing else in the region has: `name` itself if it is free."""
        if is_reserved(name):
            name = f"{name.strip('_')}_part"
        used = self._names.setdefault(region, {})
        used[name] = used.get(name, 0) + 1
        return name if used[name] == 1 else self.unique(region, f"{name}_{used[name]}")

    def local_name(self, frame: Frame, base: str) -> str:
        """`base` with the names and indices of the loops and lists around it."""
        suffix = "_".join(str(index).replace("-", "m") for index in frame.name_indices)
        return frame.name_prefix + base + suffix

    # decisions

    def reserve(self, frame: Frame, component: str, span: Span) -> DecisionKey:
        """The key of a decision or mention in this frame; a second use of one name gets `#2`."""
        count = frame.used[component] = frame.used.get(component, 0) + 1
        return key_of(frame.prefix, component, count)

    def decide(
        self,
        key: DecisionKey,
        kind: Literal["one", "subset"],
        labels: list[str],
        phantom: list[bool],
        span: Span,
        least: int = 1,
        most: int = 1,
        values: tuple[Scalar, ...] | None = None,
    ) -> Decision:
        """The decision with this key, made on its first use.  Raises NAS504 where an earlier use differs from it."""
        decision = Decision(key, kind, tuple(labels), tuple(phantom), least, most, span, values)
        if all(phantom):
            raise error("NAS508", "every alternative here is a phantom: no architecture can choose one", span)
        known = self.decisions.get(key)
        if known is not None and known != decision:
            text = (
                f"decision `{key}` has {len(known.labels)} alternatives ({', '.join(known.labels[:4])}) in one use "
                f"and {len(labels)} ({', '.join(labels[:4])}) in another"
            )
            hint = "define two cells, or use a block"
            raise error("NAS504", text, (span, "here"), (known.span, "and here"), help=hint)
        if known is None:
            if len(self.decisions) >= MAX_DECISIONS:
                raise error("NAS406", f"the space has more than {MAX_DECISIONS:,} decisions", span)
            self.decisions[key] = decision
            self._note_collision(key, span)
        return decision

    def _note_collision(self, key: str, span: Span) -> None:
        """One warning for everything inside what had to be numbered."""
        numbered = numbered_part(key)
        if not numbered or numbered in self._collisions:
            return
        self._collisions.add(numbered)
        text = f"two decisions would be named `{without_numbers(key)}`; this one is `{key}`"
        hint = "name it where it stands: `x -> (edge as name)`, `(a | b) as name`"
        self.reporter.add(diagnostic("NAS507", text, span, help=hint, severity="warning"))

    # nodes

    def node(
        self,
        op: str,
        attrs: Attributes,
        operands: tuple[int, ...],
        guards: tuple[Guard | None, ...],
        type: TensorType,
        frame: Frame,
        span: Span,
    ) -> Tensor:
        """A new node.  Raises NAS401 if a dimension is out of range."""
        if len(self.nodes) >= MAX_NODES:
            raise error("NAS406", f"the space unrolls into more than {MAX_NODES:,} operations", span)
        for dim in type.dims:
            for size in dim.values if isinstance(dim, Dependent) else (dim,):
                empty = isinstance(dim, Dependent) and size == 0  # of a subset that is never empty
                if not empty and not 0 < size < 2**31:
                    raise error("NAS401", f"a dimension of {size} is outside 1 .. 2147483647", span)
        name = self.unique(frame.region, self.local_name(frame, op))
        node = Node(len(self.nodes), op, attrs, operands, guards, type, frame.region, name, span)
        self.nodes.append(node)
        return Tensor(node.id, type)

    def plain(
        self, op: str, attrs: Attributes, operands: list[Tensor], type: TensorType, frame: Frame, span: Span
    ) -> Tensor:
        """A node that needs all its operands."""
        return self.node(op, attrs, tuple(item.node for item in operands), (None,) * len(operands), type, frame, span)

    def parts(self, whole: Tensor, types: list[TensorType], frame: Frame, span: Span) -> list[Tensor]:
        """The results of an operation that has several."""
        return [self.plain("part", {"at": i}, [whole], type, frame, span) for i, type in enumerate(types)]

    def primitive(self, op: str, arguments: dict[str, Plain], value: Tensor, frame: Frame, span: Span) -> Tensor:
        """Apply a primitive: its shape rule under every value that arguments and dimensions have."""
        primitive = PRIMITIVES[op]
        sizes = decisions_of(*arguments.values(), *value.type.dims)
        if sizes:
            attrs, type = self._for_all(primitive, arguments, value.type, sizes, span)
        else:
            try:
                attrs, type = primitive.infer(arguments, value.type)
            except ShapeError as failure:
                place = (span, f"the input is {value.type}")
                raise error(failure.code, failure.message, place, help=failure.help) from None
        operands = [value]
        if self.sharing is not None and primitive.has_weights:
            operands.append(self._shared_weights(op, attrs, value.type, frame, span))
            attrs = {**attrs, "shared": True}
        return self.plain(op, attrs, operands, type, frame, span)

    def _shared_weights(self, op: str, attrs: Attributes, type: TensorType, frame: Frame, span: Span) -> Tensor:
        """The weights of this application of a shared operation: made at its first use, where `share` stands."""
        assert self.sharing is not None
        shared, position = self.sharing
        position[0] += 1
        made = shared.weights.get(position[0])
        if made is None:
            inside = Frame(frame.scope, {}, frame.prefix, shared.region, name_prefix=f"{shared.name}_")
            made = self.plain("module", {"of": op, **attrs}, [], TensorType("weights", (), type.layout), inside, span)
            shared.weights[position[0]] = made
        if {"of": op, **attrs} != self.nodes[made.node].attrs:
            known = self.nodes[made.node]
            text = f"`{shared.name}` is shared, and its `{op}` would need weights of another size here"
            raise error("NAS311", text, (span, "here"), (known.span, "first used here"))
        return made

    def _for_all(
        self, primitive: Primitive, arguments: dict[str, Plain], type: TensorType, sizes: Indices, span: Span
    ) -> tuple[Attributes, TensorType]:
        """The shape rule under every value of the decisions involved: attributes and type as tables."""
        rows: list[tuple[Attributes, TensorType] | None] = []
        try:
            for choices in outcomes(sizes):
                each = {name: at(argument, choices) for name, argument in arguments.items()}
                fixed = TensorType(type.kind, tuple(at(dim, choices) for dim in type.dims))
                if fixed.features == 0:
                    rows.append(None)  # an empty list that no architecture has
                    continue
                try:
                    rows.append(primitive.infer(each, fixed))
                except ShapeError as failure:
                    label = f"the input is {fixed} where {self._words(choices, arguments)}"
                    raise error(failure.code, failure.message, (span, label), help=failure.help) from None
        except TableTooLarge as failure:
            raise error("NAS407", f"`{primitive.name}` depends on too much at once: {failure}", span) from None
        some = next(row for row in rows if row is not None)
        filled = [row or some for row in rows]
        attrs = {name: tabulate(sizes, [row[0][name] for row in filled]) for name in some[0]}
        dims = [tabulate(sizes, [row[1].dims[axis] for row in filled]) for axis in range(len(some[1].dims))]
        varying = {name for name, value in attrs.items() if isinstance(value, Dependent)}
        if varying - primitive.elastic or (primitive.law and not primitive.law(attrs)):
            names = ", ".join(f"`{name}`" for name in sorted(varying))
            text = f"`{primitive.name}` has no rule to share its weights between different {names}"
            raise error("NAS310", text, (span, f"the input is {type}"))
        out = TensorType(some[1].kind, tuple(dims))
        return attrs, TensorType(out.kind, out.dims, self._segments(primitive, attrs, type, out))

    @staticmethod
    def _segments(primitive: Primitive, attrs: Attributes, type: TensorType, out: TensorType) -> tuple[Segment, ...]:
        if not type.segments or not isinstance(out.features, Dependent):
            return ()
        if primitive.features == "expand":
            height, width = type.dims[1:]
            assert isinstance(height, int)
            assert isinstance(width, int)
            area = height * width
            return tuple((most * area, combine(lambda n: n * area, size)) for most, size in type.segments)
        kept = primitive.features == "keep" or isinstance(attrs.get("groups"), Dependent)
        return type.segments if kept else ()

    def join(
        self, op: str, values: list[Tensor], guards: list[Guard | None], frame: Frame, span: Span, spans: list[Span]
    ) -> Tensor:
        """The node that joins tensors: a sum, a concatenation or a select.  Raises NAS402 or NAS407."""
        try:
            type = joined(op, [value.type for value in values], [_present(guard) for guard in guards])
        except ShapeError as failure:
            first = values[0].type
            labels: list[tuple[Span, str]] = []
            for value in values[1:]:
                same = value.type.same(first)
                if same is not True:
                    labels = [(span, self.differing(first, value.type, same))]
                    labels.append((self.nodes[values[0].node].span, f"this is {first}"))
                    labels.append((self.nodes[value.node].span, f"this is {value.type}"))
                    break
            hint = failure.help or self._agree(values)
            raise error(failure.code, failure.message, *(labels or [(span, "")]), help=hint) from None
        except TableTooLarge as failure:
            raise error("NAS407", f"this {op} depends on too much at once: {failure}", span) from None
        if len(values) == 1 and guards == [None] and op != "select":
            return values[0]
        return self.node(op, {}, tuple(value.node for value in values), tuple(guards), type, frame, span)

    def differing(self, one: TensorType, two: TensorType, same: bool | Dependent) -> str:
        """Two types; where they agree in some architectures, those of one in which they do not."""
        if not isinstance(same, Dependent):
            return f"{one} and {two}"
        number = same.values.index(False)
        choices: dict[DecisionKey, int] = {}
        for key, size in zip(reversed(same.keys), reversed(same.sizes), strict=True):
            number, choices[key] = divmod(number, size)
        one, two = (
            type.mapped(lambda dim: restrict(dim, {k: (i,) for k, i in choices.items()})) for type in (one, two)
        )
        return f"{one} and {two} where {self._words(dict(reversed(choices.items())), {})}"

    @staticmethod
    def _agree(values: list[Tensor]) -> str:
        first, other = values[0].type, next((v.type for v in values if v.type != values[0].type), values[0].type)
        if (
            first.kind == other.kind == "image"
            and not isinstance(first.dims[0], Dependent)
            and first.dims[1:] == other.dims[1:]
        ):
            return f"`-> conv(1, {first.dims[0]})` on the second would make them agree"
        return ""

    def _words(self, choices: Indices, arguments: dict[str, Plain]) -> str:
        """The searched values at fault: `kernel` is 5, or a decision by its label."""
        named = [
            f"`{name}` is {at(value, choices)}" for name, value in arguments.items() if isinstance(value, Dependent)
        ]
        decided = []
        for key, index in choices.items():
            decision, member = split_key(key)
            if member is None:
                decided.append(f"`{decision}` is {self.decisions[decision].labels[index]}")
            else:
                decided.append(f"`{decision}` has {'' if index else 'not '}its element {member}")
        return " and ".join(named or decided)


def _present(guard: Guard | None) -> Dim:
    return 1 if guard is None else Dependent((element_key(*guard),), (2,), (0, 1))
