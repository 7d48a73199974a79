"""Each recipe trains a small network of its space, and what a training takes over from an architecture."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

import nasdsl
from nasdsl import NasError
from nasdsl.passes.restrict import derive
from nasdsl.training import recipes
from nasdsl.training.drop_path import paths
from nasdsl.training.recorded_parameters import with_recorded_parameters

CELLS = {"channels": 4, "layers": 3, "nodes": 2}
WORDS = {"hidden": 6, "nodes": 3, "steps": 5}
# The auxiliary head of DARTS's network for ImageNet needs images of full size.
IMAGENET = {**CELLS, "layers": 2}
SMALL: dict[str, tuple[str, dict[str, Any]]] = {
    "darts-cifar": ("darts", CELLS),
    "pdarts-cifar": ("darts", CELLS),
    "pcdarts-cifar": ("darts", CELLS),
    "darts-imagenet": ("darts_imagenet", IMAGENET),
    "pdarts-imagenet": ("darts_imagenet", IMAGENET),
    "pcdarts-imagenet": ("darts_imagenet", IMAGENET),
    "proxylessnas-imagenet": ("proxylessnas", {"resolution": 32}),
    "spos-imagenet": ("spos_shufflenet", {"resolution": 32}),
    "enas-macro": ("enas_macro", {"filters": 4, "layers": 3}),
    "enas-micro": ("enas_micro", {"filters": 4, "layers": 1, "nodes": 2}),
    "darts-ptb": ("darts_rnn", WORDS),
    "enas-ptb": ("enas_rnn", WORDS),
    "digits": ("tiny", {"channels": 4}),
}


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("text")
    for part, lines in (("train", 12), ("valid", 12), ("test", 2)):
        (folder / f"{part}.txt").write_text("a b c d b a d c\n" * lines)
    return f"text:{folder}"


@pytest.mark.parametrize("name", recipes.names())
def test_each_recipe_trains(name: str, text: str, tmp_path: Path) -> None:
    kind, small = SMALL[name]
    recipe, space = recipes.find(name), nasdsl.load(kind, **small)
    arch = space.sample(seed=2)[0]
    words = kind.endswith("_rnn")
    given: dict[str, Any] = (
        {"data": text, "batch_size": 2} if words else {"data": "digits", "batch_size": 4, "limit": 8}
    )
    done = nasdsl.retrain(space, arch, out=tmp_path / "r", recipe=name, epochs=1, device="cpu", **given)
    config = json.loads((tmp_path / "r" / "config.json").read_text())
    taken = {key: config["settings"]["options"][key] for key in recipe.options}
    assert taken == recipe.options
    parameters = config["space"]["parameters"]
    assert parameters == {**parameters, **recipe.parameters, **small}
    assert not [note for note in config["notes"] if "parameter" in note or "auxiliary" in note]
    assert ("aux" in space.rebind(**{**recipe.parameters, **small}).graph(False).output_names) == (
        recipe.options.get("auxiliary", 0) > 0
    )
    assert [math.isfinite(row["loss"]) for row in done.metrics] == [True]
    assert done.test_perplexity if words else done.test_accuracy is not None


def test_paths_of_enas_micro_are_dropped_by_their_depth() -> None:
    """In the first of 17 cells 1/17 of the rate, in the last all of it."""
    space = nasdsl.load("enas_micro", layers=15, filters=4, nodes=2)
    first = {decision.key: 0 for decision in space.decisions}  # separable convolutions of the first input
    graph = derive(space.graph(False), space.architecture(first).choices)
    places = [place for _, place in paths(graph)]
    assert len(places) == 17 * 2 * 2  # two sides of two nodes
    assert sorted(set(places)) == pytest.approx([layer / 17 for layer in range(1, 18)])


@pytest.mark.parametrize("layers", [3, 4, 6])
def test_a_macro_network_is_as_deep_as_its_architecture(layers: int, tmp_path: Path) -> None:
    """The recipe says nothing of layers."""
    found = nasdsl.load("enas_macro", layers=layers, filters=8).sample(seed=1)[0]
    found.save(tmp_path / "a.json")
    for way, architecture in (("file", tmp_path / "a.json"), ("object", found)):
        nasdsl.retrain(
            nasdsl.load("enas_macro", filters=4), architecture, recipe="enas-macro", out=tmp_path / way, device="cpu",
            data="digits", limit=8, epochs=1, batch_size=4,
        )  # fmt: skip
        config = json.loads((tmp_path / way / "config.json").read_text())
        assert config["space"]["parameters"] == {"layers": layers, "filters": 4, "classes": 10, "drop": 0.5}
        assert f"setting `layers` to {layers}, as required by the architecture" in config["notes"]
        assert config["architecture"]["decisions"] == found.decisions


def test_what_is_given_counts_before_the_architecture(tmp_path: Path) -> None:
    arch = nasdsl.load("enas_macro", layers=4, filters=8).sample(seed=1)[0]
    arch.save(tmp_path / "a.json")
    for architecture in (arch, tmp_path / "a.json"):
        with pytest.raises(NasError) as failure:
            with_recorded_parameters(nasdsl.load("enas_macro", layers=5), architecture)
        assert failure.value.diagnostics[0].code in ("NAS522", "NAS523")
    space, same, taken = with_recorded_parameters(nasdsl.load("enas_macro"), arch)
    assert (space.parameters["layers"], space.parameters["filters"], taken) == (4, 24, {"layers": 4})
    assert same.choices == arch.choices
    alike = nasdsl.load("darts", channels=4, layers=3).sample(seed=1)[0]
    space, same, taken = with_recorded_parameters(nasdsl.load("darts"), alike)
    assert (space.parameters["layers"], same.choices, taken) == (8, alike.choices, {})


@pytest.mark.parametrize(
    "parameters", [{"layers": "deep"}, {"layers": [4]}, {"layers": -1}, {"depth": 4}, {"layers": 5}, {}, []]
)
def test_recorded_parameters_that_do_not_fit(parameters: Any, tmp_path: Path) -> None:
    arch = nasdsl.load("enas_macro", layers=4).sample(seed=1)[0]
    (tmp_path / "a.json").write_text(json.dumps({**arch.to_json(), "parameters": parameters}))
    with pytest.raises(NasError) as failure:
        with_recorded_parameters(nasdsl.load("enas_macro"), tmp_path / "a.json")
    assert failure.value.diagnostics[0].code in ("NAS521", "NAS522", "NAS523")


def test_an_architecture_of_another_space(tmp_path: Path) -> None:
    arch = nasdsl.load("tiny").sample(seed=1)[0]
    arch.save(tmp_path / "a.json")
    for architecture in (arch, tmp_path / "a.json"):
        with pytest.raises(NasError, match="NAS522"):
            with_recorded_parameters(nasdsl.load("enas_macro"), architecture)
