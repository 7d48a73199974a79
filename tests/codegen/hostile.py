"""Spaces with hostile text in every place that takes text, each beside a harmless twin.

As a script it tries as many as asked for: `python -m tests.codegen.hostile 20000 [SEED]`.
"""

from __future__ import annotations

import keyword
import random
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from torch import nn

import nasdsl
from nasdsl.ops.table import PRIMITIVES
from nasdsl.semantics.scopes import FUNCTIONS, QUANTIFIERS

SPACE = '''
"""{doc}"""
use "{library}"
extern {ext}({argument} = "a", {second} = 1) on x: image[C, H, W] -> image[C, H, W] = "my.layers:Gate"
choice {choice}(c) = (conv(3) as {label}) | {block}(c) | skip
block {block}(c) on {inner} {{
  {local} = {inner} -> conv(c) -> relu -> {used}
  return sum([{local}, {inner}])
}}
cell {cell}(c) on {left}, {right} {{
  s = [{left}, {right}]
  for {turn} in 2 ..< 4 {{ s += [sum(2 of [t -> {choice}(c) for t in s])] }}
  return sum(s[2:])
}}
space hostile({word} = "b", n = 3) on {image}: image[4, 8, 8] {{
  """{doc}"""
  {state} = {image}
  for {loop} in 0 ..< n {{ {state} = {state} -> ({choice}(3) as {step}) -> shuffle({loop} % 2 + 1) }}
  {mode} = "{first}" | "{other}"
  {op} = (conv({word} == "b" ? 3) | conv(5)) as {named}
  share {shared} = conv(3 | 5)
  {state} = {state} -> {ext}("{text}") -> {ext}("{text}", 2) -> {ext} -> {op} -> {op}
  {state} = ({state} -> {shared} if {mode} == "{first}" else {state} -> bn -> {shared})
  {state} = [{state}, {state} -> relu] -> {cell}(1)
  return {state} -> shuffle(2) -> global_avg_pool -> linear(10), {result} = {state} -> global_avg_pool
}}
'''.replace('conv({word} == "b" ? 3)', "conv(3)").lstrip()
LIBRARY = "block {used} on {inner} = {inner} -> conv(1) -> bn\n"

_NAMES = """
    doc library ext argument second choice label block inner local used cell left right turn word image state loop
    step mode first other op named shared text result value
"""
NAMES = tuple(_NAMES.split())
TEXTS = frozenset({"doc", "library", "first", "other", "text", "value"})

# What may do harm where it comes out unquoted.
PIECES = (
    *('"', "'", '"""', "'''", "\\", "\\\\", "\n", "\r", "\r\n", "\t", "\x0b", "\x0c", "\x1c", "\x85", "\u2028"),
    *("\u2029", "\x00", "\x1b[31m", "\x9b", "\u202e", "\ufeff", "\\N{BULLET}", "\\x41", "\\u0041", "{", "}", "{0}"),
    *("{kernel}", "%s", "#", ":", ";", ",", ", None", ", lambda:", "lambda: 0", ")", "(", "]", "`", "$", "²", "①"),
    *("ﬁ", "fi", "ª", "K", "Å", "Å", "é", "日本", "\U0001f600", "\x010\x02", "\x03, \x010\x02\x04", "\x050\x06"),
    *("import os", "    def forward(self)", "class X:", "__import__('os')", "exec", "Network", "torch.", "F.", "scan("),
    *("Callable[", "choose(", "a", "b", "1", "_", " ", "<script>", "&lt;", "]]>", "-->", "*/"),
)
_WORDS = """
    class def lambda None True import is async match case type _ __init__ __class__ __dict__ __name
    self super choices sum torch nn F choose chosen once turn average searched masked scan unused x x1 x2
    forward training key table layout uses most size kernel channels groups parts axis at by rate features
    Network Tensor Callable Weights ElasticConv2d Attention Shift Zero hostile Hostile conv bn relu select
    conv_2 conv_3 conv_part forward_part x_2 sum_2 select_2 each_i extern Extern extern_2 ExternGate
    int float str bool tuple list dict object print exec eval open module modules_ item Item Part Gate
"""
WORDS = (*_WORDS.split(), *dir(nn.Module()))
LANGUAGE = frozenset({"extern", *PRIMITIVES, *FUNCTIONS, *QUANTIFIERS})


@dataclass(frozen=True)
class Pair:
    """Texts of a space and of its twin, by place."""

    hostile: dict[str, str]
    twin: dict[str, str]


def draw(rng: random.Random) -> Pair:
    """Hostile text in some places, harmless text in the others; what is distinct in one is so in the other."""
    twin = {name: f"w{i}" for i, name in enumerate(NAMES)}
    hostile, taken = dict(twin), {"s", "t", "c", "n", "hostile"}
    for name in rng.sample(NAMES, rng.randint(1, 5) if rng.random() < 0.5 else len(NAMES)):
        if name in TEXTS:
            text = "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 6)))
        else:
            text = rng.choice(WORDS)
            if text in LANGUAGE or (refused(text) and rng.random() < 0.98):
                continue  # a name of the language would mean something else in the file itself
        if text not in taken and text not in hostile.values():
            hostile[name] = text
    return Pair(hostile, twin)


def refused(word: str) -> bool:
    """Whether no name may be so: most spaces should get as far as generated code."""
    return keyword.iskeyword(word) or word.startswith("__")


def literal(text: str) -> str:
    """The text between the quotes of a string of the language."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def file_name(text: str) -> str:
    """What the file system takes of it."""
    return (text.replace("/", "_").replace("\x00", "_")[:60] or "_") + ".nas"


def write(texts: dict[str, str], folder: Path) -> Path:
    """The space as files; `value` is what its parameter is given."""
    folder.mkdir(parents=True, exist_ok=True)
    library = file_name(texts["library"])
    placed = {name: literal(text) if name in TEXTS else text for name, text in texts.items()}
    placed |= {"library": literal(library), "doc": texts["doc"].replace('"""', "''").rstrip('"')}
    (folder / library).write_text(LIBRARY.format(**placed), encoding="utf-8", newline="")
    path = folder / ("main " + library)
    path.write_text(SPACE.format(**placed), encoding="utf-8", newline="")
    return path


def sources(texts: dict[str, str], folder: Path, seed: int) -> list[str]:
    """Supernet and a network.  Raises `NasError` where the file is refused."""
    space = nasdsl.load(write(texts, folder), **{texts["word"]: texts["value"]})
    return [space.supernet_source(), space.source(space.sample(1, seed)[0])]


def attempt(seed: int) -> bool:
    """Compare one hostile space with its twin; False where the hostile one is refused, by a coded error."""
    from alike import assert_alike

    pair = draw(random.Random(seed))
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = sources(pair.hostile, Path(folder) / "hostile", seed)
        except nasdsl.NasError:
            return False
        for one, two in zip(found, sources(pair.twin, Path(folder) / "twin", seed), strict=True):
            assert_alike(one, two)
            compile(one, "hostile", "exec", dont_inherit=True)
    return True


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    number, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    taken = 0
    for seed in range(first, first + number):
        try:
            taken += attempt(seed)
        except Exception:
            print("seed", seed)
            raise
    print(f"{number} texts, {taken} accepted, {number - taken} refused by a coded error")
