"""Plug-ins by name, found through entry points; loaded when first used."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from nasdsl.diagnostics import error, suggest

# Also here, so that a bare checkout works without an install.
_BUILT_IN = {
    "nasdsl.strategies": {
        "darts": "nasdsl.oneshot.strategies.darts:Darts",
        "drnas": "nasdsl.oneshot.strategies.drnas:Drnas",
        "enas": "nasdsl.oneshot.strategies.enas:Enas",
        "fairnas": "nasdsl.oneshot.strategies.fairnas:FairNas",
        "fbnet": "nasdsl.oneshot.strategies.fbnet:Fbnet",
        "gdas": "nasdsl.oneshot.strategies.gdas:Gdas",
        "pcdarts": "nasdsl.oneshot.strategies.pcdarts:PcDarts",
        "pdarts": "nasdsl.oneshot.strategies.pdarts:Pdarts",
        "proxyless": "nasdsl.oneshot.strategies.proxyless:Proxyless",
        "random": "nasdsl.oneshot.strategies.random:RandomSearch",
        "rsps": "nasdsl.oneshot.strategies.rsps:Rsps",
        "sandwich": "nasdsl.oneshot.strategies.sandwich:Sandwich",
        "snas": "nasdsl.oneshot.strategies.snas:Snas",
        "spos": "nasdsl.oneshot.strategies.spos:Spos",
    },
    "nasdsl.datasets": {
        name: f"nasdsl.data.images:{name}"
        for name in ("digits", "mnist", "fashion_mnist", "cifar10", "cifar100", "folder")
    }
    | {name: f"nasdsl.data.text:{name}" for name in ("ptb", "text")},
    "nasdsl.notations": {
        "darts": "nasdsl.notations.darts:Darts",
        "darts-rnn": "nasdsl.notations.darts:DartsRecurrent",
        "enas-macro": "nasdsl.notations.enas:EnasMacro",
        "enas-micro": "nasdsl.notations.enas:EnasMicro",
        "enas-rnn": "nasdsl.notations.enas:EnasRecurrent",
        "nasbench101": "nasdsl.notations.nasbench101:NasBench101",
        "nasbench201": "nasdsl.notations.nasbench201:NasBench201",
        "nasbench201-index": "nasdsl.notations.nasbench201:NasBench201Index",
        "nasdsl": "nasdsl.notations.native:Own",
        "ofa": "nasdsl.notations.ofa:Ofa",
        "ofa-resnet": "nasdsl.notations.ofa:OfaResNet",
    },
}

_KINDS = {"nasdsl.strategies": "strategy", "nasdsl.datasets": "data set", "nasdsl.notations": "notation"}


def names(group: str) -> dict[str, str]:
    """Map names to `module:attribute`.  Raises NAS805 if two packages claim a name."""
    table = dict(_BUILT_IN[group])
    for point in entry_points(group=group):
        if table.get(point.name, point.value) != point.value:
            raise error("NAS805", f"`{point.name}` is provided by two packages: {table[point.name]} and {point.value}")
        table[point.name] = point.value
    return table


def find(group: str, name: str) -> Any:
    table = names(group)
    if name not in table:
        known = suggest(name, table) or "known: " + ", ".join(sorted(table))
        raise error("NAS805", f"unknown {_KINDS[group]} `{name}`", help=known)
    module, _, attribute = table[name].partition(":")
    try:
        return getattr(import_module(module), attribute)
    except ImportError as failure:
        raise error("NAS812", f"`{name}` needs a package that is not installed: {failure.name or failure}") from None
