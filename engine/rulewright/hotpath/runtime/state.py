"""What generated code works on: one object for each payload, and what it calls for the rarer things.

Whatever is not surely accepted raises Decline: the plain evaluator then decides, and tells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, cast

from rulewright import cel
from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.evaluation.chance import Chance
from rulewright.evaluation.overlay import NoStoreError
from rulewright.evaluation.response import print_value
from rulewright.evaluation.stored_form import decode_record, decode_value
from rulewright.evaluation.views import Everything, Layer, LazyRecord, LazyView, View, Whole
from rulewright.fieldtypes import encode_datetime
from rulewright.formula import FIXED_NAMES, Valued
from rulewright.hotpath.intake import intake_of, is_sent
from rulewright.hotpath.runtime.ahead import Ahead
from rulewright.outcome import Message


class Decline(Exception):  # noqa: N818 - it is no error: the plain evaluator takes over
    """Not surely accepted."""


class Missing(Decline):
    """A reference names no existing record."""


class NoStore(Decline, NoStoreError):  # noqa: N818 - as Missing
    """Something has to be looked up, and there is no store: an error that expressions may absorb."""


class _Unread:
    """The type of UNREAD and UNSHAPED."""


# Stands in a cell that was not worked out yet (None is a value).
UNREAD: Final = _Unread()
# In place of the response's body where that can't fail: it is shaped when it is asked for.
UNSHAPED: Final = _Unread()


class State(Ahead):
    """One payload on its way. Generated subclasses add a cell for each value that is worked out once."""

    __slots__ = (
        "actor",
        "body",
        "bound",
        "chance",
        "changed",
        "changes",
        "current",
        "kept",
        "key",
        "merged",
        "messages",
        "names",
        "now",
        "own",
        "p",
        "payload",
        "reads",
        "record",
        "request",
        "reserved",
        "seed",
        "step",
        "written",
    )

    link: Linked  # of the generated subclass

    # Of an update or an event: the stored record, the same as it will be stored again, that with what was
    # sent, and the fields that differ.
    current: Mapping[str, Any]
    kept: dict[str, Any]
    merged: dict[str, Any]
    changed: set[str]
    # Of an event alone: what its step sets, and which of its transitions it is.
    own: dict[str, object]
    step: int

    p: Any
    payload: Any
    store: Any  # Records | None
    actor: Mapping[str, object] | None
    request: Any
    now: datetime
    seed: int
    chance: Chance | None
    reads: list[tuple[str, str, dict[str, object], int]]
    record: dict[str, Any]
    key: object
    names: Names | None
    reserved: dict[tuple[str, str], int]
    bound: dict[str, dict[str, object]]
    body: object  # of the response, or UNSHAPED
    # Where effects may send any.
    messages: list[Message]
    # What `Change` is made of.
    changes: list[tuple[Any, ...]]
    # (resource, key, field) -> what an effect set it to.
    written: dict[tuple[str, object, str], object] | None

    @property
    def records(self) -> Any:
        """Where to read: through what is planned, if anything is. (A slot would make a circle.)"""
        return self if self.planned else self.store


class Linked:
    """What generated code of one resource stands on: the rules, and how names of expressions resolve."""

    def __init__(
        self,
        rules: CompiledRules,
        resource: CompiledResource,
        operation: str = "create",
        *,
        has_store: bool = True,
    ) -> None:
        self.rules = rules
        self.resource = resource
        self.operation = operation
        self.has_store = has_store
        # The fields that callers may send.
        intake = intake_of(resource, operation)
        self.taken = {name: one for name, one in intake.items() if is_sent(resource, one, operation)}
        self.settings = View(rules.settings.get(resource.file.api, {}), ())
        self.keys = rules.keys
        # Name of an expression, or of a field -> the generated function that works it out, or finds what it
        # names.
        self.lookups: dict[str, Callable[[Any], object]] = {}
        self.bindings: dict[str, Callable[[Any], object]] = {}
        self.references: dict[str, Callable[[Any], object]] = {}
        self.fields: dict[str, Callable[[Any], object]] = {}
        # Name of an expression, or "record." and a field's -> the fields of the payload that it rests on, and
        # whether it surely has no value without each of them.
        self.rests: dict[str, tuple[frozenset[str], bool]] = {}


class Names(dict[str, object]):
    """The names that an expression reads which could not be written as Python: as the evaluator has them."""

    __slots__ = ("apart", "printed", "state")

    def __init__(self, state: State, *, printed: bool = False) -> None:
        super().__init__()
        self.state = state
        # In a response dates remember how their fields print them.
        self.printed = printed
        # What fields are judged apart in, once it is needed: see apart.py.
        self.apart: object = None

    def __missing__(self, name: str) -> object:
        value = self[name] = _resolve(self.state, name, printed=self.printed)
        return value

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or _is_name(self.state, name)


def _is_name(state: State, name: object) -> bool:
    link = state.link
    return name in FIXED_NAMES or name in link.lookups or name in link.bindings or name in state.bound


def _resolve(state: State, name: str, *, printed: bool) -> object:
    link = state.link
    if name == "record" and printed:
        return _printed_record(state)
    if name in FIXED_NAMES:
        return _fixed(state, name)
    if name in link.lookups:
        lookup = link.resource.lookups[name].rule
        found = link.lookups[name](state)
        if lookup.kind in ("count", "max", "min"):
            return found
        return _seen(link.rules.resources[lookup.resource], found, printed)
    if name in link.bindings:
        reference = link.resource.bound_references[name].reference
        assert reference is not None
        found = link.bindings[name](state)
        return _seen(link.rules.resources[reference.resource], found, printed)
    if name in state.bound:
        target = link.resource.binds[name].rule.target or ""
        return decode_record(link.rules.resources[target].fields, state.bound[name], printed=False)
    raise Decline


def _seen(target: CompiledResource, found: Any, printed: bool) -> object:
    if isinstance(found, list):
        return [decode_record(target.fields, one, printed=printed) for one in found]
    return None if found is None else decode_record(target.fields, found, printed=printed)


def _fixed(state: State, name: str) -> object:
    match name:
        case "payload":
            return payload_view(state)
        case "record":
            return record_view(state)
        case "current" if state.link.operation == "create":
            return None
        case "current":
            return decode_record(state.link.resource.fields, state.current)
        case "settings":
            return state.link.settings
        case "actor":
            return None if state.actor is None else View(state.actor, Everything())
        case "now":
            return cel.Timestamp.from_datetime(state.now)
        case "today":
            start = state.now.replace(hour=0, minute=0, second=0, microsecond=0)
            return cel.Timestamp.from_datetime(start)
    request = state.request
    return View(
        {
            "path": View(request.path, Everything()),
            "query": View(request.query, Everything()),
            "headers": View({key.lower(): value for key, value in request.headers.items()}, Everything()),
        },
        ("path", "query", "headers"),
    )


def payload_view(state: State) -> LazyView:
    """Return `payload` as expressions see it: what was sent, without what only the system sets."""
    taken, read = state.link.taken, state.p
    return LazyView(
        state.link.resource.sendable,
        taken,
        state.payload,
        lambda name: decoded(taken[name], getattr(read, name)),
    )


def _printed_record(state: State) -> LazyView:
    """Return `record` as responses see it: every declared field is there, and dates remember their format."""
    fields, record = state.link.resource.fields, state.record
    return LazyView(
        fields.keys(),
        fields,
        fields,
        lambda name: decode_value(fields[name], record.get(name), printed=True),
    )


def record_view(state: State) -> LazyRecord:
    """Return `record` as expressions see it; before the effects each field is worked out when it is read."""
    fields = state.link.resource.fields
    pull = state.link.fields
    return LazyRecord(fields.keys(), lambda name: decoded(fields[name], pull[name](state)))


def decoded(field: Any, stored: Any) -> object:
    """Turn a stored value of the own record back into what expressions see; nested nulls stay."""
    if stored is None:
        return None
    if field.children and stored.__class__ is dict:
        children = field.child_of
        return Whole(
            {
                name: decoded(children[name], part) if name in children else part
                for name, part in stored.items()
            },
            children.keys(),
        )
    if field.items is not None and stored.__class__ is list:
        return [decoded(field.items, item) for item in stored]
    if field.items is not None and stored.__class__ is dict:
        return {name: decoded(field.items, item) for name, item in stored.items()}
    return decode_value(field, stored)


def names_of(state: State) -> Names:
    """Return the names that expressions read, each worked out once."""
    names = state.names
    if names is None:
        names = state.names = Names(state)
    return names


def printing_names(state: State) -> Names:
    """The names that a response reads."""
    return Names(state, printed=True)


def print_plain(state: State, value: object) -> object:
    """A value of CEL as the response's JSON."""
    # The evaluator's function asks its run for the resource, which the link has too.
    return print_value(cast(Any, state.link), value)


def enveloped(state: State, envelope: Valued, body: object) -> object:
    """What is wrapped around the response's body."""
    names = {"body": body, "resource": View({"name": state.link.resource.file.name}, ("name",))}
    return print_plain(state, envelope.value(Layer(names, printing_names(state))))


def shown(state: State, field: Any, stored: object) -> object:
    """A stored value with parts as the response's JSON."""
    return print_plain(state, decode_value(field, stored, printed=True))


def shown_record(state: State, fields: Any, found: Any) -> object:
    """A found record as the response's JSON."""
    return print_plain(state, decode_record(fields, found, printed=True))


def scalar(state: State, stored: object) -> object:
    """A value that a store gave, which should be a text, a number, a boolean or null."""
    return stored if stored.__class__ in _SCALARS else print_plain(state, stored)


_SCALARS: Final = (str, int, bool, float, type(None))


def now_text(state: State) -> str:
    """Return the clock as stored text."""
    return str(encode_datetime(state.now))


def today_text(state: State) -> str:
    """Return the day as stored text."""
    return str(state.now.date())
