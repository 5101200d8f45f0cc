"""The things that plug-ins add, as plain frozen data; a field type is `fieldtypes.FieldType`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rulewright.dialects import Dialect
from rulewright.ports import Forwarder, Store
from rulewright.problem import SourceProblem


class Chance(Protocol):
    """What random ids come from: made of the run's seed, so that a decision can be repeated."""

    def bits(self, count: int) -> int:
        """A number of `count` random bits; `count` is a multiple of 8, at most 512."""

    def uuid(self) -> str:
        """A version 4 UUID as text."""

    def letters(self, alphabet: str, length: int) -> str:
        """`length` letters of an alphabet of at most 256, each equally likely."""


@dataclass(frozen=True, slots=True)
class CelFunction:
    """A function for expressions: pure, and quick.

    `params` and `result` are names of CEL types: string, int, double, bool, timestamp, list, map or dyn.
    `call` takes as many values; what it raises becomes an error of the expression. They are Python's own: a
    timestamp is a datetime in UTC (so is a date, at midnight), and it may give a datetime or a date for one.
    Lists and maps are the payload's and the records' themselves, and are not changed. `cost` is what a call
    takes in steps of the budget, beside the size of its texts and lists. `examples` are expressions that are
    true; they are run when the plug-in is loaded.
    """

    name: str
    params: Sequence[str]
    result: str
    call: Callable[..., object]
    examples: Sequence[str]
    meaning: str
    cost: int = 1


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """A check on rule files. `code` starts with the plug-in's name and a hyphen; `page` is its user page.

    `check` takes a `rulewright.checks.subject.Subject`, one resource among all, and yields problems.
    """

    code: str
    check: Callable[[Any], Iterator[SourceProblem]]
    page: str


@dataclass(frozen=True, slots=True)
class EffectKind:
    """A keyword for effects, `{id, when, <name>: {...}}`, that stands for effects of the language.

    `expand` takes what is written below the keyword, as plain data, and gives the effects that it stands for,
    as they would be written in a rule file; texts are CEL there as everywhere. It is called when the rule
    file is read: evaluation sees only what it gave. It raises ValueError, with words for the author of the
    rule file, for what it can't take. `example` is taken, `wrong` is refused.
    """

    name: str
    expand: Callable[[Any], Iterable[Mapping[str, object]]]
    example: object
    wrong: object
    meaning: str


@dataclass(frozen=True, slots=True)
class IdGenerator:
    """A word for `generate:`.

    `make` takes the run's source of chance and the options of the rule file, and gives a value in stored
    form. `example` holds options.
    """

    name: str
    make: Callable[[Chance, Mapping[str, Any]], object]
    meaning: str
    example: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ErrorDialect:
    """A word for `errors: {dialect: ...}`; `write` gives the body of a refusal."""

    name: str
    write: Dialect
    meaning: str


@dataclass(frozen=True, slots=True)
class ReportFormat:
    """A word for `--format`; `write` takes `rulewright.report.entry.Entry`s as they come and yields text."""

    name: str
    write: Callable[[Iterable[Any]], Iterator[str]]
    meaning: str


@dataclass(frozen=True, slots=True)
class StoreScheme:
    """Stores whose URLs start with `<scheme>://`; `open` takes what follows."""

    scheme: str
    open: Callable[[str], Store]
    meaning: str


@dataclass(frozen=True, slots=True)
class ForwarderScheme:
    """Targets whose URLs start with `<scheme>://`.

    `open` takes the tables [targets.NAME] of those targets, by name, and raises ConfigurationError for what
    makes no sense in them.
    """

    scheme: str
    open: Callable[[Mapping[str, Mapping[str, object]]], Forwarder]
    meaning: str
