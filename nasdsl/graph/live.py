"""Find the live nodes of an architecture: walk from the outputs over operands whose guards hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from nasdsl.graph.archgraph import ArchGraph
from nasdsl.graph.costs import Branch, Cost, DeterminedCost

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

    last: list[DeterminedCost] = []
    loose: list[tuple[int, str, int]] = []
    pending = list(graph.outputs)
    seen = set(pending)
    while pending or loose:
        if not pending:
            # only later elements of a list use an earlier one: with them walked, it is known whether it is used
            number, key, operand = loose.pop(loose.index(max(loose)))
            if operand not in seen and graph.determined[key].has(number, found.choices):
                seen.add(operand)
                pending.append(operand)
            continue
        node = graph.node(pending.pop())
        cost = graph.costs[node.id]
        while isinstance(cost, Branch):
            value = chosen(cost.key)
            cost = cost.parts[value if isinstance(value, int) else cost.member in value]
        if isinstance(cost, DeterminedCost):
            last.append(cost)
        else:
            params, macs = params + cost[0], macs + cost[1]
        for operand, guard in zip(node.operands, node.guards, strict=True):
            if guard is not None:
                if guard.key in graph.determined:
                    loose.append((guard.candidate, guard.key, operand))
                    continue
                if not guard.admits(chosen(guard.key)):
                    continue
            if operand not in seen:
                seen.add(operand)
                pending.append(operand)
    members = {key: item.members(found.choices) for key, item in graph.determined.items()} if last else {}
    costs = [cost.under(members) for cost in last]
    found.cost = params + sum(cost[0] for cost in costs), macs + sum(cost[1] for cost in costs)
    return found
