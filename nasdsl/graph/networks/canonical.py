"""Networks up to isomorphism: a certificate that two networks share just when they are the same, and symmetries.

Colours are refined until vertices of one colour look alike (as in McKay and Piperno, Practical graph isomorphism
II, 2014).  A vertex of a colour of its own is fixed; what is left falls into parts that only meet in fixed
vertices and are treated each by themselves.  A part in which nothing is fixed tries each vertex of its smallest
colour in turn.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import comb
from typing import Any

from nasdsl.diagnostics import error
from nasdsl.graph.networks.algebra import Network
from nasdsl.graph.trampoline import Steps, run_steps

MAX_SYMMETRIES = 100_000  # they are gone through one by one, within a part where nothing is fixed
Colours = dict[int, int]
Certificate = Any


@dataclass(frozen=True)
class Canonical:
    """`certificate` is equal for equal networks.  `fillings` is the number of different networks that come of
    choosing an option for every open vertex."""

    certificate: Certificate
    fillings: int


def canonical(network: Network) -> Canonical:
    """Compute the canonical form.  Raises NAS527 if a network with open vertices has too many symmetries."""
    names = {name: i for i, name in enumerate(sorted(set(network.labels)))}
    certificate, fillings = run_steps(_Form(network, names).run())
    return Canonical((tuple(names), certificate), fillings)


def digest(network: Network) -> str:
    """The certificate as a short text, the same on every machine."""
    data = json.dumps(canonical(network).certificate, separators=(",", ":"))
    return hashlib.sha256(data.encode()).hexdigest()[:32]


class _Form:
    def __init__(self, network: Network, names: dict[str, int]):
        self.slots, self.options = network.slots, network.options
        self.labels = [names[label] for label in network.labels]
        number = len(self.labels)
        self.users: list[list[tuple[int, int]]] = [[] for _ in range(number)]
        for vertex, slots in enumerate(self.slots):
            for position, slot in enumerate(slots):
                for operand in slot:
                    self.users[operand].append((vertex, position))
        self.shown: list[list[int]] = [[] for _ in range(number)]
        for position, value in enumerate(network.outputs):
            for vertex in value:
                self.shown[vertex].append(position)
        self.outputs = network.outputs

    def run(self) -> Steps:
        number = len(self.labels)
        above, below = [0] * number, [0] * number
        for vertex in range(number):
            above[vertex] = 1 + max((above[v] for slot in self.slots[vertex] for v in slot), default=0)
        for vertex in range(number - 1, -1, -1):
            below[vertex] = 1 + max((below[v] for v, _ in self.users[vertex]), default=0)
        marks = {
            vertex: (above[vertex], below[vertex], self.labels[vertex], tuple(self.shown[vertex]))
            for vertex in range(number)
        }
        return (yield self._solve(list(range(number)), _ranked(marks, 0), {}))

    # colours

    def _refine(self, part: list[int], colours: Colours, around: Colours) -> Colours:
        """Until vertices of one colour have operands and users of the same colours.  `around` is outside, and fixed."""
        colour_of = {**around, **colours}
        base = _base(around)
        number = len(set(colours.values()))
        while number < len(part):
            marks: dict[int, Any] = {}
            for vertex in part:
                operands = tuple([tuple(sorted([colour_of[v] for v in slot])) for slot in self.slots[vertex]])
                users = sorted([(colour_of[v], position) for v, position in self.users[vertex]])
                marks[vertex] = colour_of[vertex], operands, tuple(users)
            colours = _ranked(marks, base)
            colour_of.update(colours)
            before, number = number, len(set(colours.values()))
            if before == number:
                break
        return colours

    # parts

    def _solve(self, part: list[int], colours: Colours, around: Colours) -> Steps:
        """Certificate and number of fillings of a part, where all around it is fixed."""
        if not part:
            return (), 1
        before, colours = colours, self._refine(part, colours, around)
        history = tuple(sorted({(colours[vertex], before[vertex]) for vertex in part}))
        counts = Counter(colours.values())
        fixed = sorted((colours[vertex], vertex) for vertex in part if counts[colours[vertex]] == 1)
        known = {**around, **{vertex: colour for colour, vertex in fixed}}
        if len(fixed) == len(part):
            fillings = 1
            for vertex in part:
                fillings *= len(self.options.get(vertex, "?"))
            return (history, self._written(fixed, known)), fillings
        rest = self._connected([vertex for vertex in part if counts[colours[vertex]] > 1])
        if len(rest) == 1 and not fixed:
            certificate, fillings = yield self._individualised(part, colours, around)
            return (history, certificate), fillings
        fillings = 1
        for _, vertex in fixed:
            fillings *= len(self.options.get(vertex, "?"))
        found: dict[Certificate, list[int]] = {}
        for each in rest:
            inner = {vertex: colours[vertex] for vertex in each}
            certificate, number = yield self._solve(each, inner, known)
            found.setdefault(certificate, []).append(number)
        for numbers in found.values():  # equal parts can be exchanged: their fillings are a multiset
            fillings *= comb(numbers[0] + len(numbers) - 1, len(numbers))
        inside = tuple(sorted((certificate, len(numbers)) for certificate, numbers in found.items()))
        # an edge from a fixed vertex to one of several equal parts is written where the part is
        return (history, self._written(fixed, {**known, **colours}), inside), fillings

    def _written(self, fixed: list[tuple[int, int]], colour_of: Colours) -> Certificate:
        return tuple(
            (
                colour,
                self.labels[vertex],
                tuple(self.shown[vertex]),
                tuple(tuple(sorted(colour_of[v] for v in slot)) for slot in self.slots[vertex]),
            )
            for colour, vertex in fixed
        )

    def _connected(self, rest: list[int]) -> list[list[int]]:
        left = set(rest)
        found: list[list[int]] = []
        for start in rest:
            if start not in left:
                continue
            left.discard(start)
            part, pending = [], [start]
            while pending:
                vertex = pending.pop()
                part.append(vertex)
                near = [v for slot in self.slots[vertex] for v in slot] + [v for v, _ in self.users[vertex]]
                for other in near:
                    if other in left:
                        left.discard(other)
                        pending.append(other)
            found.append(sorted(part))
        return found

    # symmetry

    def _individualised(self, part: list[int], colours: Colours, around: Colours) -> Steps:
        """The least certificate over the vertices of one colour; fillings by Burnside's lemma."""
        classes: dict[int, list[int]] = {}
        for vertex in part:
            classes.setdefault(colours[vertex], []).append(vertex)
        _, colour = min((len(members), colour) for colour, members in classes.items())
        tried: list[Colours] = []
        best = None
        for chosen in classes[colour]:
            marks = {vertex: (colours[vertex], vertex != chosen) for vertex in part}
            split = _ranked(marks, _base(around))
            refined = self._refine(part, split, around)
            if any(True for other in tried for _ in self._maps(part, other, refined)):
                continue  # a symmetry leads from another one to this: what follows is the same
            tried.append(refined)
            inner, _ = yield self._solve(part, split, around)
            certificate = tuple(sorted({(split[vertex], colours[vertex]) for vertex in part})), inner
            if best is None or certificate < best:
                best = certificate
        fillings = 1
        if any(vertex in self.options for vertex in part):
            total = order = 0
            for image in self._maps(part, colours, colours):
                order += 1
                if order > MAX_SYMMETRIES:
                    raise error("NAS527", f"a network of this space has more than {MAX_SYMMETRIES:,} symmetries")
                total += self._unchanged(image)
            fillings = total // order
        return best, fillings

    def _maps(self, part: list[int], colours: Colours, others: Colours) -> Iterator[dict[int, int]]:
        """All ways to map a part onto itself that turn the one colouring into the other and keep operands."""
        classes: dict[int, list[int]] = {}
        for vertex in part:
            classes.setdefault(others[vertex], []).append(vertex)
        order = sorted(part)  # operands come before their users
        image: dict[int, int] = {}
        used: set[int] = set()
        choices = [iter(classes.get(colours[order[0]], ()))]
        while choices:
            at = len(choices) - 1
            vertex = order[at]
            if vertex in image:
                used.discard(image.pop(vertex))
            for candidate in choices[-1]:
                if candidate not in used and self._fits(vertex, candidate, image):
                    image[vertex] = candidate
                    used.add(candidate)
                    break
            else:
                choices.pop()
                continue
            if at + 1 == len(order):
                yield image
            else:
                choices.append(iter(classes.get(colours[order[at + 1]], ())))

    def _fits(self, vertex: int, candidate: int, image: dict[int, int]) -> bool:
        return all(
            sorted(image.get(v, v) for v in slot) == sorted(other)
            for slot, other in zip(self.slots[vertex], self.slots[candidate], strict=True)
        )

    def _unchanged(self, image: dict[int, int]) -> int:
        """Return the number of fillings that a symmetry leaves unchanged: open vertices in one cycle are equal."""
        number = 1
        seen: set[int] = set()
        for vertex in image:
            if vertex in self.options and vertex not in seen:
                number *= len(self.options[vertex])
                while vertex not in seen:
                    seen.add(vertex)
                    vertex = image[vertex]
        return number


def _base(around: Colours) -> int:
    """The first colour that nothing around a part has."""
    return max(around.values(), default=-1) + 1


def _ranked(marks: dict[int, Any], base: int) -> Colours:
    """Numbers from `base` on in the order of the marks."""
    rank = {mark: base + i for i, mark in enumerate(sorted(set(marks.values())))}
    return {vertex: rank[mark] for vertex, mark in marks.items()}
