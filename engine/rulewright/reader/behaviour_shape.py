"""The keywords of look-ups, effects and workflows, as `Shape`s."""

from __future__ import annotations

import re

from rulewright.reader.field_shape import OCCASIONS, fields_table, template_table, vendor_error
from rulewright.reader.scalars import Anything, Cel, Choice, Duration, Flag, Name, Pattern, Resource, Text
from rulewright.reader.shapes import Either, ListOf, Shape, Sub, Table, hints

LOOKUP_VERBS = ("find", "find_all", "count", "max", "min")
EFFECT_VERBS = ("create", "update", "send")
_OCCASION = re.compile(r"[A-Za-z_][A-Za-z0-9_]*/[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*")
_TARGET = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)?")


class LookUpShape(Shape):
    """A declared read."""

    verbs = LOOKUP_VERBS
    verb_needed = True
    called = "a look-up"

    find = Resource("The one record that fits, or null.")
    find_all = Resource("All records that fit, as a list; ordered by key, or as the list that was asked for.")
    count = Resource("How many fit.")
    max = Resource("The largest value of a field among those that fit, or null.")
    min = Resource("The smallest value of a field among those that fit, or null.")
    by = template_table(
        "What is looked for: a map from fields to expressions, all of which must fit. A list means any of "
        "them."
    )
    of = Name("Which field `max` and `min` look at.")
    if_missing = Choice(
        "reject",
        "not_found",
        "null",
        meaning="For `find`: `null` (the default); `reject`: a problem `reference`; `not_found`: the whole"
        " call is refused.",
        allow_none=True,
    )
    error = vendor_error()


class EffectShape(Shape):
    """What else changes."""

    verbs = EFFECT_VERBS
    called = "an effect"

    id = Name("Its name.", required=True)
    when = Cel("Only if this condition holds.")
    on = ListOf(Text(), f"{OCCASIONS} Default: create only.", alone=True)
    create = Resource(
        "Makes a record of this resource. It gets its own defaults, computed and generated values; without"
        " a key, or with one that is taken, the whole is refused (`required`, `unique`)."
    )
    update = Pattern(
        _TARGET,
        "a resource or a look-up",
        "for example rubixx/person or person",
        "bad-name",
        "Changes records of this resource (all that fit `where`), or the record that a look-up or "
        "reference has found.",
    )
    send = Name(
        "Sends a message to a target of `api.yaml`. It waits in the outbox and is delivered after the "
        "record is stored."
    )
    where = template_table("Which records `update` changes. Never the record that is being stored.")
    set = template_table("The new values, whole: an object is replaced, not merged.")
    bind = Name("A name for the created record, for the effects that follow.")
    body = Anything("What is sent.", allow_none=True)
    expect = Choice(
        "one",
        "at_most_one",
        "any",
        meaning="How many records `update` must find: `one`, `at_most_one` or `any` (the default). "
        "Otherwise the whole is refused (`conflict`).",
    )


class StateShape(Shape):
    """One state."""

    title = Text("For people.")
    final = Flag("`true`: no way out by `from: '*'`.")


class EventShape(Shape):
    """One event."""

    fields_ = fields_table(
        "Fields of the event's payload. A field that the resource has too inherits its rules and goes into"
        " the record. In other operations `payload` has it as null.",
        data_key="fields",
    )


class TransitionShape(Shape):
    """One move."""

    misplaced = hints(
        {
            "what an event brings along stands under events: {name: {fields: ...}}": "fields",
            "did you mean guard?": "condition check if only_if when",
            "did you mean event?": "id name on trigger",
        }
    )

    event = Name("Which event moves the record.", required=True)
    from_ = ListOf(
        Text(),
        "From which state, a list of states, or `'*'` for all that are not final.",
        alone=True,
        required=True,
        data_key="from",
    )
    to = Text("To which state.", required=True)
    guard = Cel("Only if this condition holds.")
    set = template_table("Fields that the move writes, worked out on the record as it was before the move.")
    effects = ListOf(Sub(lambda: EffectShape), "Effects of this move only.")
    error = vendor_error("The vendor's own error if the move is not possible.")


class ReactionShape(Shape):
    """What happens here after something happened elsewhere."""

    after = Pattern(
        _OCCASION,
        "<resource>.<event>",
        "for example goodstack/organisation.classify",
        "bad-name",
        "What happened: `<resource>.<event>`, also `.create` and `.update`.",
        required=True,
    )
    for_each = Either(
        "a look-up, or the name of one",
        "The look-up that finds the records here; `source` is the other record after its event.",
        maps=Sub(lambda: LookUpShape),
        others=Name(),
        required=True,
    )
    fire = Name("The event to fire.", required=True)
    with_ = template_table("The event's payload.", data_key="with")
    otherwise = Choice(
        "skip",
        "reject",
        meaning="For a record that can't take the event: `skip` it with an info (the default), or `reject`"
        " the whole.",
    )


class TimeoutShape(Shape):
    """A state that ends by itself."""

    misplaced = hints(
        {
            "did you mean fire?": "event do",
            "did you mean state?": "from in",
            "name the event that leads there, as fire: event": "to",
        }
    )

    state = Text("Of a timeout: which state.", required=True)
    after = Duration("How long a record stays in the state: `21d`, `12h`, `90m` or `10s`.", required=True)
    fire = Name("The event to fire.", required=True)


class WorkflowShape(Shape):
    """The states of a record and the moves between them."""

    field = Name("The field that holds the state.")
    state_from = Cel(
        "In its place: an expression over `current` that works the state out. A transition's `to` is then "
        "verified."
    )
    initial = Text("The state of a new record.")
    initial_from = Cel("In its place: an expression that gives it.")
    states = Table(Sub(lambda: StateShape, allow_none=True), "The states.", anywhere=True, required=True)
    events = Table(
        Sub(lambda: EventShape, allow_none=True),
        "What may happen, with the fields that an event's payload has.",
    )
    transitions = ListOf(
        Sub(lambda: TransitionShape, example="{event: close, from: open, to: closed}"), "The moves."
    )
    reactions = ListOf(
        Sub(lambda: ReactionShape), "What happens here after something has happened elsewhere."
    )
    timeouts = ListOf(
        Sub(lambda: TimeoutShape, example="{state: open, after: 30d, fire: close}"),
        "What happens to a record that stays in a state too long.",
    )
