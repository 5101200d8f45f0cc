"""Values that a field would take: its example, its options, existing records, or one made to its shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from rulewright import cel
from rulewright.compiled import CompiledField, CompiledReference, CompiledRules
from rulewright.evaluation import MASK
from rulewright.evaluation.lookups import evaluate_where
from rulewright.evaluation.run import Run
from rulewright.fieldtypes import print_date, print_datetime
from rulewright.ports import Records
from rulewright.problem import Problem

_MOST_RECORDS = 50
_MOST_KEYS = 6


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What candidates are drawn from: the rules, the records, and the evaluation that refused."""

    rules: CompiledRules
    records: Records | None
    run: Run
    now: datetime


def samples_for(field: CompiledField, around: Surroundings) -> Iterator[object]:
    """Yield sent values for a field, the likeliest first; most of them will do as they are."""
    rule = field.rule
    if field.reference is not None and field.rule.sensitive:
        return
    if field.reference is not None:
        keys = existing_keys(field.reference, around, None)
        yield from ([key] for key in keys) if rule.type == "list" else iter(keys)
        return
    if rule.example is not None:
        yield rule.example.value
    if isinstance(rule.one_of, tuple):
        yield from rule.one_of[:4]
        return
    if rule.default is not None:
        yield rule.default.value
    yield from _made(field, around)


def _made(field: CompiledField, around: Surroundings) -> Iterator[object]:
    """Make values to the field's type and limits."""
    rule = field.rule
    match rule.type:
        case "string":
            text = "text".ljust(rule.min_length or 0, "x")
            yield text[: rule.max_length] if rule.max_length is not None else text
        case "integer" | "number":
            yield _clamped(1, rule.min, rule.max)
        case "boolean":
            yield True
            yield False
        case "date":
            yield print_date(around.now.date(), rule.format or "iso")
        case "datetime":
            yield print_datetime(around.now, rule.format or "iso")
        case "object":
            # What may be asked for is there at first; the search leaves out what is not.
            yield _object([child for child in field.children if _may_be_required(child)], around)
            yield _object([child for child in field.children if child.rule.required], around)
        case "list":
            yield [value] if field.items and (value := next(samples_for(field.items, around), None)) else []
        case "map":
            yield {}
        case _:
            yield field.type.example


def _may_be_required(field: CompiledField) -> bool:
    rule = field.rule
    conditional = field.required_if or field.required_unless or rule.required_with or rule.required_without
    return rule.required or bool(conditional)


def _object(fields: Iterable[CompiledField], around: Surroundings) -> dict[str, object]:
    return {field.name: next(samples_for(field, around), None) for field in fields}


def _clamped(value: int, low: object, high: object) -> object:
    if isinstance(low, int | float) and value < low:
        return low
    return high if isinstance(high, int | float) and value > high else value


def existing_keys(reference: CompiledReference, around: Surroundings, near: object) -> list[object]:
    """The values that name existing records in the reference's scope, those like `near` first."""
    target = around.rules.resources[reference.resource].fields[reference.by]
    if around.records is None or target.rule.sensitive:
        return []
    where: dict[str, object] = {}
    with suppress(cel.CelError):
        where = evaluate_where(around.run, reference.resource, reference.where, around.run.scope)
    found = around.records.find(reference.resource, where, _MOST_RECORDS)
    keys = [record.get(reference.by) for record in found if record.get(reference.by) is not None]
    if isinstance(near, str):
        texts = [key for key in keys if isinstance(key, str)]
        close = get_close_matches(near, texts, n=_MOST_KEYS)
        keys = [*close, *(key for key in keys if key not in close)]
    return keys[:_MOST_KEYS]


def values_read(problem: Problem) -> Iterator[object]:
    """Yield what the refusing rule read and compared with: items of lists, values, and their neighbours.

    They are masked already, so nothing sensitive can come out here; and a mask is no value.
    """
    values = problem.because.values if problem.because is not None else {}
    for value in values.values():
        if isinstance(value, list):
            yield from (item for item in value if isinstance(item, str | int | float) and item != MASK)
        elif value is not None and value != MASK and not isinstance(value, Mapping):
            yield value
            yield from _neighbours(value)


def literals_of(problem: Problem) -> Iterator[object]:
    """Yield the literals of the refusing expression, and their neighbours."""
    text = problem.because.expression if problem.because is not None else None
    if text is None:
        return
    for node in cel.walk(cel.parse(text)):
        value = getattr(node, "value", None)
        if isinstance(value, str | int | float):
            yield value
            yield from _neighbours(value)


def _neighbours(value: object) -> Iterator[object]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 1
        yield value - 1
