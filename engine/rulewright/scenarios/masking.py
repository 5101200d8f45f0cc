"""Values of sensitive fields never show in a report, not even in one on a failed scenario."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec.structs import replace

from rulewright.compiled import CompiledField, CompiledRules
from rulewright.evaluation.masking import MASK, mask_record
from rulewright.pointers import part_at
from rulewright.scenarios.matching import Difference
from rulewright.scenarios.model import ABSENT, Record, Step

# A shorter text inside another one is chance: "5" would be masked in every number.
_SHORTEST: Final = 3
_CHANGE: Final = re.compile(r"changes\[([0-9]+)\]")


def sensitive_values(rules: CompiledRules, step: Step, outcome: Mapping[str, object]) -> frozenset[str]:
    """Collect what stands in sensitive fields of a step's payload, record and changes, as text."""
    found: set[str] = set()
    for resource, record in _records(step, outcome):
        compiled = rules.resources.get(resource)
        if compiled is not None and isinstance(record, Mapping):
            found.update(_values(compiled.fields, record))
    return frozenset(found)


def mask(
    difference: Difference, values: frozenset[str], rules: CompiledRules, step: Step, shown: object
) -> Difference:
    """Return a difference without the values; `shown` is the outcome as plain data, fit to be shown."""
    if _is_secret(difference.path, rules, step, shown):
        return replace(difference, expected=_hidden(difference.expected), actual=_hidden(difference.actual))
    if not values:
        return difference
    return replace(
        difference,
        expected=_masked(difference.expected, values),
        actual=_masked(difference.actual, values),
        note=None if difference.note is None else _masked_text(difference.note, values),
    )


def _is_secret(path: str, rules: CompiledRules, step: Step, shown: object) -> bool:
    """Whether what stands at a path of an outcome is masked in reports, or stands in what is."""
    first, *steps = path.split(".")
    change = _CHANGE.fullmatch(first)
    if change is None:
        return any(one == MASK for one in _along((first, *steps), shown))
    expected = (step.expect.changes or ())[int(change[1])]
    compiled = rules.resources.get(str(expected.get("resource", step.resource)))
    field = compiled.fields.get(steps[1]) if compiled is not None and len(steps) > 1 else None
    return field is not None and field.hides


def _along(steps: Iterable[str], value: object) -> Iterator[object]:
    for step in steps:
        value = part_at(value, step, None)
        yield value


def _hidden(value: object) -> object:
    return value if value is None or value is ABSENT else MASK


def mask_where(rules: CompiledRules, resource: str, where: Record) -> Record:
    """Return a `where` that may be shown."""
    return mask_record(rules.resources[resource].fields, where)


def _records(step: Step, outcome: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    yield step.resource, step.payload
    yield step.resource, step.expect.record
    yield step.resource, outcome.get("record")
    changes = outcome.get("changes")
    for change in (*_listed(changes), *(step.expect.changes or ())):
        if isinstance(change, Mapping):
            resource = str(change.get("resource", step.resource))
            yield resource, change.get("set")
            yield resource, change.get("before")


def _listed(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, list | tuple) else ()


def _values(fields: Mapping[str, CompiledField], record: Mapping[str, object]) -> Iterator[str]:
    for name, value in record.items():
        field = fields.get(name)
        if field is None:
            continue
        if field.rule.sensitive:
            yield from _scalars(value)
        elif isinstance(value, Mapping):
            yield from _values({child.name: child for child in field.children}, value)
        elif field.items is not None:
            for item in _listed(value):
                yield from _values({field.items.name: field.items}, {field.items.name: item})


def _scalars(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _scalars(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _scalars(part)
    elif value is not None and not isinstance(value, bool) and value != "":
        yield str(value)


def _masked(value: object, values: frozenset[str]) -> object:
    if isinstance(value, Mapping):
        return {name: _masked(part, values) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(part, values) for part in value]
    if isinstance(value, str):
        return MASK if value in values else _masked_text(value, values)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return MASK if str(value) in values else value
    return value


def _masked_text(text: str, values: frozenset[str]) -> str:
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= _SHORTEST:
            text = text.replace(value, MASK)
    return text
