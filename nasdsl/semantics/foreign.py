"""The names that operations of other libraries have here."""

from __future__ import annotations

import re
from collections.abc import Collection

# Without case, underscores and a number of dimensions: `BatchNorm2d` is `batchnorm`.
_OPERATIONS = {
    "adaptiveavgpool": "global_avg_pool",
    "averagepooling": "avg_pool",
    "averagepool": "avg_pool",
    "avgpooling": "avg_pool",
    "batchnorm": "bn",
    "batchnormalization": "bn",
    "channelshuffle": "shuffle",
    "convolution": "conv",
    "dense": "linear",
    "fc": "linear",
    "fullyconnected": "linear",
    "gap": "global_avg_pool",
    "globalaveragepool": "global_avg_pool",
    "globalaveragepooling": "global_avg_pool",
    "hswish": "hardswish",
    "layernormalization": "layer_norm",
    "maxpooling": "max_pool",
    "multiheadattention": "attention",
    "norm": "bn",
    "skip": "identity",
    "skipconnect": "identity",
    "swish": "silu",
}
_FORMS = {
    "False": "`false`",
    "None": "nothing: leave it out",
    "True": "`true`",
    "add": "`a + b`, or `sum([a, b])`",
    "cat": "`concat([a, b])`",
    "concatenate": "`concat([a, b])`",
    "range": "`0 ..< n`",
    "sequential": "`->`: one operation after another",
}


def native(name: str, known: Collection[str]) -> str:
    """The form here of a name from another library, names in backticks; empty if it is not known."""
    if form := _FORMS.get(name) or _FORMS.get(name.lower()):
        return form
    plain = _plain(name)
    same = sorted(item for item in known if _plain(item) == plain)
    for item in (*same, _OPERATIONS.get(plain, "")):
        if item in known:
            return f"`{item}`"
    return ""


def _plain(name: str) -> str:
    return re.sub(r"[123]d$", "", name.lower().replace("_", ""))
