"""How a warm start says what a rule read: as evaluation/reasons.py does, path by path, without CEL.

Each path of an expression is looked at here, when a program is kept, and becomes a kind and what that takes;
retold.py has the values. A path that is not simple makes the expression one that only the engine tells of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rulewright.compiled import CompiledField, CompiledResource
from rulewright.evaluation.masking import secret_headers, to_json
from rulewright.evaluation.reasons import WHOLES
from rulewright.fieldtypes import encode_datetime
from rulewright.formula import Formula, Path, Valued
from rulewright.hotpath.runtime.state import Linked

# Kind, and what it takes: a field's name or a function, steps from there, whether the value is a secret.
Step = tuple[str, Any, tuple[str, ...], bool]
# The expression's text, and label and step of each path.
Reading = tuple[str | None, tuple[tuple[str, Step], ...]]
# What is stored of these, expressions see and reports show alike.
_ALIKE: Final = frozenset({"string", "email", "uuid", "integer", "boolean", "number", "date", "datetime"})


def reading_of(link: Linked, formula: Valued) -> Reading | None:
    """What is to be done; None where it can't be told so."""
    text = formula.text if isinstance(formula, Formula) else None
    steps: list[tuple[str, Step]] = []
    for path in formula.reads:
        if len(path) > 1 or path[0] not in WHOLES:
            step = _step(link, path)
            if step is None:
                return None
            steps.append((".".join(path), step))
    return text, tuple(steps)


def _step(link: Linked, path: Path) -> Step | None:
    root, *names = path
    steps = tuple(names)
    match root:
        case "payload" | "record":
            return _own(link, root, steps)
        case "settings":
            return "constant", _constant(link.settings, steps), (), False
        case "actor":
            return "actor", None, steps, False
        case "current":
            return "constant", None, (), False
        case "request" if len(steps) == 2 and steps[0] in ("path", "query", "headers"):
            hidden = steps[0] == "headers" and steps[1].lower() in secret_headers(link.resource)
            return root, None, steps, hidden
        case "now" | "today" if not steps:
            return root, encode_datetime, (), False
        case "value":
            return "value", None, steps, False
    return _found(link, root, steps)


def _own(link: Linked, root: str, steps: tuple[str, ...]) -> Step | None:
    field = link.resource.fields.get(steps[0])
    if field is None or len(steps) > 1 or not _is_alike(field):
        return None
    if root == "record":
        return "call", link.fields[field.name], (), field.rule.sensitive
    if field.rule.readonly is not None:
        return "constant", None, (), False
    return "sent", field.name, (), field.rule.sensitive


def _constant(settings: Mapping[str, object], steps: tuple[str, ...]) -> object:
    value: object = settings
    for step in steps:
        if not isinstance(value, Mapping) or step not in value:
            return None
        value = value[step]
    return to_json(value)


def _found(link: Linked, root: str, steps: tuple[str, ...]) -> Step | None:
    """What a look-up or a reference found."""
    if not link.has_store:
        # Nothing is found, so nothing is shown of it.
        find = {**link.lookups, **link.bindings}.get(root)
        return None if find is None else ("call", find, steps, False)
    if root in link.lookups:
        rule = link.resource.lookups[root].rule
        if rule.kind == "count":
            return ("call", link.lookups[root], (), False) if not steps else None
        return _of_record(link, link.lookups[root], rule.resource, steps) if rule.kind == "find" else None
    if root in link.bindings:
        field = link.resource.bound_references[root]
        if field.reference is not None and field.rule.type != "list":
            return _of_record(link, link.bindings[root], field.reference.resource, steps)
    return None


def _of_record(link: Linked, find: Any, resource: str, steps: tuple[str, ...]) -> Step | None:
    target: CompiledResource = link.rules.resources[resource]
    field = target.fields.get(steps[0]) if len(steps) == 1 else None
    # A store may give a number as it likes.
    if field is None or not _is_alike(field) or field.rule.type == "number":
        return None
    return "call", find, steps, field.rule.sensitive


def _is_alike(field: CompiledField) -> bool:
    return field.rule.type in _ALIKE
