"""`unique`, judged on the records as they will be; the store's constraints hold the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rulewright import cel
from rulewright.compiled import CompiledField, CompiledResource
from rulewright.evaluation.log import Site, Stage
from rulewright.evaluation.lookups import evaluate_where
from rulewright.evaluation.masking import MASK
from rulewright.evaluation.overlay import Overlay, matches, same
from rulewright.evaluation.run import Run
from rulewright.evaluation.stored_form import encode_value
from rulewright.ports import StoredRecord
from rulewright.problem import Because


def judge_key(run: Run, values: Mapping[str, object]) -> None:
    """A record needs a key, one that the caller gives must be new, and it stays: every store holds it so.

    A generated key is new, unless the same seed made it before: then it is the store that refuses it.
    """
    field = run.resource.fields[run.resource.key]
    if run.records is None or field.name not in values:
        return
    if not run.is_create:
        _judge_kept(run, field, values[field.name])
        return
    if values[field.name] is None:
        site = Site(f"{field.id}.required", f"/{field.name}", field.rule.span, Stage.CHECK, field.order)
        run.report(site, "required", f"{field.name} is required: it is the key of the record")
        return
    if field.rule.generate is not None:
        return
    key = encode_value(field, values[field.name])
    if run.records.find(run.resource.name, {field.name: key}, 1):
        site = Site(f"{field.id}.unique", f"/{field.name}", field.rule.span, Stage.CHECK, field.order)
        message = words_of_taken(run.resource, field)
        shown = MASK if field.hides else key
        run.report(site, "unique", message, because=Because(None, {f"record.{field.name}": shown}))


def _judge_kept(run: Run, field: CompiledField, value: object) -> None:
    """References, and the history of a record, hang on its key."""
    stored = run.stored.get(field.name) if run.stored is not None else None
    if not same(encode_value(field, value), stored):
        site = Site(f"{field.id}.immutable", f"/{field.name}", field.rule.span, Stage.CHECK, field.order)
        message = f"{field.label} is the key of the record and can't be changed"
        run.report(site, "immutable", field.rule.messages.get("immutable", message))


def judge_uniques(
    run: Run,
    resource: CompiledResource,
    record: StoredRecord,
    stage: Stage,
    *,
    path: str | None = None,
    written: frozenset[str] | None = None,
) -> None:
    """Report every `unique` of `resource` that `record` (in stored form) would break.

    `path` is where to report; by default at the field itself. `written` are the fields that change (None:
    all): what stays as it was collides with nothing that was not there before.
    """
    if run.records is None:
        return
    for field in resource.fields.values():
        if field.unique is None:
            continue
        if written is not None and written.isdisjoint((*field.unique.fields, *field.unique.where.entries)):
            continue
        place = f"/{field.name}" if path is None else path
        site = Site(field.unique.id, place, field.span_of("unique"), stage, field.order)
        _judge_unique(run, resource, field, record, run.records, site)


def _judge_unique(
    run: Run,
    resource: CompiledResource,
    field: CompiledField,
    record: StoredRecord,
    records: Overlay,
    site: Site,
) -> None:
    unique = field.unique
    assert unique is not None
    wanted = {name: record.get(name) for name in unique.fields}
    if any(value is None for value in wanted.values()):
        return
    try:
        condition = evaluate_where(run, resource.name, unique.where, run.scope)
    except cel.Unknown:
        return
    except cel.CelError as error:
        run.undecided(site, unique.where, error)
        return
    if not matches(record, condition):
        return
    others = [
        other
        for other in records.find(resource.name, {**condition, **wanted}, 2)
        if not same(other.get(resource.key), record.get(resource.key))
    ]
    if others:
        _report(run, resource, field, site, wanted, others[0])


def _report(
    run: Run,
    resource: CompiledResource,
    field: CompiledField,
    site: Site,
    wanted: Mapping[str, object],
    other: StoredRecord,
) -> None:
    unique = field.unique
    assert unique is not None
    message = words_of_taken(resource, field, unique.fields[1:])
    values = {
        f"record.{name}": MASK if resource.fields[name].hides else value for name, value in wanted.items()
    }
    key = MASK if resource.fields[resource.key].rule.sensitive else other.get(resource.key)
    because = Because(None, {**values, label_of_other(resource): key})
    run.report(site, "unique", message, because=because, vendor=unique.rule.error)


def words_of_taken(resource: CompiledResource, field: CompiledField, within: Sequence[str] = ()) -> str:
    """What is said where another record has the value of `field`, and the same values of `within`."""
    same = f" with the same {' and '.join(within)}" if within else ""
    text = f"another {resource.file.noun}{same} has this {field.name}"
    return field.rule.messages.get("unique", text)


def label_of_other(resource: CompiledResource) -> str:
    """What the key of the other record is called."""
    return f"the other {resource.file.noun}'s {resource.key}"
