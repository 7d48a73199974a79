"""Every diagnostic code with its slug and one line of meaning.  A number is never reused.

The hundred is the stage: 1 syntax, 2 names and imports, 3 types and parameters, 4 shapes and graph,
5 meaning of the search space, 6 passes and options, 7 code generation, 8 search, data and checkpoints,
9 a fault of the compiler itself.
"""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    slug: str
    summary: str


CODES: dict[str, Code] = {
    # 1 syntax
    "NAS101": Code("syntax", "The text does not follow the grammar at this place."),
    "NAS102": Code("unclosed", "A bracket, brace or string is opened and never closed."),
    "NAS103": Code("character", "A character that the language has no use for."),
    "NAS104": Code("foreign-syntax", "A form of another language, with the way it is written here."),
    "NAS105": Code("too-deep", "Expressions are nested more deeply than the compiler accepts."),
    "NAS106": Code("encoding", "The file is not UTF-8 text."),
    "NAS107": Code("number", "A number that cannot be represented."),
    # 2 names and imports
    "NAS201": Code("unknown-name", "A name that nothing defines."),
    "NAS202": Code("duplicate", "A name is defined twice in one scope."),
    "NAS203": Code("unknown-module", "A `use` that names no library or file."),
    "NAS204": Code("cyclic-use", "Files that use each other in a circle."),
    "NAS205": Code("reserved-name", "A name that the language or the generated code needs for itself."),
    "NAS206": Code("unknown-space", "No file or shipped space of this name, or no such space in the file."),
    "NAS207": Code("no-space", "The file defines no space, or several and none was chosen."),
    "NAS208": Code("unassigned", "A variable is read before it has a value."),
    "NAS209": Code("unreadable", "The file cannot be read."),
    "NAS211": Code("extern-target", "An `extern` that does not name a class as `package.module:Class`."),
    # 3 types and parameters
    "NAS301": Code("type-mismatch", "A value of another type than the one that is needed here."),
    "NAS302": Code("argument", "An argument that is missing, unknown, repeated or too many."),
    "NAS303": Code("mixed-bar", "Alternatives of one decision have different types."),
    "NAS304": Code("value-range", "A value outside the range that is allowed."),
    "NAS305": Code("parameter", "A parameter of the space that is unknown or given a wrong value."),
    "NAS306": Code("inputs", "An operation is applied to the wrong number or kind of tensors."),
    "NAS307": Code("arithmetic", "Arithmetic that has no result: division by zero, overflow."),
    "NAS308": Code("index", "A position outside the list."),
    "NAS309": Code("no-value", "A block that returns nothing, or statements after `return`."),
    "NAS310": Code("not-searched", "A searched value stands where only a fixed one is allowed."),
    "NAS311": Code("shared", "A shared operation is used where its weights would need another size."),
    # 4 shapes and graph
    "NAS401": Code("shape", "A tensor whose shape the operation cannot take."),
    "NAS402": Code("shape-mismatch", "Tensors that meet in a join have different shapes."),
    "NAS403": Code("alternative-shapes", "Alternatives of one decision give different shapes."),
    "NAS404": Code("even-kernel", "An even kernel cannot keep the size without explicit padding."),
    "NAS405": Code("kernel-size", "A kernel larger than its input."),
    "NAS406": Code("too-large", "The space unrolls into more operations than the compiler accepts."),
    "NAS407": Code("too-entangled", "A value that depends on too many decisions at once."),
    # 5 meaning of the search space
    "NAS501": Code("repeated-alternative", "The same alternative stands twice in one decision."),
    "NAS502": Code("too-few", "A decision asks for more elements than its list has."),
    "NAS503": Code("unreachable-decision", "A decision that no architecture ever needs."),
    "NAS504": Code("clashing-cell", "Two uses of one cell need the same decision with other alternatives."),
    "NAS505": Code("recursion", "A definition uses itself without end."),
    "NAS506": Code("merged-alternatives", "Alternatives coincide once their parameters are bound."),
    "NAS507": Code("key-collision", "Two decisions would have the same name."),
    "NAS508": Code("no-alternative", "A decision without any alternative that an architecture may have."),
    "NAS509": Code("tied", "One decision is used in several places, which therefore all agree."),
    "NAS510": Code("phantom", "`~` stands where no decision is made."),
    "NAS511": Code("searching", "`searching` would change which decisions exist."),
    "NAS512": Code("unsatisfiable", "No architecture can meet a `require`."),
    "NAS513": Code("idle-require", "A `require` that every architecture meets anyway."),
    "NAS521": Code("architecture-format", "The architecture file is malformed."),
    "NAS522": Code("architecture-space", "The architecture belongs to another space."),
    "NAS523": Code("architecture-decision", "A decision that is unknown, missing or impossible in this space."),
    "NAS524": Code("count-limit", "The exact count would need more steps than the limit allows."),
    "NAS525": Code("rare", "Too few architectures meet the requirements to find one by drawing."),
    "NAS526": Code("unmet", "The architecture does not meet a `require` of its space."),
    "NAS531": Code("notation-syntax", "The text does not follow the notation at this place."),
    "NAS532": Code("notation-space", "The space's architectures cannot be written in this notation."),
    "NAS533": Code("notation-operation", "An operation that the space does not offer at this place."),
    "NAS534": Code("notation-size", "Another number of nodes, edges or entries than the space has."),
    "NAS535": Code("notation-edge", "An edge that cannot be: backwards, repeated, or from a node that is not there."),
    "NAS536": Code("notation-value", "A setting that the space does not offer."),
    "NAS537": Code("notation-limit", "An architecture that the notation has no text for."),
    "NAS527": Code("network-limit", "Counting distinct networks takes more steps than the limit allows."),
    # 6 passes and options
    "NAS601": Code("option", "An option that is unknown or has a wrong value."),
    "NAS602": Code("restriction", "A restriction that leaves a decision without alternatives."),
    "NAS603": Code("output", "The output file cannot be written."),
    # 7 code generation
    "NAS702": Code("extern-permission", "The space imports a Python module and nobody allowed it."),
    "NAS703": Code("extern-fails", "An `extern` that cannot be imported, made or run."),
    "NAS704": Code("extern-shape", "An `extern` returns another shape than declared."),
    # 8 search, data, checkpoints
    "NAS801": Code("data-missing", "The data set is not where it was looked for."),
    "NAS802": Code("data-corrupt", "A file of the data set cannot be read."),
    "NAS803": Code("data-mismatch", "The data do not fit the space."),
    "NAS804": Code("data-split", "A part of the split would be empty."),
    "NAS805": Code("unknown-plugin", "No strategy, data set, notation or recipe of this name."),
    "NAS806": Code("run-exists", "The run folder already holds a run."),
    "NAS807": Code("run-folder", "The run folder cannot be written or read."),
    "NAS808": Code("checkpoint", "The checkpoint is corrupt or belongs to something else."),
    "NAS809": Code("resume", "The run cannot be resumed with these settings."),
    "NAS810": Code("strategy-refuses", "The strategy cannot search this space."),
    "NAS811": Code("diverged", "The loss became infinite or not a number."),
    "NAS812": Code("dependency", "A package that this needs is not installed."),
    "NAS813": Code("device", "The device is not available."),
    "NAS817": Code("processes", "The processes of a run cannot reach one another, or one of them ended."),
    "NAS818": Code("export", "The network cannot be exported in this format, or the export computes something else."),
    # 9 the compiler itself
    "NAS901": Code("internal", "The compiler broke one of its own rules; please report it."),
}
