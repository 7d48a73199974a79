"""Nodes, regions and decisions of the program under evaluation, and their names."""

from __future__ import annotations

import keyword
import re
from typing import Any, Literal

from nasdsl.diagnostics import Reporter, Span, diagnostic, error
from nasdsl.semantics.primitives import PRIMITIVES, Primitive, ShapeError, joined
from nasdsl.semantics.program import Decision, Guard, Node, Region, TensorType
from nasdsl.semantics.searched import Searched, TableTooLarge, at, decisions_of, outcomes, tabulate
from nasdsl.semantics.values import Frame, Tensor

MAX_NODES = 1_000_000
MAX_DECISIONS = 50_000
# What every torch module has already: a part of this name would hide it.
_MODULE_ATTRIBUTES = frozenset(
    {
        *(
            "add_module",
            "apply",
            "bfloat16",
            "buffers",
            "call_super_init",
            "children",
            "compile",
            "cpu",
        ),
        *(
            "cuda",
            "double",
            "dump_patches",
            "eval",
            "extra_repr",
            "float",
            "forward",
            "get_buffer",
        ),
        *(
            "get_extra_state",
            "get_parameter",
            "get_submodule",
            "half",
            "ipu",
            "load_state_dict",
            "modules",
        ),
        *(
            "mtia",
            "named_buffers",
            "named_children",
            "named_modules",
            "named_parameters",
            "parameters",
        ),
        *(
            "register_backward_hook",
            "register_buffer",
            "register_forward_hook",
            "register_forward_pre_hook",
        ),
        *(
            "register_full_backward_hook",
            "register_full_backward_pre_hook",
        ),
        *(
            "register_load_state_dict_post_hook",
            "register_load_state_dict_pre_hook",
            "register_module",
        ),
        *(
            "register_parameter",
            "register_state_dict_post_hook",
            "register_state_dict_pre_hook",
        ),
        *(
            "requires_grad_",
            "self",
            "set_extra_state",
            "set_submodule",
            "share_memory",
            "state_dict",
            "to",
        ),
        *(
            "to_empty",
            "train",
            "training",
            "type",
            "xpu",
            "zero_grad",
            "key",
        ),
    }
)


def slug(text: str) -> str:
    """A Python identifier that resembles the text: `sep_conv(3)` is `sep_conv_3`."""
    name = re.sub(r"\W+", "_", text).strip("_") or "item"
    return f"_{name}" if name[0].isdigit() else name


class Construction:
    def __init__(self, reporter: Reporter):
        self.reporter = reporter
        self.nodes: list[Node] = []
        self.regions: list[Region] = []
        self.decisions: dict[str, Decision] = {}
        self._names: dict[int, dict[str, int]] = {}

    # regions and names

    def region(self, parent: int | None, kind: Any, name: str, label: str, span: Span, index: int | None = None) -> int:
        if parent is not None and index is None:
            name = self.unique(parent, name)
        region = Region(len(self.regions), parent, kind, name, label, span, index)
        self.regions.append(region)
        return region.id

    def names_in(self, region: int) -> dict[str, int]:
        return dict(self._names.get(region, {}))

    def forget(self, first: int, parent: int, names: dict[str, int]) -> None:
        """Takes back the regions from `first` on: they came out without tensors."""
        del self.regions[first:]
        self._names[parent] = names
        for id in [id for id in self._names if id >= first]:
            del self._names[id]

    def unique(self, region: int, name: str) -> str:
        if keyword.iskeyword(name) or name.startswith("__") or name in _MODULE_ATTRIBUTES:
            name = f"{name.strip('_')}_part"
        used = self._names.setdefault(region, {})
        used[name] = used.get(name, 0) + 1
        return name if used[name] == 1 else self.unique(region, f"{name}_{used[name]}")

    def local_name(self, frame: Frame, base: str) -> str:
        suffix = "_".join(str(index).replace("-", "m") for index in frame.name_indices)
        return frame.name_prefix + base + suffix

    # decisions

    def reserve(self, frame: Frame, component: str, span: Span) -> str:
        """The key of a decision or mention in this frame; a second use of one name gets `#2`."""
        count = frame.used[component] = frame.used.get(component, 0) + 1
        return f"{frame.prefix}.{component}" + (f"#{count}" if count > 1 else "")

    def decide(
        self,
        key: str,
        kind: Literal["one", "subset"],
        labels: list[str],
        phantom: list[bool],
        span: Span,
        least: int = 1,
        most: int = 1,
        values: tuple[Any, ...] | None = None,
    ) -> Decision:
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
            if "#" in key:
                text = f"two decisions would be named `{re.sub('#[0-9]+', '', key)}`; this one is `{key}`"
                self.reporter.add(
                    diagnostic("NAS507", text, span, help="name it: `(a | b) as name`", severity="warning")
                )
        return decision

    # nodes

    def node(
        self,
        op: str,
        attrs: dict[str, Any],
        operands: tuple[int, ...],
        guards: tuple[Guard | None, ...],
        type: TensorType,
        frame: Frame,
        span: Span,
    ) -> Tensor:
        if len(self.nodes) >= MAX_NODES:
            raise error("NAS406", f"the space unrolls into more than {MAX_NODES:,} operations", span)
        for dim in type.dims:
            for size in dim.values if isinstance(dim, Searched) else (dim,):
                if not 0 < size < 2**31:
                    raise error("NAS401", f"a dimension of {size} is outside 1 .. 2147483647", span)
        name = self.unique(frame.region, self.local_name(frame, op))
        node = Node(len(self.nodes), op, attrs, operands, guards, type, frame.region, name, span)
        self.nodes.append(node)
        return Tensor(node.id, type)

    def primitive(self, op: str, arguments: dict[str, Any], value: Tensor, frame: Frame, span: Span) -> Tensor:
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
        return self.node(op, attrs, (value.node,), (None,), type, frame, span)

    @staticmethod
    def _for_all(
        primitive: Primitive, arguments: dict[str, Any], type: TensorType, sizes: dict[str, int], span: Span
    ) -> tuple[dict[str, Any], TensorType]:
        """The shape rule under every value of the decisions involved: attributes and type as tables."""
        rows: list[tuple[dict[str, Any], TensorType]] = []
        try:
            for choices in outcomes(sizes):
                each = {name: at(argument, choices) for name, argument in arguments.items()}
                fixed = TensorType(type.kind, tuple(at(dim, choices) for dim in type.dims))
                try:
                    rows.append(primitive.infer(each, fixed))
                except ShapeError as failure:
                    label = f"the input is {fixed} where {_words(choices, arguments, type)}"
                    raise error(failure.code, failure.message, (span, label), help=failure.help) from None
        except TableTooLarge as failure:
            raise error("NAS407", f"`{primitive.name}` depends on too much at once: {failure}", span) from None
        attrs = {name: tabulate(sizes, [row[0][name] for row in rows]) for name in rows[0][0]}
        dims = [tabulate(sizes, [row[1].dims[axis] for row in rows]) for axis in range(len(rows[0][1].dims))]
        varying = {name for name, value in attrs.items() if isinstance(value, Searched)}
        if varying - primitive.elastic or (primitive.law and not primitive.law(attrs)):
            names = ", ".join(f"`{name}`" for name in sorted(varying))
            text = f"`{primitive.name}` has no rule to share its weights between different {names}"
            raise error("NAS310", text, (span, f"the input is {type}"))
        return attrs, TensorType(rows[0][1].kind, tuple(dims))

    def join(
        self, op: str, values: list[Tensor], guards: list[Guard | None], frame: Frame, span: Span, spans: list[Span]
    ) -> Tensor:
        try:
            type = joined(op, [value.type for value in values])
        except ShapeError as failure:
            labels = [(span, failure.message.rsplit(": ", 1)[-1])]
            first = values[0].type
            for value in values[1:]:
                if value.type.same(first) is not True:
                    labels.append((self.nodes[values[0].node].span, f"this is {first}"))
                    labels.append((self.nodes[value.node].span, f"this is {value.type}"))
                    break
            hint = self._agree(values)
            raise error(failure.code, failure.message, *labels, help=hint) from None
        if len(values) == 1 and guards == [None] and op != "select":
            return values[0]
        return self.node(op, {}, tuple(value.node for value in values), tuple(guards), type, frame, span)

    @staticmethod
    def _agree(values: list[Tensor]) -> str:
        first, other = values[0].type, next((v.type for v in values if v.type != values[0].type), values[0].type)
        if first.kind == other.kind == "image" and not isinstance(first.dims[0], Searched) and first.dims[1:] == other.dims[1:]:
            return f"`-> conv(1, {first.dims[0]})` on the second would make them agree"
        return ""


def _words(choices: dict[str, int], arguments: dict[str, Any], type: TensorType) -> str:
    """The searched values at fault: `kernel` is 5 and the input 64x8x8."""
    named = [f"`{name}` is {at(value, choices)}" for name, value in arguments.items() if isinstance(value, Searched)]
    decided = [f"decision `{key}` takes its alternative {index + 1}" for key, index in choices.items()]
    return " and ".join(named or decided)
