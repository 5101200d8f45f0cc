"""Shape and types: marshmallow judges, this turns its errors into problems and its values into views."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from rulewright.compiled import CompiledField
from rulewright.evaluation.log import Site, Stage
from rulewright.evaluation.run import Run, site_at
from rulewright.evaluation.views import View, Whole
from rulewright.pointers import escape_pointer
from rulewright.problem import Severity
from rulewright.schema.messages import Message
from rulewright.schema.repeats import Kept
from rulewright.schema.unsound import UNSOUND

_REFUSE = "reject"
MOST_HINTS = 100


def judge_shape(run: Run) -> None:
    """Judge the payload's shape and fill `run.sent` with what is sound of it."""
    from marshmallow import ValidationError  # noqa: PLC0415 - not for commands that judge no payload

    payload = run.inputs.payload
    if not isinstance(payload, Mapping):
        _end(run, "the payload must be a JSON object")
        return
    if not _has_text_keys(payload):
        _end(run, "the payload's keys must be text, as in JSON")
        return
    fields = run.intake
    sent = _without_system_fields(run, fields.values(), payload, "", run.settable)
    schema = run.resource.loader(
        run.inputs.operation if run.is_event else None, run.settable, merges=run.current is not None
    )
    try:
        valid, errors = schema.load(sent, partial=True), {}
    except ValidationError as error:
        valid, errors = error.valid_data, error.messages_dict
    whole = f"the event {run.inputs.operation}" if run.is_event else "this resource"
    report_unknown_ignored(run, fields.values(), sent, "", run.resource.file.unknown, whole)
    for found in flatten(fields.values(), errors, sent, "", run.resource.name):
        report_message(run, found, whole)
    run.sent = _view(run, fields, sent, valid if isinstance(valid, dict) else {}, errors, "")
    run.sent.declared = run.resource.sendable


def _end(run: Run, message: str) -> None:
    """Refuse the payload as a whole; nothing more is judged."""
    site = Site(f"{run.resource.name}.type", "", run.resource.file.span, Stage.SHAPE)
    run.log.end(site.problem("type", message))


def _has_text_keys(value: object) -> bool:
    """Whether every key, however deep, is text; only a library's caller can send others."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mapping):
            if not all(isinstance(name, str) for name in part):
                return False
            waiting.extend(part.values())
        elif isinstance(part, list | tuple):
            waiting.extend(part)
    return True


def _without_system_fields(
    run: Run,
    fields: Iterable[CompiledField],
    sent: Mapping[str, Any],
    pointer: str,
    settable: frozenset[str],
    *,
    in_list: bool = False,
) -> dict[str, Any]:
    """Leave out what the client may not set, and say so (readonly comes before any other problem)."""
    kept = dict(sent)
    for field in fields:
        if field.name not in kept:
            continue
        place = f"{pointer}/{escape_pointer(field.name)}"
        if field.rule.readonly is not None and field.name not in settable:
            report_readonly(run, field, place)
            del kept[field.name]
        else:
            value = kept[field.name]
            kept[field.name] = _without_nested_system_fields(run, field, value, place, in_list=in_list)
    return kept


def _without_nested_system_fields(
    run: Run, field: CompiledField, value: Any, pointer: str, *, in_list: bool = False
) -> Any:
    if isinstance(value, Mapping) and not field.children and run.current is not None and not in_list:
        # In an update a null takes the entry away (RFC 7396), whatever type the entries have. What is in a
        # list is replaced with it.
        run.removed[pointer] = frozenset(paths_of_nulls(value))
        value = drop_nulls(value)
    if field.children and isinstance(value, Mapping):
        return _without_system_fields(run, field.children, value, pointer, frozenset(), in_list=in_list)
    if field.items is None or not (field.items.children or field.items.items):
        return value
    is_list = isinstance(value, list | tuple)
    kept = {
        name: _without_nested_system_fields(
            run,
            field.items,
            item,
            f"{pointer}/{escape_pointer(str(name))}",
            in_list=in_list or is_list,
        )
        for name, item in _entries(value)
    }
    return [*kept.values()] if is_list else kept or value


def paths_of_nulls(value: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Where a sent map takes something away."""
    for name, part in value.items():
        if part is None:
            yield (name,)
        elif isinstance(part, Mapping):
            yield from ((name, *below) for below in paths_of_nulls(part))


def drop_nulls(value: Mapping[str, Any]) -> dict[str, Any]:
    """A sent map without what it takes away, at every depth."""
    return {
        name: drop_nulls(part) if isinstance(part, Mapping) else part
        for name, part in value.items()
        if part is not None
    }


def report_readonly(run: Run, field: CompiledField, pointer: str) -> None:
    """Report what was sent for a field that the caller may not set: refused, or ignored with a warning."""
    refused = field.rule.readonly == _REFUSE
    site = site_at(field, "readonly", pointer, Stage.SHAPE)
    what = "may not be sent" if refused else "is set by the system; the sent value is ignored"
    message = field.rule.messages.get("readonly", f"{field.label} {what}")
    run.report(site, "readonly", message, severity="error" if refused else "warning")


class _Found(Struct, frozen=True):
    """One message of marshmallow's, with the field it is about (None: an unknown one) and its place."""

    message: Message
    field: CompiledField | None
    pointer: str
    rule: str
    known: tuple[str, ...] = ()


def flatten(
    fields: Iterable[CompiledField],
    errors: Mapping[Any, Any],
    sent: Mapping[str, Any],
    pointer: str,
    rule: str,
) -> Iterator[_Found]:
    """Yield marshmallow's errors in the order of the rule file, unknown fields last as they were sent."""
    by_name = {field.name: field for field in fields}
    for name, field in by_name.items():
        if name in errors:
            below = f"{pointer}/{escape_pointer(name)}"
            yield from _flatten_field(field, errors[name], sent.get(name), below)
    unknown = [name for name in sent if name in errors and name not in by_name]
    # Looking for what was meant takes time; whoever sends hundreds of unknown names means none of ours.
    known = tuple(by_name) if len(unknown) <= MOST_HINTS else ()
    for name in unknown:
        for message in errors[name]:
            place = f"{pointer}/{escape_pointer(name)}"
            yield _Found(message, None, place, f"{rule}.{name}", known)


def _flatten_field(field: CompiledField, errors: Any, sent: Any, pointer: str) -> Iterator[_Found]:
    if isinstance(errors, list):
        for message in errors:
            yield _Found(message, field, pointer, field.id)
    elif field.rule.sensitive:
        # What is wrong inside would be told with names that the sender chose.
        yield _Found(
            Message(f"{field.name} holds something that is not allowed", "type"), field, pointer, field.id
        )
    elif field.children and isinstance(sent, Mapping):
        yield from flatten(field.children, errors, sent, pointer, field.id)
    elif field.items is not None:
        for place in _in_payload_order(errors, sent):
            item = sent[place] if isinstance(sent, list | Mapping) else None
            yield from _flatten_field(
                field.items, errors[place], item, f"{pointer}/{escape_pointer(str(place))}"
            )
    else:
        # A list that says nothing of its items takes whatever a store keeps.
        for place in _in_payload_order(errors, sent):
            for message in errors[place]:
                yield _Found(message, field, f"{pointer}/{place}", f"{field.id}.items")


def _in_payload_order(errors: Mapping[Any, Any], sent: Any) -> list[Any]:
    return [place for place in (sent if isinstance(sent, Mapping) else range(len(sent))) if place in errors]


def report_message(run: Run, found: _Found, whole: str = "this resource") -> None:
    """Report one of marshmallow's messages as a problem; `whole` is what takes the payload's fields."""
    message = found.message
    if found.field is None:
        text = unknown_field_text(found.pointer, found.known, whole)
        site = Site(
            f"{found.rule}.unknown_field", found.pointer, run.resource.file.span, Stage.SHAPE, (_LAST,)
        )
        run.report(site, message.code, text)
        return
    span = found.field.span_of(message.keyword)
    site = Site(f"{found.rule}.{message.keyword}", found.pointer, span, Stage.SHAPE, found.field.order)
    # A plug-in that fails on a value leaves open whether the payload is to be refused.
    severity: Severity = "warning" if message.code == "undecided" else "error"
    vendor = found.field.rule.error if message.code not in _NO_MATTER_OF_SHAPE else None
    run.report(site, message.code, str(message), severity=severity, vendor=vendor)


_NO_MATTER_OF_SHAPE = ("required", "readonly", "undecided")
_LAST = 1_000_000
_SHOWN_NAME = 100


def unknown_field_text(pointer: str, known: tuple[str, ...], whole: str = "this resource") -> str:
    """Say that a field is not known, and which one may have been meant."""
    # As pointers.steps_of has it; a warm start keeps this function, and with it all that it would call.
    name = pointer.rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~")
    close = difflib.get_close_matches(name, known, n=1) if known and len(name) <= _SHOWN_NAME else []
    if not close:
        close = [option for option in known if option.lower() == name.lower()]
    hint = f"; did you mean {close[0]}?" if close else ""
    # A name may be as long as a payload: its start is enough, its place is told beside it.
    shortened = name if len(name) <= _SHOWN_NAME else f"{name[: _SHOWN_NAME - 1]}…"
    shown = shortened.encode("utf-8", "backslashreplace").decode()
    if not shown.strip():
        shown = f'"{shown}"'
    return f"{shown} is not a field of {'this object' if pointer.count('/') > 1 else whole}{hint}"


def report_unknown_ignored(
    run: Run,
    fields: Iterable[CompiledField],
    sent: Mapping[str, Any],
    pointer: str,
    unknown: str,
    whole: str = "this resource",
) -> None:
    """Under `unknown: ignore` a field that is not declared is dropped with a warning."""
    for rule, place, text in _ignored(fields, sent, pointer, unknown, run.resource.name, whole):
        site = Site(f"{rule}.unknown_field", place, run.resource.file.span, Stage.SHAPE, (_LAST,))
        run.report(site, "unknown_field", f"{text} (ignored)", severity="warning")


# What is dropped: its rule, its place, and what is said of it.
_Ignored = tuple[str, str, str]


def _ignored(
    fields: Iterable[CompiledField],
    sent: Mapping[str, Any],
    pointer: str,
    unknown: str,
    rule: str,
    whole: str = "this resource",
) -> Iterator[_Ignored]:
    by_name = {field.name: field for field in fields}
    for name, value in sent.items():
        place = f"{pointer}/{escape_pointer(str(name))}"
        field = by_name.get(name)
        if field is not None:
            yield from _ignored_within(field, value, place, unknown)
        elif unknown == "ignore":
            yield f"{rule}.{name}", place, unknown_field_text(place, tuple(by_name), whole)


def _ignored_within(field: CompiledField, value: Any, place: str, unknown: str) -> Iterator[_Ignored]:
    """Yield what is dropped of the parts of an object, or of objects in a list or map."""
    ignored = _ignored_of_parts(field, value, place, field.rule.unknown or unknown)
    if not field.rule.sensitive:
        yield from ignored
    elif next(ignored, None) is not None:
        # It would be told with names that the sender chose.
        yield field.id, place, f"{field.name} holds something that is not known"


def _ignored_of_parts(field: CompiledField, value: Any, place: str, unknown: str) -> Iterator[_Ignored]:
    if field.children and isinstance(value, Mapping):
        yield from _ignored(field.children, value, place, unknown, field.id)
    elif field.items is not None and (field.items.children or field.items.items is not None):
        for name, item in _entries(value):
            below = f"{place}/{escape_pointer(str(name))}"
            yield from _ignored_within(field.items, item, below, unknown)


def _entries(value: Any) -> Iterable[tuple[object, Any]]:
    if isinstance(value, Mapping):
        return value.items()
    return enumerate(value) if isinstance(value, list | tuple) else ()


def _view(
    run: Run,
    fields: Mapping[str, CompiledField],
    sent: Mapping[str, Any],
    valid: Mapping[str, Any],
    errors: Mapping[Any, Any],
    pointer: str,
) -> View:
    """Build what expressions see of one level of the payload."""
    view = Whole({}, fields.keys())
    for name, field in fields.items():
        if name not in sent:
            continue
        place = f"{pointer}/{escape_pointer(name)}"
        if name in errors and not isinstance(errors[name], dict):
            view.unsound.add(name)
            if sent[name] is None:
                view.nulls.add(name)
        else:
            view[name] = _viewed(run, field, sent[name], valid.get(name), errors.get(name) or {}, place)
            if field.rule.type in ("list", "map") and name in errors:
                view.mark_unsound(name)
    return view


def _viewed(
    run: Run, field: CompiledField, sent: Any, valid: Any, errors: Mapping[Any, Any], pointer: str
) -> Any:
    if field.children and isinstance(sent, Mapping):
        return _view(run, field.child_of, sent, valid or {}, errors, pointer)
    if field.rule.type == "list" and isinstance(sent, list) and isinstance(valid, list):
        # `unique_items: collapse` has left repeats out.
        positions = valid.places if isinstance(valid, Kept) else range(len(valid))
        run.positions[pointer] = positions
        return [
            _viewed_item(run, field, sent[place], item, errors.get(place), f"{pointer}/{place}")
            for place, item in zip(positions, valid, strict=True)
        ]
    if field.items is not None and isinstance(sent, Mapping) and isinstance(valid, Mapping):
        return {
            name: _viewed_item(
                run, field, sent[name], item, errors.get(name), f"{pointer}/{escape_pointer(name)}"
            )
            for name, item in valid.items()
        }
    return valid


def _viewed_item(run: Run, field: CompiledField, sent: Any, valid: Any, errors: Any, pointer: str) -> Any:
    if field.items is None or isinstance(errors, list):
        return valid if not isinstance(errors, list) else UNSOUND
    return _viewed(run, field.items, sent, valid, errors or {}, pointer)
