"""The Python module that is being generated: its lines, its constants and the names it makes.

Every name is made here or is a declared field's, and every value of the rule file enters as the `repr` of a
literal or as a constant under a made name (a tested invariant), so nothing that a user wrote is run.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rulewright import cel
from rulewright.compiled import CompiledField, CompiledResource, CompiledRules
from rulewright.hotpath.dependence import Dependence

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


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
    # Fields that rules read once more where a payload is refused.
    rested: set[str] = field(default_factory=set)
    dependence: Dependence = field(init=False)

    def __post_init__(self) -> None:
        self.dependence = Dependence(self.resource, self.operation)

    @property
    def is_update(self) -> bool:
        """Whether payloads are merged into what is stored."""
        return self.operation == "update"

    def is_sent(self, field: CompiledField) -> bool:
        """Whether the operation's caller may send the field."""
        return is_sent(self.resource, field, self.operation)

    def may_be_there(self, field: CompiledField) -> bool:
        """Whether the field may have a value before the rules give it one: sent, or stored."""
        return self.is_update or self.is_sent(field)

    def is_standard(self, function: str) -> bool:
        """Whether a function of expressions is CEL's or ours, and not a plug-in's of the same name."""
        return self.rules.registry.functions.get(function) is cel.ALL_FUNCTIONS.get(function)

    def place(self, field: CompiledField) -> str:
        """The text of a field's value after what was sent is merged into what is stored."""
        return f"s.merged[{field.name!r}]" if self.is_update else f"s.p.{field.name}"

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


def is_sent(resource: CompiledResource, field: CompiledField, operation: str = "create") -> bool:
    """Whether an operation's caller may send the field."""
    declared = resource.operation(operation)
    accepted = declared.accepts if declared is not None else ()
    return field.rule.readonly is None or field.name in accepted


def is_map(field: CompiledField) -> bool:
    """Whether a field may hold an object with keys of the sender's choice."""
    return field.type.basic in ("map", "any", "object") and not field.children


def is_plain(name: str) -> bool:
    """Whether a name of the rule file can stand in Python as it is."""
    return _NAME.fullmatch(name) is not None and not keyword.iskeyword(name)


def part_of(record: str, field: CompiledField) -> Code:
    """A field of a record that a store gave: of the declared type, as far as anybody knows."""
    return Code(f"{record}.get({field.name!r})", stored_kind(field), field=field)


def stored_kind(field: CompiledField) -> str:
    """What kind a stored value is of; `any` where that and what CEL sees are one."""
    if field.rule.type in ("date", "datetime", "object", "map", "any"):
        return field.rule.type if field.rule.type != "any" else "map"
    if field.rule.type == "list":
        plain = field.items is not None and field.items.rule.type in (
            "string",
            "integer",
            "boolean",
            "uuid",
            "email",
        )
        return "list" if plain else "map"
    return "any"
