"""The keywords of look-ups, effects and workflows, as `Shape`s."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rulewright.reader.field_shape import fields_table, vendor_error
from rulewright.reader.flaws import Flaw
from rulewright.reader.kinds import (
    Anything,
    Cel,
    Choice,
    Duration,
    Either,
    Flag,
    Kind,
    ListOf,
    Name,
    Pattern,
    Resource,
    Shape,
    Sub,
    Table,
    Text,
)

LOOKUP_VERBS = ("find", "find_all", "count", "max", "min")
EFFECT_VERBS = ("create", "update", "send")
_OCCASION = re.compile(r"[A-Za-z_][A-Za-z0-9_]*/[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*")
_TARGET = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)?")


def template_table(**options: Any) -> Kind:
    """A map from names to templates: `by`, `where`, `set`, ..."""
    return Table(Anything(allow_none=True), **options)


def _unless_one(
    values: Mapping[str, object], verbs: tuple[str, ...], what: str, *, least: int
) -> Iterator[tuple[str, Flaw]]:
    """Yield what is wrong unless exactly one of the verbs (or none, where that is allowed) is there."""
    there = [verb for verb in verbs if verb in values]
    if len(there) < least:
        yield verbs[0], Flaw("missing-keyword", f"{what} needs one of {', '.join(verbs)}")
    for verb in there[1:]:
        message = f"{what} takes only one of {', '.join(verbs)}; {there[0]} is there too"
        yield verb, Flaw("contradiction", message, at_key=True)


class LookUpShape(Shape):
    """A declared read."""

    find = Resource()
    find_all = Resource()
    count = Resource()
    max = Resource()
    min = Resource()
    by = template_table()
    of = Name()
    if_missing = Choice("reject", "not_found", "null", allow_none=True)
    error = vendor_error()

    @classmethod
    def odd_combinations(cls, values: Mapping[str, object]) -> Iterator[tuple[str, Flaw]]:
        """Other than one verb."""
        return _unless_one(values, LOOKUP_VERBS, "a look-up", least=1)


class EffectShape(Shape):
    """What else changes."""

    id = Name(required=True)
    when = Cel()
    on = ListOf(Text(), alone=True)
    create = Resource()
    update = Pattern(_TARGET, "a resource or a look-up", "for example rubixx/person or person", "bad-name")
    send = Name()
    where = template_table()
    set = template_table()
    bind = Name()
    body = Anything(allow_none=True)
    expect = Choice("one", "at_most_one", "any")

    @classmethod
    def odd_combinations(cls, values: Mapping[str, object]) -> Iterator[tuple[str, Flaw]]:
        """Several verbs."""
        return _unless_one(values, EFFECT_VERBS, "an effect", least=0)


class StateShape(Shape):
    """One state."""

    title = Text()
    final = Flag()


class EventShape(Shape):
    """One event."""

    fields_ = fields_table(data_key="fields")


class TransitionShape(Shape):
    """One move."""

    event = Name(required=True)
    from_ = ListOf(Text(), alone=True, required=True, data_key="from")
    to = Text(required=True)
    guard = Cel()
    set = template_table()
    effects = ListOf(Sub(lambda: EffectShape))
    error = vendor_error()


def _for_each_kind(value: Any) -> Kind | None:
    return Sub(lambda: LookUpShape) if isinstance(value, Mapping) else Name()


class ReactionShape(Shape):
    """What happens here after something happened elsewhere."""

    after = Pattern(
        _OCCASION,
        "<resource>.<event>",
        "for example goodstack/organisation.classify",
        "bad-name",
        required=True,
    )
    for_each = Either("a look-up, or the name of one", _for_each_kind, required=True)
    fire = Name(required=True)
    with_ = template_table(data_key="with")
    otherwise = Choice("skip", "reject")


class TimeoutShape(Shape):
    """A state that ends by itself."""

    state = Text(required=True)
    after = Duration(required=True)
    fire = Name(required=True)


class WorkflowShape(Shape):
    """The states of a record and the moves between them."""

    field = Name()
    state_from = Cel()
    initial = Text()
    initial_from = Cel()
    states = Table(Sub(lambda: StateShape, allow_none=True), anywhere=True, required=True)
    events = Table(Sub(lambda: EventShape, allow_none=True))
    transitions = ListOf(Sub(lambda: TransitionShape))
    reactions = ListOf(Sub(lambda: ReactionShape))
    timeouts = ListOf(Sub(lambda: TimeoutShape))
