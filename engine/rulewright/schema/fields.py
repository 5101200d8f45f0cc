"""marshmallow fields with the strict typing of the rule language.

true is no integer, "5" is no integer, 150.99 is no integer; null is refused unless `nullable`; under
`blank: absent` a blank text counts as null. Every message carries its stable code.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, Final, cast

from marshmallow import Schema, ValidationError, fields, validate

from rulewright.fieldtypes import (
    INT64_MAX,
    INT64_MIN,
    FieldType,
    as_utc,
    is_writable,
    print_date,
    print_datetime,
    write_formatted,
)
from rulewright.model import Field
from rulewright.schema.keywords import metadata_of
from rulewright.schema.messages import Message, sample_of_format
from rulewright.schema.repeats import without_repeats
from rulewright.schema.unsound import UNSOUND
from rulewright.schema.validators import refusal, validators_of

# More digits than any 64-bit number has.
_INT64_DIGITS: Final = 19


class RuleField(fields.Field[Any]):
    """A field of a rule file. `label` is the name that messages use (a dotted path); `kind` its type.

    Its classes are marshmallow's own of that type as well, by which other tools (apispec, webargs) know them.
    """

    def __init__(self, rule: Field, label: str, *, kind: FieldType, **options: Any) -> None:
        self.rule = rule
        self.label = label
        self.kind = kind
        super().__init__(
            required=rule.required,
            allow_none=rule.nullable or rule.blank == "absent",
            dump_only=rule.readonly is not None,
            validate=list(validators_of(rule, label)),
            error_messages=self._messages(),
            metadata=metadata_of(rule, kind),
            **options,
        )

    def _messages(self) -> Any:
        said = self.rule.messages
        return {
            "required": Message(said.get("required", f"{self.label} is required"), "required"),
            "null": Message(said.get("nullable", f"{self.label} may not be null"), "type", "nullable"),
            "type": Message(said.get("type", f"{self.label} must be {self.kind.meaning}"), "type"),
        }

    def make_error(self, key: str, **kwargs: Any) -> ValidationError:
        """Return the error for `key` without losing the message's code (str.format would)."""
        message = self.error_messages.get(key)
        if isinstance(message, Message):
            return ValidationError([message])
        return super().make_error(key, **kwargs)

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """Read a sent value. Null where the field is required is `required`, elsewhere a `type` error.

        language.md "One problem per field".
        """
        if self.rule.blank == "absent" and isinstance(value, str) and not value.strip():
            value = None
            if not self.rule.required:
                return None
        if value is None:
            if self.rule.required:
                raise self.make_error("required")
            if not self.rule.nullable:
                raise self.make_error("null")
        if not self.kind.base:
            return super().deserialize(value, attr, data, **kwargs)
        try:
            return super().deserialize(value, attr, data, **kwargs)
        except (ValidationError, KeyboardInterrupt):
            raise
        except BaseException as error:
            # What a plug-in fails on may be as good as any other value; its text may quote it.
            text = (
                f"{self.label} can't be judged: the type {self.kind.name} fails with {type(error).__name__}"
            )
            raise ValidationError([Message(text, "undecided", "type")]) from None

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        """Print a stored value as it is."""
        return value

    def refuse_type(self) -> ValidationError:
        """Return the error of a value of the wrong type."""
        return self.make_error("type")

    def refuse_format(self, text: str) -> ValidationError:
        """Return the error of a text that does not have the type's format."""
        return refusal(self.rule, "format", text)


class Text(RuleField, fields.String):
    """string: text that can be written as UTF-8 (JSON lets lone surrogates through)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.refuse_type()
        if "\0" in value:
            raise refusal(self.rule, "type", f"{self.label} holds a NUL character, which no store keeps")
        if not is_writable(value):
            raise refusal(self.rule, "type", f"{self.label} holds half a surrogate pair, which is no text")
        return value

    def refuse_unwritten(self, value: date) -> ValidationError:
        """Return the error of what a schema has loaded: payloads are decided as they were sent."""
        kind = type(value).__name__
        text = f"{self.label} must be {self.kind.meaning} as text, as in JSON, and is Python's {kind}"
        return refusal(self.rule, "type", text)


class WholeNumber(RuleField, fields.Integer):
    """integer: within 64 bits; a boolean is none, and neither is 5.0."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.refuse_type()
        if not INT64_MIN <= value <= INT64_MAX:
            raise refusal(self.rule, "type", f"{self.label} must fit into 64 bits")
        return value


class NumericId(WholeNumber):
    """numeric_id: a whole number, or text of ASCII digits that says one."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _INT64_DIGITS:
            value = int(value)
        return super()._deserialize(value, attr, data, **kwargs)


class Decimal(RuleField, fields.Float):
    """number: always a double, also when written as 5; NaN and the infinities are refused."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self.refuse_type()
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise refusal(self.rule, "type", f"{self.label} must be a finite number")
        return number


class TrueOrFalse(RuleField, fields.Boolean):
    """boolean: only true and false; "false" and 0 are none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.refuse_type()
        return value


class CalendarDate(Text):
    """date: text in the field's strptime format, strictly ("1/2/2025" is not %d/%m/%Y)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, date):
            raise self.refuse_unwritten(value)
        text = super()._deserialize(value, attr, data, **kwargs)
        parsed = parse_date(text, self.rule.format or "iso")
        if parsed is None:
            raise self.refuse_format(
                f"{self.label} must be a date like {sample_of_format(self.rule.format or 'iso', dated=True)}"
            )
        return parsed

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return print_date(value, self.rule.format or "iso")


class Instant(Text):
    """datetime: iso (an offset is optional, none means UTC), iso_ms_z, iso_offset or a strptime format."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, date):
            raise self.refuse_unwritten(value)
        text = super()._deserialize(value, attr, data, **kwargs)
        parsed = parse_datetime(text, self.rule.format or "iso")
        if parsed is None:
            sample = sample_of_format(self.rule.format or "iso", dated=False)
            raise self.refuse_format(f"{self.label} must be a date and time like {sample}")
        return parsed

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return print_datetime(value, self.rule.format or "iso")


class UuidText(Text):
    """uuid: the 36-character form, kept as text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            canonical: str | None = str(uuid.UUID(text))
        except ValueError:
            canonical = None
        if canonical != text.lower():
            raise self.refuse_format(f"{self.label} must be a UUID")
        return text


class EmailText(Text):
    """email: as marshmallow's own validator judges it."""

    _validator = validate.Email()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return self._validator(text)
        except ValidationError:
            raise self.refuse_format(f"{self.label} must be an email address") from None


class ObjectValue(RuleField, fields.Nested):
    """object: a nested schema."""

    def __init__(self, rule: Field, label: str, *, nested: type[Schema], **options: Any) -> None:
        self._loader: Schema | None = None
        super().__init__(rule, label, nested=nested, **options)
        self._made_of = nested

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, partial: Any = None, **kwargs: Any
    ) -> Any:
        if not isinstance(value, Mapping):
            raise self.refuse_type()
        if self._loader is None:
            self._loader = self._made_of()
        return self._loader.load(value, partial=partial)

    # marshmallow's Nested calls the value by another name than its Field.
    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        return None if value is None else self._made_of().dump(value)


class ListValue(RuleField, fields.List[Any]):
    """list: every item is judged, and errors stand under the item's index."""

    def __init__(self, rule: Field, label: str, *, inner: RuleField, **options: Any) -> None:
        super().__init__(rule, label, cls_or_instance=inner, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise self.refuse_type()
        try:
            items = [item for _, item in _load_each(self.inner, enumerate(value), kwargs)]
        except ValidationError as error:
            kept = self._collapsed(error.valid_data, error.messages_dict)
            raise ValidationError(error.messages, valid_data=kept) from None
        return self._collapsed(items)

    def _collapsed(self, items: Any, unsound: Collection[Any] = ()) -> list[Any]:
        return without_repeats(items, unsound) if self.rule.unique_items == "collapse" else items

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else [self.inner._serialize(item, attr, obj) for item in value]


class MapValue(RuleField, fields.Dict):
    """map: an object with keys of the sender's choice; `items` is the rule of its values."""

    def __init__(self, rule: Field, label: str, *, inner: RuleField | None, **options: Any) -> None:
        self.inner = inner
        super().__init__(rule, label, values=inner, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping) or not is_json(value):
            raise self.refuse_type()
        if self.inner is None:
            return dict(value)
        try:
            return dict(_load_each(self.inner, value.items(), kwargs))
        except ValidationError as error:
            entries = cast("list[Any]", error.valid_data)
            raise ValidationError(error.messages, valid_data=dict(zip(value, entries, strict=True))) from None


class AnyValue(RuleField, fields.Raw):
    """any: whatever JSON can say."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not is_json(value):
            raise self.refuse_type()
        return value


def _load_each(inner: fields.Field[Any], entries: Any, kwargs: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    loaded: list[tuple[Any, Any]] = []
    errors: dict[Any, Any] = {}
    for place, sent in entries:
        try:
            loaded.append((place, inner.deserialize(sent, **kwargs)))
        except ValidationError as error:
            errors[place] = error.messages
            part = error.valid_data if isinstance(error.messages, dict) else None
            loaded.append((place, part if isinstance(part, dict | list) else UNSOUND))
    if errors:
        raise ValidationError(errors, valid_data=[item for _, item in loaded])
    return loaded


def is_json(value: object) -> bool:
    """Whether a value and all in it are what JSON can say: finite, 64-bit, writable text."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mapping):
            waiting.extend(part.keys())
            waiting.extend(part.values())
        elif isinstance(part, list | tuple):
            waiting.extend(part)
        elif not _is_json_scalar(part):
            return False
    return True


def _is_json_scalar(value: object) -> bool:
    if isinstance(value, str):
        return is_writable(value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return INT64_MIN <= value <= INT64_MAX
    return value is None


def parse_date(text: str, format_: str) -> date | None:
    """Read a date strictly: printing it again must give the very text. None where it does not fit."""
    if not text.isascii():
        return None
    try:
        if format_ == "iso":
            parsed = date.fromisoformat(text)
            return parsed if parsed.isoformat() == text else None
        read = datetime.strptime(text, format_)  # a date has no zone
        return read.date() if write_formatted(read, format_) == text else None
    except ValueError:
        return None


def parse_datetime(text: str, format_: str) -> datetime | None:
    """Read an instant strictly, in UTC. None where the text does not fit the format."""
    if not text.isascii():
        return None
    try:
        if format_ in ("iso", "iso_offset", "iso_ms_z"):
            return _parse_iso_datetime(text, format_)
        read = datetime.strptime(text, format_)  # as_utc gives it a zone
        return as_utc(read) if write_formatted(read, format_) == text else None
    except (ValueError, OverflowError):
        return None


def _parse_iso_datetime(text: str, format_: str) -> datetime | None:
    parsed = datetime.fromisoformat(text)
    # Python reads weeks (2025-W01-1) and hour 24 as well.
    if not text.startswith(f"{parsed.date().isoformat()}T"):
        return None
    if format_ == "iso_offset" and parsed.tzinfo is None:
        return None
    if format_ == "iso_ms_z" and text != f"{parsed.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z":
        return None
    return as_utc(parsed)
