"""What is wrong with a payload at first sight: classes, options, dates, unknown names and parts.

What is said of one such value is said of all of its kind, so a field's own `deserialize` is asked once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, cast

from marshmallow import ValidationError

from rulewright.compiled import CompiledField, CompiledResource
from rulewright.evaluation.log import Site
from rulewright.evaluation.shape import _MOST_HINTS, _flatten, _report, _report_readonly
from rulewright.hotpath.refusals import Entry
from rulewright.hotpath.shape import is_scalar, is_sent
from rulewright.hotpath.state import Decline
from rulewright.hotpath.texts import date_pattern, has_text_keys, is_positional
from rulewright.problem import Problem
from rulewright.schema import Message
from rulewright.schema.fields import is_writable

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
# What is kept of what was said, and of how long a name: senders choose the names of unknown fields.
_REMEMBERED: Final = 4_096
_LONGEST: Final = 64


@dataclass(frozen=True, slots=True)
class Told:
    """What there is to say of a value. `keeps`: it is judged on; `ends`: no rule may rely on the field."""

    entries: tuple[Entry, ...]
    keeps: bool
    ends: bool


_KEPT: Final = Told((), keeps=True, ends=False)
_DROPPED: Final = Told((), keeps=False, ends=False)

# What of a payload is judged on, the problems so far, and the fields that no rule may rely on.
Sifted = tuple[dict[str, Any], list[Entry], set[str]]


class Sifter:
    """Of one resource's payloads; shared by all of them."""

    def __init__(self, resource: CompiledResource) -> None:
        self.resource = resource
        settable = frozenset(
            name
            for name, one in resource.fields.items()
            if one.rule.readonly is not None and is_sent(resource, one)
        )
        self.loaders: Mapping[str, Any] = resource.loader(None, settable).fields
        self.sendable = {name: one for name, one in resource.fields.items() if is_sent(resource, one)}
        self._classes = {
            name: dict if one.children else _CLASSES[one.rule.type]
            for name, one in self.sendable.items()
            if is_scalar(one) or (one.rule.type == "object" and one.children)
        }
        self._dates = [
            (name, date_pattern(one))
            for name, one in self.sendable.items()
            if one.rule.type == "date" and is_positional(one)
        ]
        self._options = [*self._optioned()]
        self._parts = [
            (name, frozenset(child.name for child in one.children))
            for name, one in self.sendable.items()
            if one.rule.type == "object" and one.children
        ]
        self._told: dict[tuple[object, object], Told] = {}

    def _optioned(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Fields of which there is nothing else to say than that a text is no option."""
        for name, field in self.sendable.items():
            rule = field.rule
            lengths = (rule.pattern, rule.min_length, rule.max_length)
            if rule.type == "string" and isinstance(rule.one_of, tuple) and lengths == (None, None, None):
                yield name, frozenset(one for one in rule.one_of if isinstance(one, str))

    def sift(self, payload: dict[str, Any]) -> Sifted:
        """Take out what is wrong at first sight; Decline where that can't be told."""
        entries: list[Entry] = []
        unsound: set[str] = set()
        sent = payload.copy()
        # Unknown parts are told before unknown fields.
        for name, names in self._parts:
            value = sent.get(name)
            if value.__class__ is dict and not value.keys() <= names:
                sent[name] = self._known_parts(name, value, names, entries)
        classes, known = self._classes, self._told
        odd = [name for name, value in payload.items() if value.__class__ is not classes.get(name)]
        for name in odd:
            value = payload[name]
            if value.__class__ not in _PLAIN and not has_text_keys(value):
                raise Decline
            told = known.get((name, value.__class__)) or self._tell(name, value)
            if not told.keeps:
                del sent[name]
                entries += told.entries
                if told.ends:
                    unsound.add(name)
        if len(odd) > _MOST_HINTS and sum(name not in self.resource.fields for name in odd) > _MOST_HINTS:
            # Nobody is told what else so many names may have meant.
            raise Decline
        self._sift_texts(sent, entries, unsound)
        return sent, entries, unsound

    def _sift_texts(self, sent: dict[str, Any], entries: list[Entry], unsound: set[str]) -> None:
        """Take out what misses the format of a date, and what is no option."""
        misfits: list[tuple[str, type | object]] = []
        for name, fits in self._dates:
            text = sent.get(name)
            if text.__class__ is str and fits(text) is None:
                misfits.append((name, date))
        for name, options in self._options:
            text = sent.get(name)
            if text.__class__ is str and text not in options:
                misfits.append((name, Literal))
        for name, kind in misfits:
            text = sent[name]
            # There is more to say of blank text, and of text that no store keeps.
            if text.strip() and is_writable(text):
                told = self._told.get((name, kind))
                if told is None:
                    told = self._told[name, kind] = self._refuse(name, text)
                del sent[name]
                entries += told.entries
                unsound.add(name)

    def _known_parts(
        self, name: str, value: dict[Any, Any], names: frozenset[str], entries: list[Entry]
    ) -> dict[Any, Any]:
        """An object without the parts that it has not; the others are as they are."""
        if not has_text_keys(value):
            raise Decline
        unknown = tuple(part for part in value if part not in names)
        told = self._told.get((name, unknown))
        if told is None:
            parts = {name: {part: [_UNKNOWN] for part in unknown}}
            told = Told(self._entries(parts, {name: value}), keeps=True, ends=False)
            if len(self._told) < _REMEMBERED and len("".join(unknown)) <= _LONGEST:
                self._told[name, unknown] = told
        entries += told.entries
        return {part: below for part, below in value.items() if part in names}

    def _tell(self, name: object, value: object) -> Told:
        """What there is to say of a value of this class; kept, within bounds, for all of them."""
        if not isinstance(name, str):
            raise Decline
        told = self._judge(name, value)
        is_ours = name in self.resource.fields
        if value.__class__ in _JSON and (
            is_ours or (len(self._told) < _REMEMBERED and len(name) <= _LONGEST)
        ):
            self._told[name, value.__class__] = told
        return told

    def _judge(self, name: str, value: object) -> Told:
        field = self.resource.fields.get(name)
        if field is None:
            return Told(self._entries({name: [_UNKNOWN]}, {name: value}), keeps=False, ends=False)
        if name not in self.sendable:
            reporter = _Reporter(self.resource)
            _report_readonly(cast(Any, reporter), field, f"/{name}")
            return Told(tuple(reporter.entries), keeps=False, ends=False)
        rule, kind = field.rule, value.__class__
        if value is None:
            # A null where a value is required is a value that is missing.
            if rule.required:
                return _DROPPED
            if rule.nullable:
                return _KEPT
            if is_conditional(field):
                raise Decline
            return self._refuse(name, None)
        taken = _TAKEN.get(rule.type)
        if taken is None or kind in taken or kind not in _JSON:
            return _KEPT
        if kind is str and rule.blank is not None:
            return _KEPT
        return self._refuse(name, value)

    def _refuse(self, name: str, value: object) -> Told:
        return Told(self.entries_of(name, self.messages(name, value)), keeps=False, ends=True)

    # What marshmallow says, as problems

    def messages(self, name: str, value: object) -> list[Message]:
        """What marshmallow says of a value as a whole; Decline where it says nothing, or speaks of parts."""
        try:
            self.loaders[name].deserialize(value, partial=True)
        except ValidationError as error:
            found = error.messages
            if isinstance(found, list) and all(type(one) is Message for one in found):
                return found
        raise Decline

    def entries_of(self, name: str, messages: list[Message]) -> tuple[Entry, ...]:
        """The problems of a field, in the evaluator's words."""
        return self._entries({name: messages}, {name: None})

    def _entries(self, errors: Mapping[str, Any], sent: Mapping[str, Any]) -> tuple[Entry, ...]:
        reporter = _Reporter(self.resource)
        fields = self.resource.fields.values()
        for one in _flatten(fields, errors, sent, "", self.resource.name):
            _report(cast(Any, reporter), one)
        return tuple(reporter.entries)


class _Reporter:
    """What the evaluator's functions for the shape ask of a run."""

    def __init__(self, resource: CompiledResource) -> None:
        self.resource = resource
        self.entries: list[Entry] = []
        self._told: set[tuple[str, str, str, str]] = set()

    def report(self, site: Site, code: str, message: str, *, severity: Any = "error") -> None:
        """Keep a problem, once."""
        told = (site.rule, code, site.path, message)
        if told in self._told:
            return
        self._told.add(told)
        problem = Problem(
            rule=site.rule,
            code=code,
            path=site.path,
            message=message,
            severity=severity,
            rule_at=str(site.span) if site.span is not None else None,
        )
        self.entries.append(((site.stage, site.order), problem))


def is_conditional(field: CompiledField) -> bool:
    """Whether conditions say that the field must, or must not, be given."""
    return any((field.required_if, field.required_unless, field.forbidden_if))
