"""A refused payload as an Outcome: the shape's problems by marshmallow's own fields, the rest by `collect`.

Only what fails is handed to marshmallow. Gives None where the plain evaluator might tell otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final, Literal, cast

import msgspec
from marshmallow import ValidationError

from rulewright.compiled import CompiledField, CompiledResource, CompiledRules
from rulewright.evaluation import Inputs
from rulewright.evaluation.log import Site
from rulewright.evaluation.shape import _flatten, _report, _report_readonly
from rulewright.hotpath.accepting import accepted, rejected
from rulewright.hotpath.build import Generated
from rulewright.hotpath.refusals import Entry, Found
from rulewright.hotpath.shape import is_sent
from rulewright.hotpath.state import Decline
from rulewright.hotpath.texts import has_text_keys
from rulewright.outcome import Outcome
from rulewright.ports import Records
from rulewright.problem import Problem
from rulewright.schema import Message
from rulewright.schema.fields import is_writable

_PLACE: Final = re.compile(r"at `\$\.([A-Za-z][A-Za-z0-9_]*)")
_MOST: Final = 20
_JSON: Final = frozenset({str, int, float, bool, list, dict, type(None)})
# The classes of values that a field of a type may take at all.
_TAKEN: Final[Mapping[str, frozenset[type]]] = {
    **dict.fromkeys(("string", "email", "uuid", "date", "datetime"), frozenset({str})),
    "integer": frozenset({int}),
    "number": frozenset({int, float}),
    "boolean": frozenset({bool}),
}
_UNKNOWN: Final = Message("unknown field", "unknown_field")


class Teller:
    """Tells the problems of one resource's payloads; shared by all of them."""

    def __init__(self, rules: CompiledRules, resource: CompiledResource, generated: Generated) -> None:
        self.rules = rules
        self.resource = resource
        self.generated = generated
        settable = frozenset(
            name
            for name, one in resource.fields.items()
            if one.rule.readonly is not None and is_sent(resource, one)
        )
        self.settable = settable
        self.loaders: Mapping[str, Any] = resource.loader(None, settable).fields
        self.sendable = {name: one for name, one in resource.fields.items() if is_sent(resource, one)}
        self.hidden = resource.fields.keys() - self.sendable.keys()
        self.is_simple = resource.file.unknown == "reject" and not any(
            child.rule.readonly is not None or one.rule.unknown == "ignore"
            for one in resource.fields.values()
            for child in one.children
        )
        # What the Struct can't judge alone.
        self.read = frozenset(name for name, one in self.sendable.items() if _is_read(one))
        self.of_class: dict[tuple[str, object], Any] = {}
        self.told = lru_cache(maxsize=4_096)(self._told)
        self.told_of_parts = lru_cache(maxsize=4_096)(self._told_of_parts)

    def tell(self, inputs: Inputs, records: Records | None) -> Outcome | None:
        """The outcome, or None."""
        generated = self.generated
        payload = inputs.payload
        if generated.collect is None or not self.is_simple or payload.__class__ is not dict:
            return None
        try:
            return self._tell(cast("dict[str, Any]", payload), inputs, records)
        except Exception:  # the plain evaluator meets it again, and tells it
            return None

    def _tell(self, payload: dict[str, Any], inputs: Inputs, records: Records | None) -> Outcome | None:
        generated = self.generated
        if not has_text_keys(payload):
            raise Decline
        entries: list[Entry] = []
        sent = self._sent(payload, entries)
        errors: dict[str, Any] = {}
        p = self._shape(sent, errors)
        run = generated.open(p, sent, records, inputs.actor, inputs.request, inputs.now, inputs.seed)
        for stage in generated.before:
            stage(run)
        try:
            generated.shape(run)
        except Decline:
            self._judge_again(run, sent, errors)
        unknown = payload.keys() - self.resource.fields.keys()
        for name in unknown:
            errors[name] = [_UNKNOWN]
        if errors:
            self._report(errors, payload, entries)
        # An object with unknown parts is sound in all others.
        unsound = {name for name, found in errors.items() if found.__class__ is list} - unknown
        found = Found(unsound, entries)
        assert generated.collect is not None
        generated.collect(run, found)
        if found.has_errors:
            return rejected(self.rules, self.resource, inputs, run, found.problems())
        for stage in generated.after:
            stage(run)
        body = generated.respond(run)
        return accepted(self.rules, self.resource, generated, inputs, run, body, found.problems())

    def _sent(self, payload: dict[str, Any], entries: list[Entry]) -> dict[str, Any]:
        """What the caller may send of the payload; what only the system sets is told."""
        sent = {}
        for name, value in payload.items():
            if name in self.sendable:
                # A null where a value is required is a value that is missing.
                if value is not None or not self.sendable[name].rule.required:
                    sent[name] = value
            elif name in self.hidden:
                _report_readonly(
                    cast(Any, _Reporter(self.resource, entries)), self.resource.fields[name], f"/{name}"
                )
        return sent

    def _shape(self, sent: dict[str, Any], errors: dict[str, Any]) -> Any:
        """Take out what the Struct refuses until it takes the rest."""
        for _ in range(_MOST):
            try:
                return msgspec.convert(sent, self.generated.loose)
            except msgspec.ValidationError as error:
                place = _PLACE.search(str(error))
                if place is None:
                    raise Decline from None
                self._take_out(place[1], sent, errors)
        raise Decline

    def _take_out(self, name: str, sent: dict[str, Any], errors: dict[str, Any]) -> None:
        field, value = self.sendable[name], sent.pop(name)
        if value is None and _is_conditional(field):
            raise Decline
        known = {child.name for child in field.children}
        if known and value.__class__ is dict and name not in errors and not value.keys() <= known:
            # Unknown parts leave the others as they are.
            errors[name] = {part: [_UNKNOWN] for part in value if part not in known}
            sent[name] = {part: below for part, below in value.items() if part in known}
            return
        if name in errors:
            raise Decline
        kinds = _TAKEN.get(field.rule.type)
        if kinds is not None and value.__class__ in _JSON - kinds:
            # Of another class altogether: what is said of one such value is said of all.
            kind = value.__class__
            if (name, kind) not in self.of_class:
                self.of_class[name, kind] = self._messages(name, value)
            errors[name] = self.of_class[name, kind]
            return
        if self._is_no_option(field, value):
            if (name, Literal) not in self.of_class:
                self.of_class[name, Literal] = self._messages(name, value)
            errors[name] = self.of_class[name, Literal]
            return
        messages = self._messages(name, value)
        if isinstance(messages, dict):
            raise Decline
        errors[name] = messages

    def _is_no_option(self, field: CompiledField, value: Any) -> bool:
        """Whether a text is surely none of the options, which is all there is to say of it."""
        rule = field.rule
        lengths = (rule.pattern, rule.min_length, rule.max_length)
        only = rule.type == "string" and isinstance(rule.one_of, tuple) and lengths == (None, None, None)
        text = value.__class__ is str and bool(value.strip()) and is_writable(value)
        return only and text and value not in cast("tuple[object, ...]", rule.one_of)

    def _is_misfit(self, name: str, text: Any) -> bool:
        """Whether a text surely misses the date format of its field, which is all there is to say of it."""
        read = self.generated.dates.get(name)
        if read is None or text.__class__ is not str or not text.strip() or not is_writable(text):
            return False
        try:
            read(text)
        except Decline:
            return True
        return False

    def _misfit(self, name: str, text: str) -> Any:
        if (name, date) not in self.of_class:
            self.of_class[name, date] = self._messages(name, text)
        return self.of_class[name, date]

    def _messages(self, name: str, value: Any) -> Any:
        """What marshmallow says of a value; Decline where it says nothing."""
        try:
            self.loaders[name].deserialize(value, partial=True)
        except ValidationError as error:
            return error.messages
        raise Decline

    def _judge_again(self, run: Any, sent: dict[str, Any], errors: dict[str, Any]) -> None:
        """Take out what the Struct took and generated lines refused: dates first, they are the commonest."""
        misfits = [
            name for name in self.generated.dates if name in sent and self._is_misfit(name, sent[name])
        ]
        for name in misfits:
            errors[name] = self._misfit(name, sent.pop(name))
        if misfits:
            run.p = msgspec.convert(sent, self.generated.loose)
            try:
                self.generated.shape(run)
            except Decline:
                pass
            else:
                return
        run.p = self._judge_read(sent, errors)
        self.generated.shape(run)

    def _judge_read(self, sent: dict[str, Any], errors: dict[str, Any]) -> Any:
        """Find the values that the Struct took and their fields refuse."""
        for name in [*sent]:
            if name in self.read or (sent[name].__class__ is str and not is_writable(sent[name])):
                try:
                    self.loaders[name].deserialize(sent[name], partial=True)
                except ValidationError as error:
                    if isinstance(error.messages, dict) or name in errors:
                        raise Decline from None
                    errors[name] = error.messages
                    del sent[name]
        return msgspec.convert(sent, self.generated.loose)

    def _report(self, errors: dict[str, Any], payload: dict[str, Any], entries: list[Entry]) -> None:
        """Write marshmallow's messages as problems, in the evaluator's words."""
        for name, field in self.resource.fields.items():
            found = errors.get(name)
            if found is None:
                continue
            if isinstance(found, list) and all(type(one) is Message for one in found):
                entries += self.told(name, tuple((str(one), one.code, one.keyword) for one in found))
            elif isinstance(found, dict) and field.children:
                entries += self.told_of_parts(name, tuple(found))
            else:
                raise Decline
        for name in payload:
            if name not in self.resource.fields:
                entries += self.told(name, ())

    def _told(self, name: str, messages: tuple[tuple[str, str, str], ...]) -> tuple[Entry, ...]:
        """The problems of one field, made once for all payloads that have them; () for an unknown field."""
        entries: list[Entry] = []
        found = [Message(*one) for one in messages] or [_UNKNOWN]
        self._flatten(dict(self.resource.fields), {name: found}, {name: None}, entries)
        return tuple(entries)

    def _told_of_parts(self, name: str, parts: tuple[str, ...]) -> tuple[Entry, ...]:
        """The problems of unknown parts of an object."""
        entries: list[Entry] = []
        errors = {name: {part: [_UNKNOWN] for part in parts}}
        self._flatten({name: self.resource.fields[name]}, errors, {name: dict.fromkeys(parts)}, entries)
        return tuple(entries)

    def _flatten(
        self, fields: Mapping[str, CompiledField], errors: Any, sent: Mapping[str, Any], entries: list[Entry]
    ) -> None:
        reporter = cast(Any, _Reporter(self.resource, entries))
        for one in _flatten(fields.values(), errors, sent, "", self.resource.name):
            _report(reporter, one)


class _Reporter:
    """What the evaluator's functions for the shape ask of a run."""

    def __init__(self, resource: CompiledResource, entries: list[Entry]) -> None:
        self.resource = resource
        self._entries = entries

    def report(self, site: Site, code: str, message: str, *, severity: Any = "error") -> None:
        """Keep a problem."""
        problem = Problem(
            rule=site.rule,
            code=code,
            path=site.path,
            message=message,
            severity=severity,
            rule_at=str(site.span) if site.span is not None else None,
        )
        self._entries.append((site.stage, site.order, problem))


def _is_conditional(field: CompiledField) -> bool:
    return any((field.required_if, field.required_unless, field.forbidden_if))


def _is_read(field: CompiledField) -> bool:
    """Whether generated lines judge what the Struct took."""
    rule = field.rule
    if rule.type in ("string", "integer", "boolean"):
        return rule.blank is not None or rule.pattern is not None or rule.one_of is not None
    return True
