"""unknown-field: a keyword names a field that the resource does not have.

Looked at: required_with, forbidden_with and their kin (they name fields beside the field), unique.within,
accepts, variants, the keys of by, where, set, scope and with, references.by, a look-up's `of`, the
`path` of a check or a finding, and the keys of a target's write_back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rulewright.checks.subject import Subject, problem, span_of, unknown
from rulewright.model import Check, Effect, Field, Finding, LookUp, TemplateMap, Workflow
from rulewright.problem import SourceProblem, Span

CODE = "unknown-field"
_SIBLINGS = ("required_with", "required_without", "forbidden_with", "forbidden_without")
_Fields = Mapping[str, Field] | None


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every field that is named outside expressions."""
    file, own = subject.file, subject.fields
    yield from _of_siblings(subject, file.fields)
    for _, field in subject.all_fields():
        yield from _of_relations(subject, field)
    for lookup in file.lookups:
        yield from _of_lookup(subject, lookup)
    for effect in subject.all_effects():
        yield from _of_effect(subject, effect)
    for operation in file.operations:
        yield from _missing(
            subject, operation.accepts, own, span_of(operation.at, "accepts", default=operation.span)
        )
    for variant in file.variants:
        yield from _missing(subject, (*variant.required, *variant.forbidden), own, variant.span)
    yield from _missing_keys(file.scope, own)
    for target in subject.api.targets:
        yield from _missing_keys(target.write_back, own if subject.sends_to(target.name) else None)
    for rule in (
        *file.checks,
        *file.invariants,
        *(rule for _, field in subject.all_fields() for rule in field.checks),
    ):
        yield from _of_path(subject, rule)
    for inference in file.inferences:
        yield from _missing_keys(inference.set, own)
        if inference.problem is not None:
            yield from _of_path(subject, inference.problem)
    if file.workflow is not None:
        yield from _of_workflow(subject, file.workflow)


def _of_path(subject: Subject, rule: Check | Finding) -> Iterator[SourceProblem]:
    """A check's `path` is a JSON Pointer into the payload; its first step is a field."""
    if not rule.path:
        return
    span = subject.value_of(rule, "path")
    if not rule.path.startswith("/"):
        message = f"{rule.path} is no JSON Pointer"
        yield problem(CODE, message, span, hint=f"write path: /{rule.path.replace('.', '/')}")
    elif rule.path.split("/")[1] not in subject.fields:
        known = frozenset(f"/{name}" for name in subject.fields)
        yield unknown(CODE, "the field", f"/{rule.path.split('/')[1]}", known, span)


def _of_siblings(subject: Subject, fields: Iterable[Field]) -> Iterator[SourceProblem]:
    beside = {field.name: field for field in fields}
    for field in beside.values():
        for keyword in _SIBLINGS:
            yield from _missing(
                subject, getattr(field, keyword), beside, span_of(field.at, keyword, default=field.span)
            )
        yield from _of_siblings(subject, field.fields or ())
        yield from _of_siblings(subject, (field.items.fields or ()) if field.items else ())


def _of_relations(subject: Subject, field: Field) -> Iterator[SourceProblem]:
    if field.references is not None:
        target = subject.universe.fields_of(field.references.resource)
        by = (field.references.by,) if field.references.by else ()
        yield from _missing(
            subject, by, target, span_of(field.references.at, "by", default=field.references.span)
        )
        yield from _missing_keys(field.references.where, target)
    if field.unique is not None:
        span = span_of(field.unique.at, "within", default=field.unique.span)
        yield from _missing(subject, field.unique.within, subject.fields, span)
        yield from _missing_keys(field.unique.where, subject.fields)


def _of_lookup(subject: Subject, lookup: LookUp) -> Iterator[SourceProblem]:
    target = subject.universe.fields_of(lookup.resource)
    yield from _missing_keys(lookup.by, target)
    of = (lookup.of,) if lookup.of else ()
    yield from _missing(subject, of, target, span_of(lookup.at, "of", default=lookup.span))


def _of_effect(subject: Subject, effect: Effect) -> Iterator[SourceProblem]:
    target = subject.target_of(effect)
    fields = None if target is None else subject.universe.fields_of(target)
    yield from _missing_keys(effect.where, fields)
    yield from _missing_keys(effect.set, fields)


def _of_workflow(subject: Subject, workflow: Workflow) -> Iterator[SourceProblem]:
    field = (workflow.field,) if workflow.field else ()
    yield from _missing(subject, field, subject.fields, span_of(workflow.at, "field", default=workflow.span))
    for transition in workflow.transitions:
        yield from _missing_keys(transition.set, subject.fields)
    events = {event.name: {field.name: field for field in event.fields} for event in workflow.events}
    for reaction in workflow.reactions:
        yield from _of_lookup(subject, reaction.for_each)
        yield from _missing_keys(reaction.with_, events.get(reaction.fire, {}))


def _missing_keys(template: TemplateMap | None, known: _Fields) -> Iterator[SourceProblem]:
    if template is not None:
        for name in template.entries:
            if known is not None and name not in known:
                yield unknown(CODE, "the field", name, known, template.at.get(name, template.span))


def _missing(subject: Subject, names: Iterable[str], known: _Fields, span: Span) -> Iterator[SourceProblem]:
    for name in names:
        if known is not None and name not in known:
            yield unknown(CODE, "the field", name, known, subject.place(span, name))
