"""Compute the nodes that are live whenever a node is: through all its plain operands, and through every allowed
choice among its guarded ones."""

from __future__ import annotations

import heapq

from nasdsl.graph.archgraph import ArchGraph

Groups = dict[str, dict[int, list[int]]]


class MustUse:
    """`of[id]` leads, followed as edges, to all that node `id` needs for certain.

    `groups[id]` holds the guarded operands by decision and candidate.
    """

    def __init__(self, graph: ArchGraph):
        self.graph = graph
        self.of: dict[int, list[int]] = {}
        self.groups: dict[int, Groups] = {}
        for node in graph.nodes:
            plain: list[int] = []
            groups: Groups = {}
            for operand, guard in zip(node.operands, node.guards, strict=True):
                if guard is None or guard.key in graph.determined:  # what nothing else uses, the output does
                    plain.append(operand)
                else:
                    groups.setdefault(guard.key, {}).setdefault(guard.candidate, []).append(operand)
            for key, candidates in groups.items():
                plain.extend(self._common(key, candidates))
            self.of[node.id] = list(dict.fromkeys(plain))
            if groups:
                self.groups[node.id] = groups

    def _common(self, key: str, candidates: dict[int, list[int]]) -> list[int]:
        """The last nodes that every allowed choice among the candidates needs.

        Walks down from all candidates at once, later nodes first, and ends where every waiting node is reached from
        enough candidates.  What a found node needs itself is walked too, but only to see that it is no news.
        """
        decision = self.graph.decisions[key]
        real = decision.real
        enough = len(real) if decision.kind == "one" else len(real) - decision.least + 1
        if enough > len(real) or sum(i in candidates for i in real) < enough:
            return []
        covered = (2 << len(real)) - 1  # one bit more than there are candidates
        waiting: dict[int, int] = {}
        heap: list[int] = []
        uncertain = 0

        def reach(id: int, mask: int) -> int:
            """Return the change of the number of uncertain nodes."""
            before = waiting.get(id, 0)
            if not before:
                heapq.heappush(heap, -id)
            waiting[id] = before | mask
            return (waiting[id].bit_count() < enough) - (0 < before.bit_count() < enough)

        for position, i in enumerate(real):
            for operand in candidates.get(i, ()):
                uncertain += reach(operand, 1 << position)
        found: list[int] = []
        while uncertain:
            id = -heapq.heappop(heap)
            mask = waiting.pop(id)
            if mask.bit_count() < enough:
                uncertain -= 1
            elif mask != covered:
                found.append(id)
                mask = covered
            for operand in self.of[id]:
                uncertain += reach(operand, mask)
        return found + [id for id, mask in waiting.items() if mask != covered]
