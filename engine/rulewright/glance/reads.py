"""Which fields of a payload, and of other records, expressions read, and how much of them counts.

What is not understood raises NotGenerated, so that nothing rests on a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct

from rulewright import cel
from rulewright.cel.functions import ALL_FUNCTIONS
from rulewright.cel.tree import (
    Call,
    Conditional,
    Given,
    Has,
    Ident,
    Index,
    ListExpr,
    Literal,
    Logic,
    Macro,
    MapEntry,
    MapExpr,
    Select,
)
from rulewright.compiled import CompiledField, CompiledResource
from rulewright.formula import (
    FIXED_NAMES,
    OWN_ROOTS,
    Constant,
    Formula,
    FormulaList,
    FormulaMap,
    Path,
    Valued,
)
from rulewright.glance.chains import bottom, chain, selected
from rulewright.hotpath.writing.unit import NotGenerated


class Role(IntEnum):
    """How a field counts."""

    PLAIN = 0
    PRESENCE = 1
    VALUE = 2


# Names that stand for the same value for every payload of a run. What reads the clock is told apart.
CONSTANT: Final = FIXED_NAMES - OWN_ROOTS
CLOCK: Final = frozenset({"now", "today"})
# payload.object.part
DEEPEST: Final = 2
TEXTS: Final = ("string", "email", "uuid")


class Names(Struct, frozen=True):
    """What local names stand for: `own` is the field that `value` is, `records` are whole records."""

    own: Mapping[str, str] = {}
    records: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()

    def with_variable(self, name: str, *, is_record: bool) -> Names:
        """Bind a macro's variable."""
        own = {key: value for key, value in self.own.items() if key != name}
        if is_record:
            return Names(own, self.records | {name}, self.parts - {name})
        return Names(own, self.records - {name}, self.parts | {name})


NO_NAMES: Final = Names()


class Reads:
    """What the expressions of one resource read, as far as they were walked."""

    def __init__(self, resource: CompiledResource, silent: frozenset[str]) -> None:
        self.resource = resource
        # Look-ups that find nothing, so that nothing rests on what they find.
        self.silent = silent
        self.roles = dict.fromkeys(resource.fields, Role.PLAIN)
        self.parts: dict[tuple[str, str], Role] = {}
        self.reads_clock = False
        # Fields of other records, by name: however they are reached.
        self.foreign: dict[str, Role] = {}
        # Field that refers to a record -> what is read of that record, by its name under `as`.
        self.named: dict[str, dict[str, Role]] = {}
        self.reads_whole_records = False

    # What is noted

    def note(self, name: str, role: Role) -> None:
        """A field of the own payload counts so much."""
        if name in self.roles:
            self.roles[name] = max(self.roles[name], role)

    def note_part(self, name: str, part: str, role: Role) -> None:
        """A part of an object counts so much, and whether the object is there."""
        self.note(name, Role.PRESENCE)
        self.parts[name, part] = max(self.parts.get((name, part), Role.PLAIN), role)

    def note_foreign(self, name: str, role: Role) -> None:
        """A field of other records counts so much, whichever resource they are of."""
        self.foreign[name] = max(self.foreign.get(name, Role.PLAIN), role)

    def note_named(self, one: CompiledField, steps: Path, role: Role) -> None:
        """Something of the record that a field refers to counts so much; PLAIN: it is only shown."""
        if not steps or one.rule.type == "list":
            self.note(one.name, Role.VALUE)
            return
        self.note(one.name, Role.PRESENCE)
        parts = self.named.setdefault(one.name, {})
        parts[steps[0]] = max(parts.get(steps[0], Role.PLAIN), role if len(steps) == 1 else Role.VALUE)

    # Expressions

    def walk(self, valued: Valued, names: Names = NO_NAMES) -> None:
        """Note what an expression reads; its value counts."""
        if isinstance(valued, FormulaMap):
            for entry in valued.entries.values():
                self.walk(entry, names)
        elif isinstance(valued, FormulaList):
            for entry in valued.items:
                self.walk(entry, names)
        elif isinstance(valued, Formula):
            self.walk_node(valued.node, names, Role.VALUE)
        elif not isinstance(valued, Constant):
            raise NotGenerated("an expression of an unknown kind")

    def walk_where(self, where: FormulaMap, resource: str) -> None:
        """An equality map: its keys are fields of the records that are asked for."""
        for name, entry in where.entries.items():
            self.note_foreign(name, Role.VALUE)
            self.walk(entry)

    def walk_node(self, node: cel.Node, names: Names, role: Role) -> None:
        """Note what a part of an expression reads."""
        match node:
            case Literal():
                return
            case Given():
                self._chained(node.path, names, Role.PRESENCE)
            case Has():
                self._chained(selected(node), names, Role.PRESENCE)
            case Ident() | Select() | Index():
                self._chained(node, names, role)
            case Call(function="_==_" | "_!=_", args=(one, Literal(value=None))):
                self.walk_node(one, names, Role.PRESENCE)
            case Call():
                if node.function not in ALL_FUNCTIONS:
                    raise NotGenerated(f"the function {node.function}")
                for below in cel.children(node):
                    self.walk_node(below, names, Role.VALUE)
            case Logic() | Conditional() | ListExpr() | MapExpr() | MapEntry():
                for below in cel.children(node):
                    self.walk_node(below, names, Role.VALUE)
            case Macro():
                self._macro(node, names)
            case _:
                raise NotGenerated(f"a {type(node).__name__}")

    def _macro(self, node: Macro, names: Names) -> None:
        root, steps, _ = chain(node.range)
        if root is not None and not steps and (self.is_other(root.name) or root.name in names.records):
            # Its items are records: what is read of them is told by name.
            self.note_found(root.name)
            is_record = True
        else:
            self.walk_node(node.range, names, Role.VALUE)
            is_record = not (isinstance(node.range, ListExpr) or (root is not None and bool(steps)))
        inner = names
        for variable in node.variables:
            inner = inner.with_variable(variable, is_record=is_record)
        for below in (node.condition, node.body):
            if below is not None:
                self.walk_node(below, inner, Role.VALUE)

    def _chained(self, node: cel.Node, names: Names, role: Role) -> None:
        root, steps, others = chain(node)
        for other in others:
            self.walk_node(other, names, Role.VALUE)
        if root is None:
            self.walk_node(bottom(node), names, Role.VALUE)
            for step in steps:
                self.note_foreign(step, role)
            return
        self.walk_path((root.name, *steps), names if not root.absolute else NO_NAMES, role)

    def walk_path(self, path: Path, names: Names, role: Role) -> None:
        """Note what a name with its steps reads."""
        root, steps = path[0], path[1:]
        if root in names.own:
            self.note(names.own[root], role if not steps else Role.VALUE)
        elif root in names.parts:
            for step in steps:
                self.note_foreign(step, role)
        elif root in names.records or self.is_other(root):
            self._other(root, steps, names, role)
        elif root in OWN_ROOTS:
            self._own(root, steps, role)
        elif root in CONSTANT:
            self.reads_clock = self.reads_clock or root in CLOCK
        else:
            raise NotGenerated(f"the name {root}")

    def _own(self, root: str, steps: Path, role: Role) -> None:
        one = self.resource.fields.get(steps[0]) if steps else None
        if one is None:
            raise NotGenerated(f"{root} as a whole")
        generate = one.rule.generate
        if root == "record" and generate is not None and generate.kind != "sequence" and role is Role.VALUE:
            raise NotGenerated(f"the random {one.name}")
        if len(steps) == 1:
            self.note(one.name, role)
        elif len(steps) == DEEPEST and any(child.name == steps[1] for child in one.children):
            self.note_part(one.name, steps[1], role)
        else:
            self.note(one.name, Role.VALUE)

    def is_other(self, root: str) -> bool:
        """Whether a name stands for a record that was looked up, referred to or made."""
        resource = self.resource
        return root in resource.lookups or root in resource.bound_references or root in resource.binds

    def note_found(self, root: str) -> None:
        """Which record a name stands for rests on the field that names it."""
        if root in self.resource.bound_references:
            self.note(self.resource.bound_references[root].name, Role.VALUE)

    def _other(self, root: str, steps: Path, names: Names, role: Role) -> None:
        if root in self.silent:
            raise NotGenerated(f"{root}, which infer reads, too")
        one = self.resource.bound_references.get(root) if root not in names.records else None
        if one is not None:
            if not steps and role is Role.PRESENCE:
                self.note(one.name, Role.PRESENCE)
                return
            self.note_named(one, steps, role)
        lookup = self.resource.lookups.get(root)
        counts = lookup is not None and lookup.rule.kind in ("count", "max", "min")
        if not steps and role is Role.VALUE and not counts:
            self.reads_whole_records = True
        for step in steps:
            self.note_foreign(step, role)


def formulas_of(one: CompiledField) -> Iterator[Valued]:
    """All that a rule file says of a field in expressions."""
    optional: Iterable[Valued | None] = (
        one.required_if,
        one.required_unless,
        one.forbidden_if,
        one.excluded_if,
        one.default_from,
        one.compute,
        one.one_of,
        one.reference.where if one.reference is not None else None,
        one.unique.where if one.unique is not None else None,
        *(check.condition for check in one.checks),
    )
    return (formula for formula in optional if formula is not None)
