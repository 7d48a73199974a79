"""What one architecture needs: a walk from the outputs over operands whose guards hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from nasdsl.graph.archgraph import ArchGraph
from nasdsl.graph.costs import Branch, Cost

Choice = int | tuple[int, ...]


@dataclass
class Live:
    """The decisions that an architecture makes, and the parameters and multiply-accumulates of what it needs."""

    choices: dict[str, Choice] = field(default_factory=dict)
    cost: Cost = (0, 0)


def live(graph: ArchGraph, choose: Callable[[str], Choice]) -> Live:
    """`choose` is asked once for each decision that is live.  A decision is live where an operand of a node that is
    needed depends on it, or an attribute that such a node has under the choices made so far."""
    found = Live()
    params = macs = 0

    def chosen(key: str) -> Choice:
        if key not in found.choices:
            found.choices[key] = choose(key)
        return found.choices[key]

    later: list[Branch] = []  # costs that follow from what is unused
    pending = list(graph.outputs)
    seen = set(pending)
    while pending:
        node = graph.node(pending.pop())
        cost = graph.costs[node.id]
        while isinstance(cost, Branch) and cost.key not in graph.determined:
            cost = cost.taken(chosen(cost.key))
        if isinstance(cost, Branch):
            later.append(cost)
        else:
            params, macs = params + cost[0], macs + cost[1]
        for operand, guard in zip(node.operands, node.guards, strict=True):
            if guard is not None and guard[0] not in graph.determined:  # what is unused is needed by the output alone
                value = chosen(guard[0])
                if guard[1] != value if isinstance(value, int) else guard[1] not in value:
                    continue
            if operand not in seen:
                seen.add(operand)
                pending.append(operand)
    for tree in later:
        cost = tree
        while isinstance(cost, Branch):
            settled = graph.determined.get(cost.key)
            cost = cost.taken(settled.members(found.choices) if settled else chosen(cost.key))
        params, macs = params + cost[0], macs + cost[1]
    found.cost = params, macs
    return found
