"""What a resource takes, asks and does, as a page of Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from rulewright.cel import children, parse
from rulewright.cel.tree import Call
from rulewright.compiled import CompiledField, CompiledResource, CompiledRules
from rulewright.evaluation import find_resource
from rulewright.export.diagrams import diagram
from rulewright.model import (
    Effect,
    Expression,
    Field,
    Itself,
    LookUp,
    Template,
    TemplateList,
    TemplateMap,
)
from rulewright.plugins import Registry


def markdown(rules: CompiledRules, name: str) -> str:
    """Return the page of a resource, with the pages of the types that are not basic ones.

    Raises EvaluationError for a resource that the rules do not have.
    """
    resource = find_resource(rules, name)
    parts = [
        _head(resource),
        _fields(resource),
        _look_ups(resource),
        _conditions(resource),
        _effects(resource),
        _workflow(rules, resource),
        _types(resource),
        _functions(resource, rules.registry),
    ]
    return "\n\n".join("\n".join(lines) for lines in map(list, parts) if lines) + "\n"


def _head(resource: CompiledResource) -> Iterator[str]:
    file = resource.file
    yield f"# {file.title or file.resource}"
    yield ""
    yield f"`{file.resource}`" + (f", version {file.version}" if file.version else "")
    yield f"Records are told apart by `{file.key}`."
    if file.description:
        yield ""
        yield file.description.strip()


def _fields(resource: CompiledResource) -> Iterator[str]:
    yield "## Fields"
    yield ""
    yield from _table(("field", "type", "given", "bounds", "about"), map(_row, _every(resource)))


def _every(resource: CompiledResource) -> Iterator[CompiledField]:
    return (one for one in resource.every_field())


def _row(field: CompiledField) -> Sequence[str]:
    rule = field.rule
    about = [text.strip().rstrip(".") for text in (rule.title, rule.description) if text]
    if rule.references is not None:
        about.append(f"names a `{rule.references.resource}`")
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
    if rule.required:
        yield "always"
    for words, condition in (
        ("if", rule.required_if),
        ("unless", rule.required_unless),
        ("never if", rule.forbidden_if),
        ("dropped if", rule.excluded_if),
    ):
        if condition is not None:
            yield f"{words} {_code(condition.text)}"
    for words, names in (
        ("with", rule.required_with),
        ("without", rule.required_without),
        ("never with", rule.forbidden_with),
        ("never without", rule.forbidden_without),
    ):
        if names:
            yield f"{words} {', '.join(f'`{one}`' for one in names)}"
    if rule.nullable:
        yield "may be null"
    for words, template in (
        ("else", rule.default_from),
        ("always", rule.compute.value if rule.compute else None),
    ):
        if template is not None:
            yield f"{words} {_template(template)}"
    if rule.default is not None:
        yield f"else {_code(json.dumps(rule.default.value, ensure_ascii=False))}"


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
        yield f"pattern {_code(rule.pattern)}"
    if isinstance(rule.one_of, Expression):
        yield f"one of {_code(rule.one_of.text)}"
    elif rule.one_of is not None:
        yield "one of " + ", ".join(_code(json.dumps(one, ensure_ascii=False)) for one in rule.one_of)
    if rule.format is not None:
        yield f"written {_code(rule.format)}"
    if rule.unique_items is not None:
        yield "no item twice" if rule.unique_items == "refuse" else "repeats are dropped"
    if rule.unique is not None:
        within = ", ".join(f"`{one}`" for one in rule.unique.within)
        yield "unique" + (f" within {within}" if within else "")


def _look_ups(resource: CompiledResource) -> Iterator[str]:
    found = resource.file.lookups
    if not found:
        return
    yield "## What is looked up"
    yield ""
    yield from _table(("name", "what", "by", "if there is none"), map(_look_up, found))


def _look_up(found: LookUp) -> Sequence[str]:
    missing = {"null": "null", "reject": "refused", "not_found": "not found"}[found.if_missing]
    what = f"{found.kind.replace('_', ' ')} `{found.resource}`" + (f", of `{found.of}`" if found.of else "")
    return (f"`{found.name}`", what, _entries(found.by), missing)


def _conditions(resource: CompiledResource) -> Iterator[str]:
    own = [("", one.rule) for one in (*resource.checks, *resource.invariants)]
    of_fields = [(field.label, one) for field in _every(resource) for one in field.rule.checks]
    variants = resource.variants
    if not own and not of_fields and not variants:
        return
    yield "## Conditions"
    yield ""
    if own or of_fields:
        rows = (
            (
                f"`{one.id}`",
                f"`{where}`" if where else "",
                _code(one.check.text),
                one.message or "",
                one.severity,
            )
            for where, one in (*of_fields, *own)
        )
        yield from _table(("id", "field", "must hold", "else", "severity"), rows)
    if variants:
        yield ""
        yield "One of these is given:"
        yield ""
        for variant in variants:
            yield f"- {variant.title or variant.name}: {', '.join(f'`{one}`' for one in variant.required)}"


def _effects(resource: CompiledResource) -> Iterator[str]:
    effects = resource.file.effects
    if not effects:
        return
    yield "## What else changes"
    yield ""
    yield from _table(
        ("id", "when", "what"),
        ((f"`{one.id}`", _code(one.when.text) if one.when else "always", _effect(one)) for one in effects),
    )


def _effect(effect: Effect) -> str:
    said = [f"{effect.verb} `{effect.target}`" if effect.verb else "set"]
    if effect.where is not None:
        said.append(f"where {_entries(effect.where)}")
    if effect.set is not None:
        said.append(f"{'with' if effect.verb == 'create' else 'to'} {_entries(effect.set)}")
    if effect.body is not None:
        said.append(f"saying {_template(effect.body)}")
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
            ", ".join(f"`{state}`" for state in one.from_states),
            f"`{one.to}`",
            _code(one.guard.text) if one.guard else "",
        )
        for one in workflow.transitions
    )
    yield from _table(("event", "from", "to", "only if"), rows)
    yield from _brought_along(resource)


def _brought_along(resource: CompiledResource) -> Iterator[str]:
    """What the payloads of events hold: no event can be fired without knowing it."""
    events = resource.workflow.events if resource.workflow is not None else {}
    rows = [(f"`{event}`", *_row(field)) for event, fields in events.items() for field in fields.values()]
    if not rows:
        return
    yield ""
    yield "What events bring along:"
    yield ""
    yield from _table(("event", "field", "type", "given", "bounds", "about"), rows)


def _types(resource: CompiledResource) -> Iterator[str]:
    kinds = {field.type.name: field.type for field in _every(resource) if field.type.base}
    if not kinds:
        return
    yield "## Types"
    for name, kind in sorted(kinds.items()):
        yield ""
        yield f"### {name}"
        yield ""
        taken, refused = (_code(json.dumps(one, ensure_ascii=False)) for one in (kind.example, kind.wrong))
        yield f"Must be {kind.meaning}, like {taken}; {refused} is refused."
        if kind.docs:
            yield ""
            yield kind.docs.strip()


def _functions(resource: CompiledResource, registry: Registry) -> Iterator[str]:
    called = sorted(
        {name for formula in _formulas(resource) for name in _calls(formula) if name in registry.declared}
    )
    if not called:
        return
    yield "## Functions"
    for name in called:
        function = registry.declared[name]
        yield ""
        yield f"`{name}({', '.join(function.params)})` gives {function.result}: {function.meaning.strip()}"
        yield ""
        yield f"For example {_code(function.examples[0])}."


def _formulas(resource: CompiledResource) -> Iterator[str]:
    """Every expression that a field, a check or an effect holds, as text."""
    file = resource.file
    for field in _every(resource):
        for value in (
            getattr(field.rule, name)
            for name in ("required_if", "required_unless", "forbidden_if", "excluded_if", "one_of")
        ):
            yield from _texts(value)
        yield from _texts(field.rule.default_from)
        yield from _texts(field.rule.compute.value if field.rule.compute else None)
        yield from (one.check.text for one in field.rule.checks)
    yield from (one.check.text for one in (*file.checks, *file.invariants))
    for effect in file.effects:
        for part in (effect.when, effect.where, effect.set, effect.body):
            yield from _texts(part)
    for transition in file.workflow.transitions if file.workflow else ():
        yield from _texts(transition.guard)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Expression):
        yield value.text
    elif isinstance(value, TemplateMap):
        for below in value.entries.values():
            yield from _texts(below)
    elif isinstance(value, TemplateList):
        for below in value.items:
            yield from _texts(below)


def _calls(text: str) -> Iterator[str]:
    waiting = [parse(text)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Call):
            yield node.function
        waiting.extend(children(node))


def _entries(template: TemplateMap) -> str:
    return ", ".join(f"`{name}`: {_template(value)}" for name, value in template.entries.items())


def _template(template: Template) -> str:
    match template:
        case Expression():
            return _code(template.text)
        case Itself():
            return _code(json.dumps(template.value))
        case TemplateList():
            return ", ".join(map(_template, template.items))
        case _:
            return _entries(template)


def _code(text: str) -> str:
    """A text as it stands, on one line."""
    plain = " ".join(text.split())
    ticks = "``" if "`" in plain else "`"
    space = " " if ticks == "``" else ""
    return f"{ticks}{space}{plain}{space}{ticks}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        cells = (" ".join(cell.split()).replace("|", "\\|") for cell in row)
        yield f"| {' | '.join(cells)} |"
