"""What a report may show of records and requests: the values of sensitive fields are masked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from rulewright.compiled import CompiledField, CompiledResource
from rulewright.evaluation.fitting import plain
from rulewright.fieldtypes import encode_date, encode_datetime

MASK: Final = "***"
# What reports show as it is.
_SCALARS: Final = frozenset({str, int, float, bool, type(None)})
# Headers that say who somebody is in a way that others could repeat.
_SECRET_HEADERS: Final = frozenset(
    {"authorization", "authorize", "cookie", "proxy-authorization", "x-api-key"}
)


def secret_headers(resource: CompiledResource) -> frozenset[str]:
    """The names, in lower case, of headers whose values are never told."""
    auth = resource.api.auth if resource.api is not None else None
    if auth is None:
        return _SECRET_HEADERS
    return _SECRET_HEADERS | {name.lower() for name in (auth.header or "", *auth.also)}


def mask_record(fields: Mapping[str, CompiledField], values: Mapping[str, object]) -> dict[str, object]:
    """Return a record with the values of sensitive fields masked, however deep."""
    return {name: mask_value(fields.get(name), value) for name, value in values.items()}


def mask_stored(resource: CompiledResource, values: Mapping[str, object]) -> dict[str, object]:
    """As `mask_record`, of a resource's own record: only the fields that hide something are looked at."""
    masked = dict(values)
    for name, field in resource.hiding.items():
        if name in masked:
            masked[name] = mask_value(field, masked[name])
    return masked


def mask_value(field: CompiledField | None, value: object) -> object:
    """Return the value of a field with what is sensitive in it masked, however deep."""
    if field is None or value is None:
        return value
    if field.rule.sensitive:
        return MASK
    if field.children and isinstance(value, Mapping):
        return mask_record(field.child_of, value)
    if field.items is not None and isinstance(value, list | tuple):
        return [mask_value(field.items, item) for item in value]
    if field.items is not None and isinstance(value, Mapping):
        return {name: mask_value(field.items, item) for name, item in value.items()}
    return value


def to_json(value: object) -> object:
    """Return a decoded or CEL value in the form in which reports show it."""
    return value if value.__class__ in _SCALARS else _dated(plain(value))


def _dated(value: object) -> object:
    """A plain value with its dates as texts."""
    if isinstance(value, datetime):
        return encode_datetime(value)
    if isinstance(value, date):
        return encode_date(value)
    if isinstance(value, dict):
        return {name: _dated(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_dated(part) for part in value]
    return value
