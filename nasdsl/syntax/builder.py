"""Conversion of parse trees to syntax trees: one method per grammar rule, no semantics."""

from __future__ import annotations

import math
import re
from typing import Any

from lark import Token, Tree
from lark.tree import Meta

from nasdsl.diagnostics import Source, Span, error
from nasdsl.syntax import ast

_SUFFIX = {"K": 10**3, "M": 10**6, "G": 10**9}
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


class Builder:
    def __init__(self, source: Source):
        self.source = source

    def module(self, tree: Tree[Token], comments: tuple[Span, ...]) -> ast.Module:
        uses: list[ast.Use] = []
        definitions: list[ast.Definition] = []
        externs: list[ast.Extern] = []
        doc: str | None = None
        for child in tree.children:
            if child is None:
                continue
            if isinstance(child, Token):
                if child.type == "LONG_STRING":
                    doc = _doc(child)
                continue
            item = self.build(child)
            if isinstance(item, ast.Use):
                uses.append(item)
            elif isinstance(item, ast.Extern):
                externs.append(item)
            else:
                definitions.append(item)
        whole = Span(self.source, 0, len(self.source.text))
        return ast.Module(whole, doc, tuple(uses), tuple(definitions), tuple(externs), comments)

    def build(self, tree: Any) -> Any:
        if isinstance(tree, Token):
            return self.name_token(tree)
        method = getattr(self, f"on_{tree.data}")
        children = [child for child in tree.children if not _is_layout(child)]
        return method(self.span(tree.meta), children)

    def span(self, meta: Meta) -> Span:
        if getattr(meta, "empty", True):
            return Span(self.source, 0, 0)
        return Span(self.source, meta.start_pos, meta.end_pos)

    def token_span(self, token: Token) -> Span:
        start = token.start_pos or 0
        return Span(self.source, start, token.end_pos if token.end_pos is not None else start)

    def name_token(self, token: Token) -> ast.Name:
        return ast.Name(self.token_span(token), str(token))

    def optional(self, tree: Any) -> Any:
        return None if tree is None else self.build(tree)

    # items

    def on_use_library(self, span: Span, children: list[Any]) -> ast.Use:
        return ast.Use(span, ".".join(str(token) for token in children[0].children), False)

    def on_use_file(self, span: Span, children: list[Any]) -> ast.Use:
        return ast.Use(span, self.on_string(span, children).value, True)

    def _definition(self, kind: Any, span: Span, children: list[Any]) -> ast.Definition:
        name, parameters, *rest = children
        inputs, body = rest if len(rest) == 2 else (None, rest[0])
        return ast.Definition(
            span,
            kind,
            self.name_token(name),
            self.optional(parameters) or (),
            self.optional(inputs) or (),
            self.build(body),
        )

    def on_choice(self, span: Span, children: list[Any]) -> ast.Definition:
        return self._definition("choice", span, children)

    def on_block(self, span: Span, children: list[Any]) -> ast.Definition:
        return self._definition("block", span, children)

    def on_cell(self, span: Span, children: list[Any]) -> ast.Definition:
        return self._definition("cell", span, children)

    def on_space(self, span: Span, children: list[Any]) -> ast.Definition:
        return self._definition("space", span, children)

    def on_extern(self, span: Span, children: list[Any]) -> ast.Extern:
        name, parameters, inputs, types, target = children
        outputs = tuple(self.build(item) for item in types.children)
        string = self.on_string(self.token_span(target), [target])
        return ast.Extern(
            span, self.name_token(name), self.optional(parameters) or (), self.build(inputs), outputs, string
        )

    def on_params(self, span: Span, children: list[Any]) -> tuple[ast.Parameter, ...]:
        return tuple(self.build(child) for child in children if child is not None)

    def on_param(self, span: Span, children: list[Any]) -> ast.Parameter:
        return ast.Parameter(span, self.name_token(children[0]), self.optional(children[1]))

    def on_inputs(self, span: Span, children: list[Any]) -> tuple[ast.Input, ...]:
        return tuple(self.build(child) for child in children)

    def on_input(self, span: Span, children: list[Any]) -> ast.Input:
        return ast.Input(span, self.name_token(children[0]), self.optional(children[1]))

    def on_type(self, span: Span, children: list[Any]) -> ast.TypeOf:
        dims = tuple(self.build(child) for child in children[1:] if child is not None)
        return ast.TypeOf(span, self.name_token(children[0]), dims)

    # statements

    def on_braces(self, span: Span, children: list[Any]) -> ast.Block:
        present = [child for child in children if child is not None]
        doc = None
        if present and isinstance(present[0], Token) and present[0].type == "LONG_STRING":
            doc = _doc(present.pop(0))
        return ast.Block(span, tuple(self.build(child) for child in present), doc)

    def on_exprs(self, span: Span, children: list[Any]) -> tuple[ast.Expr, ...]:
        return tuple(self.build(child) for child in children)

    def on_assign(self, span: Span, children: list[Any]) -> ast.Assign:
        *names, values = children
        return ast.Assign(span, tuple(self.name_token(name) for name in names), self.build(values))

    def on_augment(self, span: Span, children: list[Any]) -> ast.Augment:
        name, operator, value = children
        return ast.Augment(span, self.name_token(name), str(operator)[:-1], self.build(value))

    def on_share(self, span: Span, children: list[Any]) -> ast.Share:
        return ast.Share(span, self.name_token(children[0]), self.build(children[1]))

    def on_for_in(self, span: Span, children: list[Any]) -> ast.For:
        return ast.For(span, self.name_token(children[0]), self.build(children[1]), self.build(children[2]))

    def on_if_else(self, span: Span, children: list[Any]) -> ast.If:
        otherwise = self.optional(children[2])
        if isinstance(otherwise, ast.If):
            otherwise = ast.Block(otherwise.span, (otherwise,))
        return ast.If(span, self.build(children[0]), self.build(children[1]), otherwise)

    def on_return_(self, span: Span, children: list[Any]) -> ast.Return:
        return ast.Return(span, tuple(self.build(child) for child in children))

    def on_result(self, span: Span, children: list[Any]) -> ast.Result:
        *name, value = children
        return ast.Result(span, self.name_token(name[0]) if name else None, self.build(value))

    def on_optional_result(self, span: Span, children: list[Any]) -> ast.Result:
        name, value, condition = children
        return ast.Result(span, self.name_token(name), self.build(value), self.build(condition))

    def on_require(self, span: Span, children: list[Any]) -> ast.Require:
        return ast.Require(span, self.build(children[0]))

    # expressions

    def on_ternary(self, span: Span, children: list[Any]) -> ast.Ternary:
        then, condition, otherwise = (self.build(child) for child in children)
        return ast.Ternary(span, condition, then, otherwise)

    def on_bar(self, span: Span, children: list[Any]) -> ast.Bar:
        alternatives: list[ast.Alternative] = []
        for child in children:
            item = self.build(child)
            if isinstance(item, ast.Bar):  # `~x` or `x as name` came out as a bar of one
                alternatives.extend(item.alternatives)
            else:
                alternatives.append(ast.Alternative(item.span, item))
        return ast.Bar(span, tuple(alternatives))

    def _single(self, span: Span, value: Any, phantom: bool, label: Any) -> ast.Bar:
        name = None if label is None else self.name_token(label)
        return ast.Bar(span, (ast.Alternative(span, self.build(value), phantom, name),))

    def on_phantom(self, span: Span, children: list[Any]) -> ast.Bar:
        return self._single(span, children[0], True, None)

    def on_named(self, span: Span, children: list[Any]) -> ast.Bar:
        return self._single(span, children[0], False, children[1])

    def on_phantom_named(self, span: Span, children: list[Any]) -> ast.Bar:
        return self._single(span, children[0], True, children[1])

    def on_arrow(self, span: Span, children: list[Any]) -> ast.Arrow:
        return ast.Arrow(span, tuple(self.build(child) for child in children))

    def on_disjunction(self, span: Span, children: list[Any]) -> ast.Logic:
        return ast.Logic(span, "or", tuple(self.build(child) for child in children))

    def on_conjunction(self, span: Span, children: list[Any]) -> ast.Logic:
        return ast.Logic(span, "and", tuple(self.build(child) for child in children))

    def on_not_(self, span: Span, children: list[Any]) -> ast.Unary:
        return ast.Unary(span, "not", self.build(children[0]))

    def on_comparison(self, span: Span, children: list[Any]) -> ast.Compare:
        first, *rest = children
        pairs = zip(rest[::2], rest[1::2], strict=True)
        chain = tuple((" ".join(str(token) for token in op.children), self.build(value)) for op, value in pairs)
        return ast.Compare(span, self.build(first), chain)

    def on_range_closed(self, span: Span, children: list[Any]) -> ast.Range:
        return ast.Range(span, self.build(children[0]), self.build(children[1]), True)

    def on_range_open(self, span: Span, children: list[Any]) -> ast.Range:
        return ast.Range(span, self.build(children[0]), self.build(children[1]), False)

    def on_binary(self, span: Span, children: list[Any]) -> ast.Binary:
        left, operator, right = children
        return ast.Binary(span, str(operator), self.build(left), self.build(right))

    def on_negative(self, span: Span, children: list[Any]) -> ast.Unary:
        return ast.Unary(span, "-", self.build(children[-1]))

    def on_pick(self, span: Span, children: list[Any]) -> ast.Pick:
        return ast.Pick(span, self.build(children[0]), self.build(children[1]))

    def on_call(self, span: Span, children: list[Any]) -> ast.Call:
        function, *arguments = children
        built: list[ast.Argument] = []
        for child in arguments:
            if child is None:
                continue
            value = self.build(child)
            built.append(value if isinstance(value, ast.Argument) else ast.Argument(value.span, None, value))
        return ast.Call(span, self.build(function), tuple(built))

    def on_keyword(self, span: Span, children: list[Any]) -> ast.Argument:
        return ast.Argument(span, self.name_token(children[0]), self.build(children[1]))

    def on_index(self, span: Span, children: list[Any]) -> ast.Index:
        return ast.Index(span, self.build(children[0]), self.build(children[1]))

    def on_slice(self, span: Span, children: list[Any]) -> ast.Slice:
        return ast.Slice(span, self.build(children[0]), self.optional(children[1]), self.optional(children[2]))

    def on_name(self, span: Span, children: list[Any]) -> ast.Name:
        return self.name_token(children[0])

    def on_number(self, span: Span, children: list[Any]) -> ast.Number:
        text = str(children[0])
        factor = _SUFFIX.get(text[-1], 1)
        digits = text.rstrip("KMG")
        if len(digits) > 30:
            raise error("NAS107", "this number has too many digits", span)
        if re.fullmatch(r"\d+", digits):
            return ast.Number(span, int(digits) * factor)
        value = float(digits) * factor
        if not math.isfinite(value):
            raise error("NAS107", "this number is too large", span)
        return ast.Number(span, int(value) if factor > 1 and value.is_integer() else value)

    def on_string(self, span: Span, children: list[Any]) -> ast.String:
        text = str(children[0])[1:-1]
        return ast.String(span, re.sub(r"\\(.)", lambda match: _ESCAPES.get(match.group(1), match.group()), text))

    def on_true(self, span: Span, children: list[Any]) -> ast.Bool:
        return ast.Bool(span, True)

    def on_false(self, span: Span, children: list[Any]) -> ast.Bool:
        return ast.Bool(span, False)

    def on_searching(self, span: Span, children: list[Any]) -> ast.Searching:
        return ast.Searching(span)

    def on_group(self, span: Span, children: list[Any]) -> ast.Group:
        return ast.Group(span, self.build(children[0]))

    def on_list(self, span: Span, children: list[Any]) -> ast.ListOf:
        return ast.ListOf(span, tuple(self.build(child) for child in children if child is not None))

    def on_comprehension(self, span: Span, children: list[Any]) -> ast.Comprehension:
        element, *clauses = children
        return ast.Comprehension(span, self.build(element), tuple(self.build(clause) for clause in clauses))

    def on_clause(self, span: Span, children: list[Any]) -> ast.Clause:
        return ast.Clause(span, self.name_token(children[0]), self.build(children[1]), self.optional(children[2]))


def _is_layout(child: Any) -> bool:
    return isinstance(child, Token) and child.type in ("_NL", "LPAR", "RPAR", "LBRACE", "RBRACE")


def _doc(token: Token) -> str:
    return str(token)[3:-3].strip()
