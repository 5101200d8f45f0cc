"""Why a rule said what it said: the values that its expression read, those of sensitive fields masked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Final, TypeGuard

from rulewright import cel
from rulewright.cel.tree import Given, Has, Literal, Select
from rulewright.compiled import CompiledField, CompiledResource, CompiledRules
from rulewright.evaluation.masking import MASK, mask_record, mask_value, secret_headers, to_json
from rulewright.evaluation.overlay import NoStoreError
from rulewright.evaluation.secrecy import Named
from rulewright.evaluation.trace import Part
from rulewright.evaluation.views import NOT_READ, Layer, peek
from rulewright.formula import OWN_ROOTS, Formula, Path, Valued
from rulewright.problem import Because

# The names that stand for the own record, or for what was sent of it.
OWN_VIEWS: Final = OWN_ROOTS | {"current"}
# The whole of one of these says nothing that its parts do not.
WHOLES: Final = OWN_VIEWS | {"request", "settings", "actor"}
# As many steps of `request.headers.name` as come before the name.
_OF_A_HEADER: Final = 2


def because_of(
    resource: CompiledResource, rules: CompiledRules, formula: Valued, scope: Mapping[str, object]
) -> Because:
    """Say what an expression is and what it read."""
    text = formula.text if isinstance(formula, Formula) else None
    values = {
        ".".join(path): _shown(resource, rules, path, scope)
        for path in formula.reads
        if len(path) > 1 or path[0] not in WHOLES
    }
    return Because(text, values)


def values_read(
    resource: CompiledResource, rules: CompiledRules, formula: Valued, scope: Mapping[str, object]
) -> dict[str, object]:
    """Return what an expression that was evaluated has read; nothing is worked out for it.

    A tracer must not change what it watches, so paths that were not reached are left out.
    """
    values: dict[str, object] = {}
    for path in formula.reads:
        value = _peeked(path, scope) if len(path) > 1 or path[0] not in WHOLES else NOT_READ
        # A map with an unsound part can't be shown as a whole.
        with suppress(cel.CelError):
            if value is not NOT_READ:
                values[".".join(path)] = _masked(resource, rules, path, scope, value)
    return values


def _peeked(path: Path, scope: Mapping[str, object]) -> object:
    value = peek(scope, path[0])
    for step in path[1:]:
        if value is NOT_READ or not isinstance(value, Mapping):
            return value if value is NOT_READ else None
        value = peek(value, step)
    return value


def parts_of(
    resource: CompiledResource, rules: CompiledRules, formula: Formula, scope: Mapping[str, object]
) -> tuple[Part, ...]:
    """Evaluate a condition once more and tell what each of its parts came to; secrets stay hidden."""

    def hide(path: Path) -> bool:
        if _is_in_front(scope, path[0]):
            return scope.sensitive
        return _may_be_sensitive(resource, rules, path, scope)

    explanation = cel.explain(formula.text, formula.node, scope, functions=formula.functions, hide=hide)
    # What a value is worked out from has errors of its own, which may quote what stands nowhere here.
    quotes = reads_sensitive(resource, rules, formula.reads, scope)
    return tuple(_told(explanation, 0, quotes=quotes))


def _told(part: cel.Explanation, depth: int, *, quotes: bool) -> Iterator[Part]:
    text = " ".join(part.text.split())
    if part.error is not None:
        silent = quotes and not isinstance(part.error, NoStoreError | cel.Unknown)
        yield Part(depth, text, "this can't be evaluated" if silent else part.error.message, "error")
    elif part.value is cel.HIDDEN:
        yield Part(depth, text, MASK, "hidden")
    elif part.value is cel.NOT_REACHED:
        yield Part(depth, text, None, "not reached")
    else:
        yield Part(depth, text, to_json(part.value))
    # A path is one operand, and what was not reached has no parts that were.
    if isinstance(part.node, Select | Given | Has) or part.value is cel.NOT_REACHED:
        return
    for below in part.parts:
        if not isinstance(below.node, Literal):
            yield from _told(below, depth + 1, quotes=quotes)


def reads_sensitive(
    resource: CompiledResource,
    rules: CompiledRules,
    paths: Iterable[Path],
    scope: Mapping[str, object] | None = None,
) -> bool:
    """Whether reading these paths, or what they are worked out from, may come upon a sensitive value."""
    seen: set[Path] = set()
    waiting = [*paths]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        if _may_be_sensitive(resource, rules, path, scope):
            return True
        waiting.extend(_read_behind(resource, path))
    return False


def _read_behind(resource: CompiledResource, path: Path) -> Iterator[Path]:
    """The paths that are read to work out what stands at a path."""
    name = path[0]
    if name in resource.lookups:
        yield from resource.lookups[name].by.reads
    elif name in resource.bound_references:
        yield "record", resource.bound_references[name].name
    elif name in resource.every_bind:
        effect = resource.every_bind[name]
        yield from (*(effect.when.reads if effect.when is not None else ()), *effect.set.reads)
    elif name == "record":
        for field in resource.fields.values():
            if path[1:2] in ((), (field.name,)):
                yield from _read_by(resource, field)


def _read_by(resource: CompiledResource, field: CompiledField) -> Iterator[Path]:
    """The paths that are read to work out a field."""
    workflow = resource.workflow
    first = workflow.initial_from if workflow is not None and workflow.rule.field == field.name else None
    where = field.reference.where if field.reference is not None else None
    for one in (field.compute, field.default_from, first, where):
        yield from one.reads if one is not None else ()
    for part in field.parts:
        yield from _read_by(resource, part)


def _shown(
    resource: CompiledResource, rules: CompiledRules, path: Path, scope: Mapping[str, object]
) -> object:
    try:
        value: object = scope[path[0]]
        for step in path[1:]:
            if not isinstance(value, Mapping):
                return None
            value = value[step]
        # A map with an unsound part can't be shown as a whole.
        return _masked(resource, rules, path, scope, value)
    except (KeyError, cel.CelError):
        return None


def _masked(
    resource: CompiledResource,
    rules: CompiledRules,
    path: Path,
    scope: Mapping[str, object],
    value: object,
) -> object:
    """Return a value that stands at `path` as reports may show it."""
    if _is_in_front(scope, path[0]):
        return MASK if scope.sensitive and value is not None else to_json(value)
    if path[0] == "request":
        return to_json(_mask_request(resource, path, value))
    behind = behind_name(resource, rules, path[0], scope)
    return to_json(_mask_along(behind, path[1:], value))


def _mask_request(resource: CompiledResource, path: Path, value: object) -> object:
    if _may_be_secret_header(resource, path):
        if len(path) > _OF_A_HEADER:
            return None if value is None else MASK
        if isinstance(value, Mapping):
            secret = secret_headers(resource)
            return {name: MASK if name.lower() in secret else part for name, part in value.items()}
    return value


def _may_be_secret_header(resource: CompiledResource, path: Path) -> bool:
    if path[1:2] not in ((), ("headers",)):
        return False
    return len(path) <= _OF_A_HEADER or path[_OF_A_HEADER].lower() in secret_headers(resource)


def _is_in_front(scope: Mapping[str, object] | None, name: str) -> TypeGuard[Layer]:
    """Whether a name stands for a value in front of the scope, of which no fields are known."""
    return isinstance(scope, Layer) and scope.has_own(name) and name not in scope.fields


def _mask_along(behind: Named, steps: Path, value: object) -> object:
    """Mask `value`, found at `steps` below what a name stands for."""
    if value is None or behind is False:
        return value
    if behind is True:
        return MASK
    if steps:
        return mask_value(_field_at(behind, steps), value)
    if isinstance(value, Mapping):
        return mask_record(behind, value)
    if isinstance(value, list | tuple):
        return [mask_record(behind, item) if isinstance(item, Mapping) else item for item in value]
    return value


def _field_at(fields: Mapping[str, CompiledField], steps: Path) -> CompiledField | None:
    """The field at the end of a path, or the sensitive one on its way; None where none is declared."""
    found: CompiledField | None = None
    for step in steps:
        if found is None:
            found = fields.get(step)
        elif found.children:
            found = next((child for child in found.children if child.name == step), None)
        else:
            # The keys of a map are no names of fields.
            found = found.items
        if found is None or found.rule.sensitive:
            break
    return found


def _may_be_sensitive(
    resource: CompiledResource,
    rules: CompiledRules,
    path: Path,
    scope: Mapping[str, object] | None = None,
) -> bool:
    if path[0] == "request":
        return _may_be_secret_header(resource, path)
    behind = behind_name(resource, rules, path[0], scope)
    # `value` and `item` stand for some field of this file: one sensitive field makes them suspect.
    if behind is False and path[0] in ("value", "item"):
        return any(field.hides for field in resource.sendable.values())
    if behind is False and _is_in_front(scope, path[0]):
        return scope.sensitive
    if isinstance(behind, bool):
        return behind
    if len(path) == 1:
        return any(field.hides for field in behind.values())
    field = _field_at(behind, path[1:])
    return field is not None and field.hides


def behind_name(
    resource: CompiledResource, rules: CompiledRules, name: str, scope: Mapping[str, object] | None = None
) -> Named:
    """Return the fields of the record that a top-level name stands for; of none, whether it is sensitive."""
    if isinstance(scope, Layer) and name in scope.fields:
        return scope.fields[name]
    if name in OWN_VIEWS:
        return resource.sendable if name == "payload" else resource.fields
    if name in resource.lookups:
        lookup = resource.lookups[name].rule
        if lookup.kind == "count":
            return False
        if lookup.kind in ("max", "min"):
            other = rules.resources[lookup.resource]
            return other.fields[lookup.of or other.key].hides
    found = rules.resources.get(resource.resource_behind(name) or "")
    return found.fields if found is not None else False
