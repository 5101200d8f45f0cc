"""What an explanation holds: every rule of a resource and what it came to, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rulewright.evaluation import Part
from rulewright.explanation.search import Suggestion
from rulewright.outcome import Change, Outcome

Status = Literal["held", "failed", "skipped", "undecided"]
Source = Literal[
    "sent",
    "stored",
    "default",
    "default_from",
    "computed",
    "generated",
    "initial",
    "transition",
    "inferred",
    "effect",
    "absent",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """One rule and what it came to.

    `text` is the rule as written (an expression, or `keyword: value`), `why` says in words why it was
    skipped or what made it hold. `values` are what its expression read, those of sensitive fields masked;
    `parts` is the tree of the expression with the value of each part.
    """

    rule: str
    keyword: str
    status: Status
    text: str
    path: str = ""
    why: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    at: str | None = None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value of the record came from, and by which rule."""

    source: Source
    rule: str | None = None
    at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldNode:
    """A field at its place in the payload, the rules about it, and what is inside it.

    `value` is what the record will hold (masked; None too where nothing is there), `origin` where a
    top-level field has it from.
    """

    path: str
    name: str
    value: object
    origin: Origin | None
    rules: tuple[Ruling, ...]
    children: tuple[FieldNode, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpNode:
    """A look-up: what it found (None: it was not read, and `why`)."""

    name: str
    resource: str
    by: Mapping[str, object]
    found: int | None
    why: str | None = None
    at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectNode:
    """An effect: its condition, and the changes it plans."""

    condition: Ruling
    what: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringNode:
    """The facts that a rule of `infer` fired on, by name, and those it made: which record, or values."""

    facts: Mapping[str, Mapping[str, object]]
    made: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceNode:
    """A rule of `infer`: its condition, where its facts come from, and each time it fired."""

    condition: Ruling
    facts: Mapping[str, str]
    firings: tuple[FiringNode, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Every rule of a resource in one evaluation: by field, then of the whole.

    `outcome` is as `evaluate` gives it, with fixes where a change would be accepted (`suggestion`). All
    else is masked: values of sensitive fields read "***".
    """

    outcome: Outcome
    fields: tuple[FieldNode, ...]
    lookups: tuple[LookUpNode, ...]
    whole: tuple[Ruling, ...]
    effects: tuple[EffectNode, ...]
    inferences: tuple[InferenceNode, ...] = ()
    suggestion: Suggestion | None = None
