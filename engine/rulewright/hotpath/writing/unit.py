"""The Python module that is being generated: its lines, its constants and the names it makes.

Every name is made here or is a declared field's, and every value of the rule file enters as the `repr` of a
literal or as a constant under a made name (a tested invariant), so nothing that a user wrote is run.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rulewright import cel
from rulewright.compiled import (
    CompiledEffect,
    CompiledField,
    CompiledResource,
    CompiledRules,
    CompiledTransition,
)
from rulewright.evaluation.records import is_state
from rulewright.hotpath.intake import intake_of, is_sent
from rulewright.hotpath.writing.dependence import Dependence

_NAME = re.compile(r"_?[A-Za-z][A-Za-z0-9_]*")
# Leads the names that can't stand in Python.
_ASIDE = "k_"
_KINDS = {
    "string": "text",
    "uuid": "text",
    "integer": "int",
    "number": "double",
    "boolean": "bool",
    "date": "date",
    "datetime": "datetime",
    "object": "object",
    "map": "map",
    "any": "map",
}
# The declared types of a caller's parts whose values are sure to be of a kind: Stages judges them first.
_JUDGED_FIRST = {"integer": "int", "boolean": "bool"}
_SCALARS = ("string", "uuid", "email", "integer", "boolean")


class NotGenerated(Exception):  # noqa: N818 - the plain evaluator does this part
    """This part of the language is left to the plain evaluator."""


@dataclass(frozen=True, slots=True)
class Code:
    """A Python expression and what is sure of its value.

    `kind`: bool, text, int, double, list, map, date, datetime, null, record (a stored one), records, root
    (`payload` and the like, which only their parts stand for) or any. `sure`: the value was checked, it is of
    this kind or null; what comes from a store or a caller's request is not. `steady`: never null. `called`:
    it came from compiled CEL, so it is as CEL has it; else it is in stored form. `field`: whose value it is;
    `fields`: those of a record.
    """

    text: str
    kind: str = "any"
    sure: bool = False
    steady: bool = False
    called: bool = False
    field: CompiledField | None = None
    fields: Mapping[str, CompiledField] | None = None


@dataclass
class Unit:
    """One generated module."""

    rules: CompiledRules
    resource: CompiledResource
    operation: str = "create"
    # Whether there is a store to look things up in.
    has_store: bool = True
    functions: list[str] = field(default_factory=list)
    constants: dict[str, object] = field(default_factory=dict)
    cells: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    # The functions as trees, by their text: see parsed.py.
    parsed: dict[str, Any] = field(default_factory=dict)
    # Fields that rules read once more where a payload is refused.
    rested: set[str] = field(default_factory=set)
    dependence: Dependence = field(init=False)

    def __post_init__(self) -> None:
        self.dependence = Dependence(self.resource, self.operation)

    @property
    def is_update(self) -> bool:
        """Whether the operation is an update: its rules are judged on what it comes to."""
        return self.operation == "update"

    @property
    def is_event(self) -> bool:
        """Whether the operation is an event of the workflow: its rules are judged on what it brings."""
        return self.resource.has_event(self.operation)

    @property
    def has_stored(self) -> bool:
        """Whether there is a stored record, into which what was sent is merged."""
        return self.operation != "create"

    @property
    def intake(self) -> Mapping[str, CompiledField]:
        """The fields that the payload may hold."""
        return intake_of(self.resource, self.operation)

    @property
    def transitions(self) -> list[CompiledTransition]:
        """The transitions of the event, in the order in which they are tried."""
        workflow = self.resource.workflow
        if workflow is None or not self.is_event:
            return []
        return [one for one in workflow.transitions if one.rule.event == self.operation]

    def part_of_caller(self, name: str) -> Code:
        """What Python reads of a part of the caller."""
        auth = self.resource.api.auth if self.resource.api is not None else None
        kind = _JUDGED_FIRST.get(auth.actor.get(name, "")) if auth is not None else None
        text = f"s.actor.get({name!r})"
        return Code(text) if kind is None else Code(text, kind, sure=True)

    @property
    def effects(self) -> list[CompiledEffect]:
        """The effects that the operation may have; those of a transition come last."""
        moved = [effect for one in self.transitions for effect in one.effects]
        effects = (*self.resource.effects, *moved)
        return [one for one in effects if self.operation in one.on or "*" in one.on]

    @property
    def moved(self) -> frozenset[str]:
        """The fields that a step of the event sets."""
        if not self.is_event:
            return frozenset()
        names = {name for one in self.transitions for name in one.set.entries}
        return frozenset(
            one.name
            for one in self.resource.fields.values()
            if is_state(self.resource, one) or one.name in names
        )

    def is_sent(self, field: CompiledField) -> bool:
        """Whether the operation's caller may send the field."""
        taken = self.intake.get(field.name)
        return taken is not None and is_sent(self.resource, taken, self.operation)

    def may_be_there(self, field: CompiledField) -> bool:
        """Whether the field may have a value before the rules give it one: sent, or stored."""
        return self.is_update or self.is_sent(field)

    def is_standard(self, function: str) -> bool:
        """Whether a function of expressions is CEL's or ours, and not a plug-in's of the same name."""
        return self.rules.registry.functions.get(function) is cel.ALL_FUNCTIONS.get(function)

    def place(self, field: CompiledField) -> str:
        """The text of the value that the rules about a field judge."""
        return self.merged(field) if self.is_update else f"s.p.{attribute_of(field.name)}"

    def merged(self, field: CompiledField) -> str:
        """The text of a field's value after what was sent is merged into what is stored."""
        is_recorded = self.has_stored and field.name in self.resource.fields
        return f"s.merged[{field.name!r}]" if is_recorded else f"s.p.{attribute_of(field.name)}"

    def constant(self, prefix: str, value: object) -> str:
        """Keep a value under a made name."""
        for name, kept in self.constants.items():
            if kept is value:
                return name
        name = f"{prefix}_{len(self.constants)}"
        self.constants[name] = value
        return name

    def function(self, name: str, title: str, lines: Iterable[str]) -> str:
        """Write a function of one argument, the state."""
        body = [*lines] or ["pass"]
        # The title is ours, with names of fields: identifiers, so that a comment can't be left.
        head = f"def {name}(s):  # {title}"
        self.functions.append("\n".join([head, *(f"    {line}" for line in body)]) + "\n")
        return name

    def cell(self, name: str) -> str:
        """Reserve a cell of the state."""
        if name not in self.cells:
            self.cells.append(name)
        return name


def attribute_of(name: str) -> str:
    """The attribute of a Struct that holds a field: its name, unless Python means something by that."""
    is_plain = _NAME.fullmatch(name) is not None and not keyword.iskeyword(name)
    return name if is_plain and not name.startswith(_ASIDE) else f"{_ASIDE}{name}"


def field_in(attribute: str) -> str:
    """The field that an attribute of a Struct holds."""
    return attribute.removeprefix(_ASIDE)


def part_of(record: str, field: CompiledField) -> Code:
    """A field of a record that a store gave: of the declared type, as far as anybody knows."""
    return Code(f"{record}.get({field.name!r})", stored_kind(field), field=field)


def kind_of_field(field: CompiledField) -> str:
    """What kind a checked value of the own record is of."""
    if field.rule.type == "list":
        return "list" if field.items is not None and field.items.rule.type in _SCALARS else "map"
    return _KINDS[field.type.basic]


def stored_kind(field: CompiledField) -> str:
    """What kind a stored value is of; `any` where that and what CEL sees are one."""
    if field.rule.type in ("date", "datetime", "object", "map", "any"):
        return field.rule.type if field.rule.type != "any" else "map"
    if field.rule.type == "list":
        return kind_of_field(field)
    return "any"


def under(head: str, lines: Iterable[str]) -> Iterator[str]:
    """Lines under a head; nothing where there are none, and bare lines under none."""
    body = [*lines]
    if body and head:
        yield head
        yield from (f"    {line}" for line in body)
    else:
        yield from body
