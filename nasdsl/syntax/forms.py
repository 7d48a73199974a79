"""Formatting rules, one method per node type.

The tree says how; the words come from the source, token by token (`cursor.py`), so that numbers, strings and
parentheses stay as they are written and no comment is lost.  A kind of node that has no method here is an internal
error, and so is a part of a node that its method leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nasdsl.diagnostics import Source, error
from nasdsl.syntax import ast
from nasdsl.syntax.cursor import Cursor
from nasdsl.syntax.pretty import Assigned, Doc, Group, Hard, IfBroken, Indent, Line, Token

_SUMS, _PRODUCTS = ("+", "-"), ("*", "/", "//", "%")
_ATOMS = ast.Number | ast.String | ast.Bool | ast.Name
_BRACKETED = ast.Group | ast.Call | ast.ListOf | ast.Comprehension


class Forms:
    """Nodes to documents, in the order of the source: `cursor` stands behind what has been laid out."""

    def __init__(self, source: Source):
        self.cursor = Cursor(source)
        self.token = self.cursor.token
        self._brackets = 0  # inside them a line may end anywhere

    def node(self, node: ast.Node) -> Doc:
        method = getattr(self, f"on_{type(node).__name__.lower()}", None)
        if method is None:
            raise error("NAS901", f"the formatter has no rule for `{type(node).__name__}`", node.span)
        return method(node)

    # definitions

    def on_use(self, node: ast.Use) -> Doc:
        head = [self.token("use"), " "]
        if node.is_file:
            return [head, self.cursor.literal()]
        first, *rest = node.path.split(".")
        return [head, self.token(first), [[self.token("."), self.token(name)] for name in rest]]

    def on_definition(self, node: ast.Definition) -> Doc:
        head = self.header(node.kind, node)
        if isinstance(node.body, ast.Block):
            body, fits = self.block(node.body)
            return Group([head, " ", body], broken=not fits)
        return [head, " ", self.token("="), self.assigned([node.body])]

    def on_extern(self, node: ast.Extern) -> Doc:
        head = [self.header("extern", node), " ", self.token("->"), " "]
        return [head, self.listed(node.outputs), " ", self.token("="), self.assigned([node.target])]

    def header(self, kind: str, node: ast.Definition | ast.Extern) -> Doc:
        parts: list[Doc] = [self.token(kind), " ", self.token(node.name.id)]
        if self.cursor.sees("("):
            parts.append(self.bracket("(", node.parameters, ")"))
        if node.inputs:
            parts += [" ", self.token("on"), " ", self.listed(node.inputs)]
        return parts

    def on_parameter(self, node: ast.Parameter) -> Doc:
        if node.default is None:
            return self.node(node.name)
        return [self.node(node.name), " ", self.token("="), " ", self.node(node.default)]

    def on_input(self, node: ast.Input) -> Doc:
        if node.type is None:
            return self.node(node.name)
        return [self.node(node.name), self.token(":"), " ", self.node(node.type)]

    def on_typeof(self, node: ast.TypeOf) -> Doc:
        if not node.dims:
            return self.node(node.kind)
        first, *rest = node.dims
        parts: list[Doc] = [self.node(node.kind), self.token("["), self.node(first)]
        parts += [[self.token(","), " ", self.node(size)] for size in rest]
        return [parts, self.token("]")]

    # statements

    def block(self, block: ast.Block) -> tuple[Doc, bool]:
        """The block without a group of its own, and whether its author wrote at most one statement on its line."""
        parts: list[Doc] = []
        opener = self.token("{")
        first = len(self.cursor.tokens)
        elements: list[Callable[[], Doc]] = [] if block.doc is None else [self.cursor.literal]
        elements += [lambda node=node: self.node(node) for node in block.statements]
        for element in elements:
            parts += self.own_lines(parts)
            parts += [self.break_in(parts, self.cursor.after_blank()), element()]
        fits = len(elements) <= 1 and not (elements and self.cursor.tokens[first].newline)
        parts += self.own_lines(parts)
        closer = self.token("}")
        end = Line() if parts or closer.commented else ""
        return [opener, Indent(2, parts), end, closer], fits

    def own_lines(self, before: list[Doc]) -> list[Doc]:
        parts: list[Doc] = []
        for comment in self.cursor.own_lines():
            parts += [self.break_in([*before, *parts], comment.blank), comment.text]
        return parts

    def break_in(self, before: list[Doc], blank: bool) -> Doc:
        return Hard(blank) if before else Line()

    def on_assign(self, node: ast.Assign) -> Doc:
        return [self.listed(node.targets), " ", self.token("="), self.assigned(node.values)]

    def on_augment(self, node: ast.Augment) -> Doc:
        return [self.node(node.target), " ", self.token(node.operator + "="), self.assigned([node.value])]

    def on_share(self, node: ast.Share) -> Doc:
        head = [self.token("share"), " ", self.node(node.target), " "]
        return [head, self.token("="), self.assigned([node.value])]

    def on_for(self, node: ast.For) -> Doc:
        head = [self.token("for"), " ", self.node(node.variable), " ", self.token("in"), " ", self.node(node.iterable)]
        body, fits = self.block(node.body)
        return Group([head, " ", body], broken=not fits)

    def on_if(self, node: ast.If) -> Doc:
        doc, fits = self.branches(node)
        return Group(doc, broken=not fits)

    def branches(self, node: ast.If) -> tuple[list[Doc], bool]:
        head = [self.token("if"), " ", self.node(node.condition), " "]
        then, fits = self.block(node.then)
        if node.otherwise is None:
            return [head, then], fits
        word = [" ", self.token("else"), " "]
        if self.cursor.sees("{"):
            rest, rest_fits = self.block(node.otherwise)
        else:
            [inner] = node.otherwise.statements
            assert isinstance(inner, ast.If)
            rest, rest_fits = self.branches(inner)
        return [head, then, word, rest], fits and rest_fits

    def on_return(self, node: ast.Return) -> Doc:
        return [self.token("return"), " ", self.listed(node.results)]

    def on_result(self, node: ast.Result) -> Doc:
        parts: list[Doc] = [] if node.name is None else [self.node(node.name), " ", self.token("="), " "]
        parts.append(self.node(node.value))
        if node.condition is not None:
            parts += [" ", self.token("if"), " ", self.node(node.condition)]
        return parts

    def on_require(self, node: ast.Require) -> Doc:
        return [self.token("require"), " ", self.node(node.condition)]

    def listed(self, nodes: Sequence[ast.Node]) -> Doc:
        """Nodes with commas between them, outside brackets: as many a line as fit."""
        first, *rest = nodes
        parts: list[Doc] = [self.node(first)]
        for node in rest:
            comma, start = self.token(","), len(self.cursor.tokens)
            doc = self.node(node)
            parts += [comma, Group([Indent(4, Line()), doc], broken=self.cursor.tokens[start].commented)]
        return parts if rest else parts[0]

    def assigned(self, values: Sequence[ast.Expr]) -> Doc:
        """Lay out the right side of `=`."""
        start = len(self.cursor.tokens)
        if len(values) == 1 and isinstance(values[0], ast.Bar) and len(values[0].alternatives) > 1:
            bar = self.bar(values[0], 4)
            return Group([Indent(4, Line()), bar], broken=self.cursor.tokens[start].newline)
        doc = self.listed(values)
        return Indent(4, [Hard(), doc]) if self.cursor.tokens[start].newline else Assigned(doc)

    # decisions and arrows

    def on_bar(self, node: ast.Bar) -> Doc:
        return self.bar(node, 0)

    def bar(self, node: ast.Bar, indent: int) -> Doc:
        """The first alternative `indent` to the right, the others two with their `|` before them."""
        first, *rest = node.alternatives
        return _stacked(self.rows(Indent(indent, self.node(first)), "|", rest, inside=2))

    def on_alternative(self, node: ast.Alternative) -> Doc:
        parts: list[Doc] = [self.token("~")] if node.phantom else []
        parts.append(self.node(node.value))
        if node.label is not None:
            parts += [" ", self.token("as"), " ", self.node(node.label)]
        return parts

    def on_arrow(self, node: ast.Arrow) -> Doc:
        first, *rest = node.parts
        rows = self.rows(self.node(first), "->", rest)
        last = node.parts[-1]
        return _stacked(rows, isinstance(last, ast.Group) if isinstance(last, _BRACKETED) else None)

    def rows(self, first: Doc, operator: str, rest: Sequence[ast.Node], inside: int = 0) -> list[list[Doc]]:
        """`first op item op item` in the rows that the author broke it into.

        Each operator's line is two to the right; an item's own lines are `inside` further.
        """
        rows: list[list[Doc]] = [[first]]
        for item in rest:
            word, doc = self.operator(operator, lambda item=item: self.node(item))
            if word.newline:
                rows.append([])
            rows[-1] += [Indent(2, [Line(), word, " "]), Indent(2 + inside, doc)]
        return rows

    def operator(self, text: str, operand: Callable[[], Doc]) -> tuple[Token, Doc]:
        """An operator that begins a line where lines end: what stands after it in the source comes before it."""
        tokens = self.cursor.tokens
        start = len(tokens)
        word, doc = self.token(text), operand()
        after = tokens[start + 1]
        tokens[start - 1].after += word.after
        word.before += after.before
        word.newline, word.commented = word.newline or after.newline, word.commented or after.commented
        word.after, after.before, after.commented = [], [], False
        return word, doc

    # other expressions

    def on_ternary(self, node: ast.Ternary) -> Doc:
        then = self.node(node.then)
        before_if: Doc = Line() if self._brackets else " "  # a line outside brackets cannot begin with `if`
        condition = [before_if, self.token("if"), " ", self.node(node.condition)]
        word, otherwise = self.operator("else", lambda: self.node(node.otherwise))
        return Group([then, Indent(2, condition), Indent(2, [Line(), word, " ", otherwise])])

    def on_logic(self, node: ast.Logic) -> Doc:
        first, *rest = node.operands
        return self.operators(self.node(first), [(node.operator, item) for item in rest])

    def on_binary(self, node: ast.Binary) -> Doc:
        level = next((level for level in (_SUMS, _PRODUCTS) if node.operator in level), ())
        rest = [(node.operator, node.right)]
        left = node.left
        while isinstance(left, ast.Binary) and left.operator in level:
            rest.append((left.operator, left.right))
            left = left.left
        return self.operators(self.node(left), rest[::-1])

    def operators(self, first: Doc, rest: Sequence[tuple[str, ast.Expr]]) -> Doc:
        parts: list[Doc] = [first]
        for text, operand in rest:
            word, doc = self.operator(text, lambda operand=operand: self.node(operand))
            parts.append(Indent(2, [Line(), word, " ", doc]))
        return Group(parts)

    def on_compare(self, node: ast.Compare) -> Doc:
        parts: list[Doc] = [self.node(node.first)]
        for operator, value in node.rest:
            for word in operator.split():
                parts += [" ", self.token(word)]
            parts += [" ", self.node(value)]
        return parts

    def on_range(self, node: ast.Range) -> Doc:
        lower = self.node(node.lower)
        return [lower, " ", self.token(".." if node.closed else "..<"), " ", self.node(node.upper)]

    def on_unary(self, node: ast.Unary) -> Doc:
        return [self.token(node.operator), " " if node.operator == "not" else "", self.node(node.operand)]

    def on_pick(self, node: ast.Pick) -> Doc:
        return [self.node(node.how), " ", self.token("of"), " ", self.node(node.list)]

    def on_call(self, node: ast.Call) -> Doc:
        return [self.node(node.function), self.bracket("(", node.arguments, ")")]

    def on_argument(self, node: ast.Argument) -> Doc:
        if node.name is None:
            return self.node(node.value)
        return [self.node(node.name), " ", self.token("="), " ", self.node(node.value)]

    def on_index(self, node: ast.Index) -> Doc:
        return [self.node(node.object), self.bracket("[", [node.position], "]", trailing=False)]

    def on_slice(self, node: ast.Slice) -> Doc:
        parts: list[Doc] = [self.node(node.object), self.token("[")]
        self._brackets += 1
        parts += [self.node(node.lower)] if node.lower else []
        parts.append(self.token(":"))
        parts += [self.node(node.upper)] if node.upper else []
        self._brackets -= 1
        return [parts, self.token("]")]

    def on_group(self, node: ast.Group) -> Doc:
        if not isinstance(node.inner, ast.Bar):
            return self.bracket("(", [node.inner], ")", trailing=False)
        opener = self.token("(")
        self._brackets += 1
        bar = self.bar(node.inner, 4)
        self._brackets -= 1
        comments = [[Hard(), comment.text] for comment in self.cursor.own_lines()]
        return Group([opener, Indent(4, Line("")), bar, Indent(4, comments), Line(""), self.token(")")])

    def on_listof(self, node: ast.ListOf) -> Doc:
        return self.bracket("[", node.items, "]")

    def on_comprehension(self, node: ast.Comprehension) -> Doc:
        opener = self.token("[")
        self._brackets += 1
        parts: list[Doc] = [Line(""), self.node(node.element)]
        parts += [[Line(), self.node(clause)] for clause in node.clauses]
        self._brackets -= 1
        return self.closed(opener, parts, "]")

    def on_clause(self, node: ast.Clause) -> Doc:
        parts: list[Doc] = [self.token("for"), " ", self.node(node.variable), " ", self.token("in"), " "]
        parts.append(self.node(node.iterable))
        if node.condition is not None:
            parts += [Line(), self.token("if"), " ", self.node(node.condition)]
        return parts

    def bracket(self, opener: str, nodes: Sequence[ast.Node], closer: str, trailing: bool = True) -> Doc:
        """Nodes in brackets.

        Where they do not fit: on a line of their own; or else one a line, plain names and numbers many a line.
        """
        opened, start = self.token(opener), len(self.cursor.tokens)
        self._brackets += 1
        items: list[tuple[Doc, Doc]] = []
        for i, node in enumerate(nodes):
            separator = self.token(",") if i else ""
            items.append((separator, self.node(node)))
        if trailing and nodes:
            self.cursor.drop_comma()
        self._brackets -= 1
        if len(nodes) == 1 and self.embraces(nodes[0]):
            return [opened, items[0][1], self.token(closer)]
        (_, first), *rest = items or [("", "")]
        commented = any(token.commented for token in self.cursor.tokens[start:])
        if all(_plain(node) for node in nodes) and not commented:
            inner: Doc = [first, *([comma, Group([Line(), doc])] for comma, doc in rest)]
        else:
            inner = Group([first, *([comma, Line(), doc] for comma, doc in rest), IfBroken("," if trailing else "")])
        return self.closed(opened, [Line(""), inner] if nodes else [], closer)

    def embraces(self, node: ast.Node) -> bool:
        """Return True if brackets around this node alone need no separate lines, since it has brackets itself."""
        value = node.value if isinstance(node, ast.Argument) and node.name is None else node
        return isinstance(value, ast.ListOf | ast.Comprehension)

    def closed(self, opener: Token, parts: list[Doc], closer: str) -> Doc:
        comments: list[Doc] = [[Hard(), comment.text] for comment in self.cursor.own_lines()]
        last = self.token(closer)
        return Group([opener, Indent(2, [*parts, *comments]), Line("") if parts or last.commented else "", last])

    # leaves

    def on_number(self, node: ast.Number) -> Doc:
        return self.token(node.span.text)

    def on_string(self, node: ast.String) -> Doc:
        return self.cursor.literal()

    def on_bool(self, node: ast.Bool) -> Doc:
        return self.token("true" if node.value else "false")

    def on_searching(self, node: ast.Searching) -> Doc:
        return self.token("searching")

    def on_name(self, node: ast.Name) -> Doc:
        return self.token(node.id)


def _plain(node: ast.Node) -> bool:
    if isinstance(node, ast.Parameter):
        return node.default is None or isinstance(node.default, _ATOMS)
    return isinstance(node.value if isinstance(node, ast.Argument) else node, _ATOMS)


def _stacked(rows: list[list[Doc]], hug: bool | None = None) -> Doc:
    """Rows under one another, each on its line if it fits.

    With `hug` given, lines may end inside the brackets of the last item while its row stays on one line: if they have
    to, and if true, to save width.
    """
    *above, last = rows
    tail = None if hug is None else last[-1]
    if not above:
        return Group(last, tail=tail.doc if isinstance(tail, Indent) else None, hug=bool(hug))
    lines = [[row[0], Group(row[1:])] for row in above]
    return Group([*lines, [last[0], Group(last[1:], tail=tail, hug=bool(hug))]], broken=True)
