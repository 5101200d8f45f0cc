"""What is wrong with a payload at first sight: classes, options, dates, unknown names and parts.

What is said of one such value is said of all of its kind, so a field's own `deserialize` is asked once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from marshmallow import ValidationError
from msgspec import Struct

from rulewright.compiled import CompiledField, CompiledResource
from rulewright.evaluation.log import Site
from rulewright.evaluation.shape import (
    MOST_HINTS,
    flatten,
    report_message,
    report_readonly,
    report_unknown_ignored,
)
from rulewright.fieldtypes import is_writable
from rulewright.hotpath.intake import is_sent
from rulewright.hotpath.runtime.refusals import Entry
from rulewright.hotpath.runtime.state import Decline
from rulewright.hotpath.runtime.texts import date_pattern, has_text_keys, is_positional
from rulewright.hotpath.writing.shape import is_deep, is_read_whole, is_scalar, loaders_of
from rulewright.problem import VendorError
from rulewright.schema import Message

_JSON: Final = frozenset({str, int, float, bool, list, dict, type(None)})
# The class of most values of a type; other values are looked at one by one.
_CLASSES: Final[Mapping[str, type]] = {
    **dict.fromkeys(("string", "email", "uuid", "date", "datetime"), str),
    "integer": int,
    "number": float,
    "boolean": bool,
}
# The classes that a type may take at all.
_TAKEN: Final[Mapping[str, frozenset[type]]] = {
    **{name: frozenset({kind}) for name, kind in _CLASSES.items()},
    "number": frozenset({int, float}),
    "object": frozenset({dict}),
    "map": frozenset({dict}),
    "list": frozenset({list}),
}
# What has no keys.
_PLAIN: Final = _JSON - {list, dict}
_UNKNOWN: Final = Message("unknown field", "unknown_field")
# How many shapes are remembered before remembering starts anew, with how many names, and how long these
# may be.
_REMEMBERED: Final = 1_024
_MOST: Final = 256
_LONGEST: Final = 64


@dataclass(frozen=True, slots=True)
class Told:
    """What there is to say of a value. `keeps`: it is judged on; `ends`: no rule may rely on the field."""

    entries: tuple[Entry, ...]
    keeps: bool
    ends: bool


_KEPT: Final = Told((), keeps=True, ends=False)
_DROPPED: Final = Told((), keeps=False, ends=False)
_CLEARED: Final = Told((), keeps=False, ends=True)


class Sight(Struct, frozen=True):
    """What is said of all payloads that have the same names with values of the same classes."""

    # Taken out, for what `entries` say or because it is ignored; no rule may rely on `unsound`.
    dropped: tuple[str, ...]
    entries: tuple[Entry, ...]
    unsound: tuple[str, ...]
    # Whether some names are unknown.
    has_unknown: bool
    # Where keys may stand that are no text.
    nested: tuple[str, ...]
    # What is looked at next: objects, and texts that should be dates or options.
    objects: tuple[str, ...]
    dates: tuple[tuple[str, Callable[[str], object]], ...]
    options: tuple[tuple[str, frozenset[str]], ...]


class Seen(Struct, frozen=True):
    """What is unknown in all objects of a field that have the same names."""

    dropped: tuple[str, ...]
    entries: tuple[Entry, ...]


_T = TypeVar("_T")
# What of a payload is judged on, the problems so far, and the fields that no rule may rely on.
Sifted = tuple[dict[str, Any], list[Entry], set[str]]


class Sifter:
    """Of one resource's payloads; shared by all of them."""

    def __init__(self, resource: CompiledResource, operation: str, rested: frozenset[str]) -> None:
        """`rested`: fields that rules read, so that none of their parts may be unsound."""
        self.resource = resource
        self.rested = rested
        self.is_update = operation == "update"
        fields = resource.fields.items()
        self.sendable = {name: one for name, one in fields if is_sent(resource, one, operation)}
        settable = frozenset(name for name, one in self.sendable.items() if one.rule.readonly is not None)
        self.loaders = loaders_of(resource.loader(None, settable, merges=self.is_update))
        self._classes = {
            name: dict if one.children else _CLASSES[one.rule.type]
            for name, one in self.sendable.items()
            if is_scalar(one) or (one.rule.type == "object" and one.children)
        }
        self._dates = {
            name: date_pattern(one)
            for name, one in self.sendable.items()
            if one.rule.type == "date" and is_positional(one)
        }
        self._options = dict(self._optioned())
        self._parts = {
            name: frozenset(child.name for child in one.children)
            for name, one in self.sendable.items()
            if one.rule.type == "object" and one.children
        }
        # Whether something unknown is ignored: what was ignored is told of before all else.
        self._ignores = resource.file.unknown == "ignore" or any(
            is_ignoring(resource, one) for one in self.sendable.values()
        )
        self._wholes = frozenset(
            name for name, one in self.sendable.items() if is_read_whole(one, operation) or is_deep(one)
        )
        # Of what is ignored in these the evaluator tells.
        self._quiet = frozenset(
            name
            for name in self._wholes
            if resource.file.unknown == "ignore" or _ignores_within(self.sendable[name])
        )
        self._told: dict[tuple[str, type], Told] = {}
        self._misfits: dict[str, tuple[Entry, ...]] = {}
        self._seen: dict[tuple[object, ...], Seen] = {}
        self._sights: dict[tuple[object, ...], Sight] = {}

    def _optioned(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Fields of which there is nothing else to say than that a text is no option."""
        for name, field in self.sendable.items():
            rule = field.rule
            lengths = (rule.pattern, rule.min_length, rule.max_length)
            if rule.type == "string" and isinstance(rule.one_of, tuple) and lengths == (None, None, None):
                yield name, frozenset(one for one in rule.one_of if isinstance(one, str))

    def see(self, payload: dict[str, Any]) -> Sight:
        """What names and classes say; Decline where that can't be told."""
        # By what runs in C: a look at each value takes twice as long.
        shape = (*payload, *map(type, payload.values()))
        return self._sights.get(shape) or self._look(payload, shape)

    def sift(self, payload: dict[str, Any], sight: Sight) -> Sifted:
        """Take out what is wrong at first sight; Decline where that can't be told."""
        sent = payload.copy()
        for name in sight.dropped:
            del sent[name]
        for name in sight.nested:
            if not has_text_keys(payload[name]):
                raise Decline
        # Unknown parts are told before unknown fields, which have the same place.
        entries = self._sift_parts(sent, sight) if sight.objects else []
        entries += sight.entries
        sifted = sent, entries, set(sight.unsound)
        for name, fits in sight.dates:
            if fits(sent[name]) is None:
                self._take_out(name, sifted)
        for name, options in sight.options:
            if sent[name] not in options:
                self._take_out(name, sifted)
        return sifted

    def _look(self, payload: dict[str, Any], shape: tuple[object, ...]) -> Sight:
        """Look at names and classes one by one, and remember what there is to say of them."""
        told = [
            (name, self.tell(name, value))
            for name, value in payload.items()
            if type(value) is not self._classes.get(name)
        ]
        unknown = sum(name not in self.resource.fields for name, _ in told)
        if unknown > MOST_HINTS:
            # Nobody is told what else so many names may have meant.
            raise Decline
        dropped = tuple(name for name, one in told if not one.keeps)
        kept = {name: type(value) for name, value in payload.items() if name not in dropped}
        sight = Sight(
            dropped,
            tuple(entry for _, one in told for entry in one.entries),
            tuple(name for name, one in told if one.ends),
            unknown > 0,
            tuple(name for name, _ in told if type(payload[name]) not in _PLAIN),
            tuple(name for name in self._parts if kept.get(name) is dict),
            tuple((name, fits) for name, fits in self._dates.items() if kept.get(name) is str),
            tuple((name, options) for name, options in self._options.items() if kept.get(name) is str),
        )
        if _JSON.issuperset(map(type, payload.values())):
            _keep(self._sights, shape, sight)
        return sight

    def _sift_parts(self, sent: dict[str, Any], sight: Sight) -> list[Entry]:
        """Take unknown parts out of objects; what is told of them."""
        entries: list[Entry] = []
        for name in sight.objects:
            value = sent[name]
            shape = (name, *value)
            seen = self._seen.get(shape) or self._see_parts(name, value, shape)
            if seen.dropped:
                if self._ignores and (sight.has_unknown or entries):
                    # What is ignored is told of in the order in which it was sent.
                    raise Decline
                sent[name] = _without(value, seen.dropped)
                entries += seen.entries
        return entries

    def _see_parts(self, name: str, value: dict[Any, Any], shape: tuple[object, ...]) -> Seen:
        """What is unknown in objects with these names."""
        if not all(isinstance(part, str) for part in value):
            raise Decline
        unknown = tuple(part for part in value if part not in self._parts[name])
        if is_ignoring(self.resource, self.resource.fields[name]):
            entries = self.ignored({name: dict.fromkeys(unknown)})
        else:
            entries = self.entries_told({name: {part: [_UNKNOWN] for part in unknown}}, {name: value})
        seen = Seen(unknown, entries)
        _keep(self._seen, shape, seen)
        return seen

    def _take_out(self, name: str, sifted: Sifted) -> None:
        """Take out a text that misses its format, or is no option."""
        sent, entries, unsound = sifted
        text = sent[name]
        # There is more to say of blank text, and of text that no store keeps.
        if not text.strip() or not is_writable(text):
            return
        told = self._misfits.get(name)
        if told is None:
            told = self._misfits[name] = self.entries_of(name, text)
        del sent[name]
        entries += told
        unsound.add(name)

    def tell(self, name: object, value: object) -> Told:
        """What there is to say of a value of this class; kept for all of them where the field is ours."""
        if not isinstance(name, str):
            raise Decline
        told = self._told.get((name, type(value)))
        if told is None:
            told = self._judge(name, value)
            # Senders choose the names of what is unknown, and how many there are.
            if (name in self.resource.fields or len(name) <= _LONGEST) and type(value) in _JSON:
                if len(self._told) >= _REMEMBERED:
                    self._told.clear()
                self._told[name, type(value)] = told
        return told

    def _judge(self, name: str, value: object) -> Told:
        field = self.resource.fields.get(name)
        if field is None and self.resource.file.unknown == "ignore":
            return Told(self.ignored({name: None}), keeps=False, ends=False)
        if field is None:
            return Told(self.entries_told({name: [_UNKNOWN]}, {name: value}), keeps=False, ends=False)
        if name not in self.sendable:
            reporter = _Reporter(self.resource)
            report_readonly(cast(Any, reporter), field, f"/{name}")
            return Told(tuple(reporter.entries), keeps=False, ends=False)
        rule, kind = field.rule, value.__class__
        if value is None:
            if rule.nullable and not rule.required:
                return _KEPT
            if is_conditional(field):
                raise Decline
            # A null where a value is required is a value that is missing.
            if rule.required:
                return _CLEARED if self.is_update else _DROPPED
            return self._refuse(name, None)
        taken = _TAKEN.get(rule.type)
        if taken is None or kind in taken or kind not in _JSON:
            return _KEPT
        if kind is str and rule.blank is not None:
            return _KEPT
        return self._refuse(name, value)

    def _refuse(self, name: str, value: object) -> Told:
        return Told(self.entries_of(name, value), keeps=False, ends=True)

    def ignored(self, unknown: Mapping[str, object]) -> tuple[Entry, ...]:
        """The warnings of fields and parts that are dropped."""
        reporter = _Reporter(self.resource)
        fields = self.resource.fields.values()
        report_unknown_ignored(cast(Any, reporter), fields, unknown, "", self.resource.file.unknown)
        return tuple(reporter.entries)

    # What marshmallow says, as problems

    def entries_of(self, name: str, value: object) -> tuple[Entry, ...]:
        """What marshmallow says of a value, in the evaluator's words; Decline where it says nothing.

        Decline, too, where it speaks of parts and rules rest on the others.
        """
        if name in self._quiet:
            raise Decline
        try:
            self.loaders[name].deserialize(value, partial=True)
        except ValidationError as error:
            found: Any = error.messages
        else:
            raise Decline
        if not isinstance(found, list):
            told_once = self.sendable[name].rule.sensitive
            if name in self.rested or told_once or not has_text_keys(value):
                raise Decline
        entries = self.entries_told({name: found}, {name: value})
        if any(problem.code == "undecided" for _, problem in entries):
            # A plug-in fails on this very value; what is said of it is not said of others.
            raise Decline
        if name in self._wholes and any(problem.code == _UNKNOWN.code for _, problem in entries):
            # All that is unknown has one place, and is told in the order of the fields.
            raise Decline
        return entries

    def entries_told(self, errors: Mapping[str, Any], sent: Mapping[str, Any]) -> tuple[Entry, ...]:
        """Marshmallow's errors of a payload as problems, in the evaluator's words."""
        reporter = _Reporter(self.resource)
        fields = self.resource.fields.values()
        for one in flatten(fields, errors, sent, "", self.resource.name):
            report_message(cast(Any, reporter), one)
        return tuple(reporter.entries)


def _keep(known: dict[tuple[object, ...], _T], shape: tuple[object, ...], seen: _T) -> None:
    """Remember; senders choose the names of what is unknown, and how many there are."""
    names = [name for name in shape if isinstance(name, str)]
    if len(names) <= _MOST and max(map(len, names), default=0) <= _LONGEST:
        if len(known) >= _REMEMBERED:
            known.clear()
        known[shape] = seen


def _without(value: dict[str, Any], unknown: tuple[str, ...]) -> dict[str, Any]:
    """An object without what it has no part for; Decline where that holds keys that are no text."""
    known = value.copy()
    for name in unknown:
        if not has_text_keys(known.pop(name)):
            raise Decline
    return known


class _Reporter:
    """What the evaluator's functions for the shape ask of a run."""

    def __init__(self, resource: CompiledResource) -> None:
        self.resource = resource
        self.entries: list[Entry] = []
        self._told: set[tuple[str, str, str, str]] = set()

    def report(
        self,
        site: Site,
        code: str,
        message: str,
        *,
        severity: Any = "error",
        vendor: VendorError | None = None,
    ) -> None:
        """Keep a problem, once."""
        told = (site.rule, code, site.path, message)
        if told in self._told:
            return
        self._told.add(told)
        self.entries.append((site.place, site.problem(code, message, severity=severity, vendor=vendor)))


def is_ignoring(resource: CompiledResource, field: CompiledField) -> bool:
    """Whether unknown parts of an object are dropped."""
    return bool(field.children) and (field.rule.unknown or resource.file.unknown) == "ignore"


def _ignores_within(field: CompiledField) -> bool:
    """Whether unknown parts are dropped in a value, however deep."""
    return field.rule.unknown == "ignore" or any(map(_ignores_within, field.parts))


def is_conditional(field: CompiledField) -> bool:
    """Whether conditions say that the field must, or must not, be given."""
    return any((field.required_if, field.required_unless, field.forbidden_if, field.rule.siblings))
