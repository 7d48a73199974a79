"""All diagnostic codes, each with a slug and a one-line summary.  Numbers are never reused.

The hundred is the stage: 1 syntax, 2 names and imports, 3 types and parameters, 4 shapes and graph,
5 meaning of the search space, 6 passes and options, 7 code generation, 8 search, data and checkpoints,
9 internal errors.
"""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    slug: str
    summary: str


CODES: dict[str, Code] = {
    # 1 syntax
    "NAS101": Code("syntax", "Invalid syntax."),
    "NAS102": Code("unclosed", "An unclosed bracket, brace or string."),
    "NAS103": Code("character", "Invalid character."),
    "NAS104": Code("foreign-syntax", "Syntax of another language."),
    "NAS105": Code("too-deep", "Expressions are nested more deeply than the compiler accepts."),
    "NAS106": Code("encoding", "The file is not UTF-8 text."),
    "NAS107": Code("number", "A number that cannot be represented."),
    # 2 names and imports
    "NAS201": Code("unknown-name", "An undefined name."),
    "NAS202": Code("duplicate", "A name is defined twice in one scope."),
    "NAS203": Code("unknown-module", "A `use` that names no library or file."),
    "NAS204": Code("cyclic-use", "Files use each other in a cycle."),
    "NAS205": Code("reserved-name", "A reserved name."),
    "NAS206": Code("unknown-space", "No file or shipped space of this name, or no such space in the file."),
    "NAS207": Code("no-space", "The file defines no space, or several and none was selected."),
    "NAS208": Code("unassigned", "A variable is read before it has a value."),
    "NAS209": Code("unreadable", "The file cannot be read."),
    "NAS211": Code("extern-target", "An `extern` that does not name a class as `package.module:Class`."),
    # 3 types and parameters
    "NAS301": Code("type-mismatch", "A value of the wrong type."),
    "NAS302": Code("argument", "A missing, unknown, repeated or superfluous argument."),
    "NAS303": Code("mixed-bar", "Alternatives of one decision have different types."),
    "NAS304": Code("value-range", "A value outside the allowed range."),
    "NAS305": Code("parameter", "A parameter of the space is unknown or has an invalid value."),
    "NAS306": Code("inputs", "An operation is applied to the wrong number or kind of tensors."),
    "NAS307": Code("arithmetic", "Arithmetic that has no result: division by zero, overflow."),
    "NAS308": Code("index", "An index outside the list."),
    "NAS309": Code("no-value", "A block that returns nothing, or statements after `return`."),
    "NAS310": Code("not-searched", "A searched value is used where a fixed one is required."),
    "NAS311": Code("shared", "A shared operation would need weights of different sizes."),
    # 4 shapes and graph
    "NAS401": Code("shape", "An operation does not accept the shape of its input."),
    "NAS402": Code("shape-mismatch", "Joined tensors have different shapes."),
    "NAS403": Code("alternative-shapes", "Alternatives of one decision have different output shapes."),
    "NAS404": Code("even-kernel", "An even kernel cannot keep the size without explicit padding."),
    "NAS405": Code("kernel-size", "A kernel larger than its input."),
    "NAS406": Code("too-large", "The space unrolls into more operations than the compiler accepts."),
    "NAS407": Code("too-entangled", "A value that depends on too many decisions at once."),
    # 5 meaning of the search space
    "NAS501": Code("repeated-alternative", "An alternative occurs twice in one decision."),
    "NAS502": Code("too-few", "A list has too few elements."),
    "NAS503": Code("unreachable-decision", "A decision that no architecture uses."),
    "NAS504": Code("clashing-cell", "Two uses of a cell have different alternatives for the same decision."),
    "NAS505": Code("recursion", "Infinite recursion of a definition."),
    "NAS506": Code("merged-alternatives", "Two alternatives have the same value."),
    "NAS507": Code("key-collision", "Two decisions would have the same name."),
    "NAS508": Code("no-alternative", "A decision whose alternatives are all phantoms."),
    "NAS509": Code("tied", "One decision is used in several places, so they all agree."),
    "NAS510": Code("phantom", "`~` outside a decision."),
    "NAS511": Code("searching", "`searching` would change which decisions exist."),
    "NAS512": Code("unsatisfiable", "No architecture can satisfy a `require`."),
    "NAS513": Code("idle-require", "A `require` that excludes nothing."),
    "NAS521": Code("architecture-format", "The architecture file is malformed."),
    "NAS522": Code("architecture-space", "The architecture belongs to another space."),
    "NAS523": Code("architecture-decision", "A decision that is unknown, missing or impossible in this space."),
    "NAS524": Code("count-limit", "The exact count would need more steps than the limit allows."),
    "NAS525": Code("rare", "Sampling found no architecture that satisfies the requirements."),
    "NAS526": Code("unmet", "The architecture does not satisfy a `require` of its space."),
    "NAS531": Code("notation-syntax", "Invalid syntax of the notation."),
    "NAS532": Code("notation-space", "The notation cannot express the architectures of the space."),
    "NAS533": Code("notation-operation", "The space does not have this operation here."),
    "NAS534": Code("notation-size", "The number of nodes, edges or entries differs from that of the space."),
    "NAS535": Code("notation-edge", "An invalid edge: backwards, repeated, or from a missing node."),
    "NAS536": Code("notation-value", "The space does not have this setting."),
    "NAS537": Code("notation-limit", "An architecture that the notation cannot express."),
    "NAS527": Code("network-limit", "Counting distinct networks takes more steps than the limit allows."),
    # 6 passes and options
    "NAS601": Code("option", "An option is unknown or has an invalid value."),
    "NAS602": Code("restriction", "A restriction leaves a decision without alternatives."),
    "NAS603": Code("output", "The output file cannot be written."),
    # 7 code generation
    "NAS702": Code("extern-permission", "The space imports a Python module without permission."),
    "NAS703": Code("extern-fails", "An `extern` cannot be imported, constructed or run."),
    "NAS704": Code("extern-shape", "The output of an `extern` has a different shape than declared."),
    # 8 search, data, checkpoints
    "NAS801": Code("data-missing", "The data set was not found."),
    "NAS802": Code("data-corrupt", "A file of the data set cannot be read."),
    "NAS803": Code("data-mismatch", "The data set does not match the space."),
    "NAS804": Code("data-split", "A part of the split would be empty."),
    "NAS805": Code("unknown-plugin", "No strategy, data set, notation or recipe of this name."),
    "NAS806": Code("run-exists", "The run folder already contains a run."),
    "NAS807": Code("run-folder", "The run folder cannot be written or read."),
    "NAS808": Code("checkpoint", "The checkpoint is damaged or belongs to something else."),
    "NAS809": Code("resume", "The run cannot be resumed with these settings."),
    "NAS810": Code("strategy-refuses", "The strategy cannot search this space."),
    "NAS811": Code("diverged", "The loss became infinite or NaN."),
    "NAS812": Code("dependency", "A required package is not installed."),
    "NAS813": Code("device", "The device is not available."),
    "NAS817": Code("processes", "A process of a distributed run stopped or cannot be reached."),
    "NAS818": Code("export", "The network cannot be exported in this format, or the export gives different outputs."),
    # 9 the compiler itself
    "NAS901": Code("internal", "Internal error of the compiler; please report it."),
}
