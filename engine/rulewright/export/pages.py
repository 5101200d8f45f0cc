"""What a resource takes, asks and does, as a page of Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from rulewright.cel import children, parse
from rulewright.cel.tree import Call
from rulewright.compiled import CompiledField, CompiledResource, CompiledRules
from rulewright.evaluation import find_resource
from rulewright.evaluation.response import success_status
from rulewright.export.diagrams import diagram
from rulewright.export.tables import code, page_of, shown_map, shown_value, table
from rulewright.model import (
    Check,
    Effect,
    Expression,
    Field,
    Inference,
    LookUp,
    Operation,
    Transition,
)
from rulewright.plugins import Registry

_FIELD_HEADS: Final = ("field", "type", "given", "bounds", "about")


def markdown(rules: CompiledRules, name: str) -> str:
    """Return the page of a resource, with the pages of the types that are not basic ones.

    Raises EvaluationError for a resource that the rules do not have.
    """
    resource = find_resource(rules, name)
    parts = [
        _head(resource),
        _operations(resource),
        _fields(resource),
        _lookups(resource),
        _conditions(resource),
        _inferences(resource),
        _effects(resource),
        _workflow(rules, resource),
        _types(resource),
        _functions(resource, rules.registry),
    ]
    return page_of(parts)


def _head(resource: CompiledResource) -> Iterator[str]:
    file = resource.file
    yield f"# {file.title or file.resource}"
    yield ""
    yield f"`{file.resource}`" + (f", version {file.version}" if file.version else "")
    yield f"Records are told apart by `{file.key}`."
    if file.scope is not None:
        yield f"Callers reach those only where {shown_map(file.scope)}."
    if file.description:
        yield ""
        yield file.description.strip()


def _operations(resource: CompiledResource) -> Iterator[str]:
    rows = (_operation(resource, one) for one in resource.file.operations)
    return _section("Calls", ("call", "request", "permission", "answers", "may set as well"), rows)


def _section(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A heading and a table below it; nothing where there are no rows."""
    found = list(rows)
    if found:
        yield f"## {title}"
        yield ""
        yield from table(heads, found)


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _operation(resource: CompiledResource, one: Operation) -> Sequence[str]:
    request = " ".join(text for text in (one.method, one.path) if text)
    return (
        f"`{one.name}`",
        code(request) if request else "",
        f"`{one.permission}`" if one.permission else "",
        str(success_status(resource, one.event or one.name)),
        _named(one.accepts),
    )


def _fields(resource: CompiledResource) -> Iterator[str]:
    return _section("Fields", _FIELD_HEADS, map(_row, resource.every_field()))


def _row(field: CompiledField) -> Sequence[str]:
    rule = field.rule
    about = [text.strip().rstrip(".") for text in (rule.title, rule.description) if text]
    if rule.references is not None:
        where = rule.references.where
        scope = f" where {shown_map(where)}" if where is not None else ""
        about.append(f"names a `{rule.references.resource}`{scope}")
    if rule.sensitive:
        about.append("sensitive: never shown")
    return (
        f"`{field.label}`",
        f"`{rule.type}`",
        "; ".join(_presence(rule)),
        "; ".join(_bounds(rule)),
        ". ".join(about),
    )


def _presence(rule: Field) -> Iterator[str]:
    if rule.readonly is not None:
        yield "made by the system" if rule.readonly == "ignore" else "by the system only"
    if rule.immutable:
        yield "may not change"
    if rule.required:
        yield "always"
    for words, condition in (
        ("if", rule.required_if),
        ("unless", rule.required_unless),
        ("never if", rule.forbidden_if),
        ("dropped if", rule.excluded_if),
    ):
        if condition is not None:
            yield f"{words} {code(condition.text)}"
    for words, names in (
        ("with", rule.required_with),
        ("without", rule.required_without),
        ("never with", rule.forbidden_with),
        ("never without", rule.forbidden_without),
    ):
        if names:
            yield f"{words} {_named(names)}"
    if rule.nullable:
        yield "may be null"
    yield from _supplied(rule)


def _supplied(rule: Field) -> Iterator[str]:
    """Where a value comes from that nobody sent."""
    if rule.default_from is not None:
        yield f"else {shown_value(rule.default_from)}"
    if rule.compute is not None:
        on = ("create",) if rule.compute.on is None and rule.immutable else rule.compute.on
        yield f"{_times(on) or 'always'} {shown_value(rule.compute.value)}"
    if rule.default is not None:
        yield f"else {code(json.dumps(rule.default.value, ensure_ascii=False))}"


def _times(on: Sequence[str] | None) -> str:
    """The operations and events that a rule is for; "" where it is for all, or names none."""
    return "" if on is None or "*" in on else f"on {_named(on)}:"


def _bounds(rule: Field) -> Iterator[str]:
    for words, value in (
        ("from", rule.min),
        ("to", rule.max),
        ("length from", rule.min_length),
        ("length to", rule.max_length),
    ):
        if value is not None:
            yield f"{words} {value}"
    if rule.pattern is not None:
        yield f"pattern {code(rule.pattern)}"
    if isinstance(rule.one_of, Expression):
        yield f"one of {code(rule.one_of.text)}"
    elif rule.one_of is not None:
        yield "one of " + ", ".join(code(json.dumps(one, ensure_ascii=False)) for one in rule.one_of)
    if rule.format is not None:
        yield f"written {code(rule.format)}"
    if rule.unique_items is not None:
        yield "no item twice" if rule.unique_items == "refuse" else "repeats are dropped"
    if rule.unique is not None:
        within = _named(rule.unique.within)
        where = f" where {shown_map(rule.unique.where)}" if rule.unique.where is not None else ""
        yield "unique" + (f" within {within}" if within else "") + where


def _lookups(resource: CompiledResource) -> Iterator[str]:
    rows = map(_lookup, resource.file.lookups)
    return _section("What is looked up", ("name", "what", "by", "if there is none"), rows)


def _lookup(found: LookUp) -> Sequence[str]:
    missing = {"null": "null", "reject": "refused", "not_found": "not found"}[found.if_missing]
    missing = {"count": "0", "find_all": "an empty list"}.get(found.kind, missing)
    what = f"{found.kind.replace('_', ' ')} `{found.resource}`" + (f", of `{found.of}`" if found.of else "")
    return (f"`{found.name}`", what, shown_map(found.by), missing)


def _conditions(resource: CompiledResource) -> Iterator[str]:
    of_fields = [(field.label, one) for field in resource.every_field() for one in field.rule.checks]
    own = [(_place_of(one.rule), one.rule) for one in (*resource.checks, *resource.invariants)]
    rows = [_condition(place, one) for place, one in (*of_fields, *own)]
    if not rows and not resource.variants:
        return
    yield "## Conditions"
    yield ""
    if rows:
        yield from table(("id", "field", "must hold", "else", "severity"), rows)
    if resource.variants:
        yield ""
        yield "One of these is given:"
        yield ""
        for variant in resource.variants:
            yield f"- {variant.title or variant.name}: {_named(variant.required)}"


def _condition(place: str, one: Check) -> Sequence[str]:
    return (
        f"`{one.id}`",
        f"`{place}`" if place else "",
        f"{_times(one.on)} {code(one.check.text)}".lstrip(),
        one.message or "",
        one.severity,
    )


def _inferences(resource: CompiledResource) -> Iterator[str]:
    rows = map(_inference, resource.file.inferences)
    return _section("What several records say together", ("id", "of", "when", "then"), rows)


def _inference(one: Inference) -> Sequence[str]:
    said = [f"`{kind}` with {shown_map(values)}" for kind, values in one.asserts.items()]
    if one.set is not None:
        said.append(f"set {shown_map(one.set)}")
    if one.problem is not None:
        said.append(f"{one.problem.severity}: {one.problem.message or one.id}")
    of = ", ".join(f"`{name}`: `{source}`" for name, source in one.facts.items())
    return (f"`{one.id}`", of, code(one.when.text) if one.when else "always", "; ".join(said))


def _place_of(check: Check) -> str:
    """The field at which a check of the whole reports, as its label."""
    return (check.path or "").removeprefix("/").replace("/", ".")


def _effects(resource: CompiledResource) -> Iterator[str]:
    rows = (
        (
            f"`{one.rule.id}`",
            _named(one.on),
            code(one.rule.when.text) if one.rule.when else "always",
            _effect(one.rule),
        )
        for one in resource.effects
    )
    return _section("What else changes", ("id", "on", "when", "what"), rows)


def _effect(effect: Effect) -> str:
    said = [f"{effect.verb} `{effect.target}`" if effect.verb else "set"]
    if effect.where is not None:
        said.append(f"where {shown_map(effect.where)}")
    if effect.set is not None:
        said.append(f"{'with' if effect.verb == 'create' else 'to'} {shown_map(effect.set)}")
    if effect.body is not None:
        said.append(f"saying {shown_value(effect.body)}")
    return " ".join(said)


def _workflow(rules: CompiledRules, resource: CompiledResource) -> Iterator[str]:
    workflow = resource.file.workflow
    if workflow is None:
        return
    yield "## Status"
    yield ""
    if workflow.states:
        yield "```mermaid"
        yield from diagram(rules, (resource.name,), "workflow").splitlines()
        yield "```"
        yield ""
    rows = (
        (
            f"`{one.event}`",
            _named(one.from_states),
            f"`{one.to}`",
            code(one.guard.text) if one.guard else "",
            "; ".join(_moved(one)),
        )
        for one in workflow.transitions
    )
    yield from table(("event", "from", "to", "only if", "changes as well"), rows)
    yield from _brought_along(resource)


def _moved(transition: Transition) -> Iterator[str]:
    """What a move changes beside the status."""
    if transition.set is not None:
        yield f"set {shown_map(transition.set)}"
    for one in transition.effects:
        condition = f", if {code(one.when.text)}" if one.when is not None else ""
        yield f"`{one.id}`: {_effect(one)}{condition}"


def _brought_along(resource: CompiledResource) -> Iterator[str]:
    """What the payloads of events hold: no event can be fired without knowing it."""
    events = resource.workflow.events if resource.workflow is not None else {}
    rows = [(f"`{event}`", *_row(field)) for event, fields in events.items() for field in fields.values()]
    if not rows:
        return
    yield ""
    yield "What events bring along:"
    yield ""
    yield from table(("event", *_FIELD_HEADS), rows)


def _types(resource: CompiledResource) -> Iterator[str]:
    kinds = {field.type.name: field.type for field in resource.every_field() if field.type.base}
    if not kinds:
        return
    yield "## Types"
    for name, kind in sorted(kinds.items()):
        yield ""
        yield f"### {name}"
        yield ""
        taken, refused = (code(json.dumps(one, ensure_ascii=False)) for one in (kind.example, kind.wrong))
        yield f"Must be {kind.meaning}, like {taken}; {refused} is refused."
        if kind.docs:
            yield ""
            yield kind.docs.strip()


def _functions(resource: CompiledResource, registry: Registry) -> Iterator[str]:
    called = sorted(
        {name for text in _expressions(resource.file) for name in _calls(text) if name in registry.declared}
    )
    if not called:
        return
    yield "## Functions"
    for name in called:
        function = registry.declared[name]
        yield ""
        yield f"`{name}({', '.join(function.params)})` gives {function.result}: {function.meaning.strip()}"
        yield ""
        yield f"For example {code(function.examples[0])}."


def _expressions(part: object) -> Iterator[str]:
    """Every expression in a part of a rule file, as text."""
    if isinstance(part, Expression):
        yield part.text
    elif isinstance(part, Mapping):
        for below in part.values():
            yield from _expressions(below)
    elif isinstance(part, tuple):
        for below in part:
            yield from _expressions(below)
    elif isinstance(part, Struct):
        for name in part.__struct_fields__:
            yield from _expressions(getattr(part, name))


def _calls(text: str) -> Iterator[str]:
    waiting = [parse(text)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Call):
            yield node.function
        waiting.extend(children(node))
