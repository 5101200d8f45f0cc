"""Look-ups and references: the only reads of other records, run when first needed and kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, cast

from msgspec.structs import replace

from rulewright import cel
from rulewright.compiled import (
    CompiledField,
    CompiledLookUp,
    CompiledReference,
    CompiledResource,
    CompiledRules,
)
from rulewright.evaluation.log import Site, Stage
from rulewright.evaluation.masking import MASK, mask_record, to_json
from rulewright.evaluation.overlay import NoStoreError, Overlay, matches, needs_store
from rulewright.evaluation.run import Place, Run, layer_of_value
from rulewright.evaluation.stored_form import decode_record, encode_value
from rulewright.evaluation.views import Layer
from rulewright.formula import OWN_ROOTS, FormulaMap, Path, Valued
from rulewright.outcome import Read
from rulewright.pointers import escape_pointer
from rulewright.ports import StoredRecord, Where
from rulewright.problem import Because

# So many records are gone through faster than put into a dict.
_FEW = 8


def look_up(run: Run, lookup: CompiledLookUp) -> object:
    """Run a look-up and return what its name stands for.

    language.md "Order, stops, unsound inputs": with an absent or null key it is not run and gives null,
    [] or 0. Raises cel.Unknown where its key is unsound or it refused, cel.EvaluationError without a store.
    """
    _require_sound_references(run, lookup)
    where = evaluate_where(run, lookup.rule.resource, lookup.by, run.scope)
    if any(value is None for value in where.values()):
        return _nothing(lookup)
    records = require_records(run, f"look-up {lookup.rule.name}")
    if lookup.rule.kind in ("count", "max", "min"):
        return _aggregate(run, lookup, records, where)
    found = _in_listed_order(records.find(lookup.rule.resource, where, _limit_of(lookup)), where)
    note_read(run, lookup.rule.name, lookup.rule.resource, where, len(found))
    if not found and lookup.rule.if_missing != "null":
        _refuse(run, lookup)
    fields = run.rules.resources[lookup.rule.resource].fields
    views = [decode_record(fields, record, printed=run.printing) for record in found]
    return views if lookup.rule.kind == "find_all" else next(iter(views), None)


def require_records(run: Run, reader: str) -> Overlay:
    """Return the store's records. Raises cel.EvaluationError: without a store nothing can be looked up."""
    if run.records is None:
        raise NoStoreError(needs_store(reader))
    return run.records


def evaluate_where(
    run: Run, resource: str, where: FormulaMap, scope: Mapping[str, object]
) -> dict[str, object]:
    """Evaluate an equality map into stored form, by the fields of the resource it is about."""
    fields = run.rules.resources[resource].fields
    values: dict[str, object] = {}
    for name, formula in where.entries.items():
        value = formula.value(scope)
        field = fields[name]
        if isinstance(value, list | tuple) and field.rule.type != "list":
            values[name] = [to_json(encode_value(field, _bare(item))) for item in value]
        else:
            values[name] = to_json(encode_value(field, _bare(value)))
    return values


def note_read(
    run: Run, name: str, resource: str, where: Where, found: int, hidden: str | None = None
) -> None:
    """Keep for the outcome that these records were read; by the field `hidden` nobody is told what."""
    by = mask_record(run.rules.resources[resource].fields, where)
    if hidden is not None:
        by[hidden] = MASK
    run.reads.setdefault((name, repr(by)), Read(name, resource, by, found))


def referenced(run: Run, field: CompiledField) -> object:
    """Return what the name under `as` stands for: the record or null; for a list, the records."""
    if field.name in run.merged.unsound:
        raise cel.Unknown(f"{field.name} has a problem of its own")
    reference = cast(CompiledReference, field.reference)
    value = run.merged.get(field.name)
    if value is None:
        return [] if field.rule.type == "list" else None
    found = find_named(run, field, value)
    fields = run.rules.resources[reference.resource].fields
    if isinstance(value, list):
        if any(record is None for record in found):
            raise cel.Unknown(f"{field.name} names a record that does not exist")
        return [decode_record(fields, cast(StoredRecord, record), printed=run.printing) for record in found]
    if found[0] is None:
        raise cel.Unknown(f"{field.name} names a record that does not exist")
    return decode_record(fields, found[0], printed=run.printing)


def find_named(run: Run, field: CompiledField, value: object) -> list[StoredRecord | None]:
    """As `find_referenced`, of values that may name the own record: effects don't find it otherwise."""
    if run.records is None:
        return find_referenced(run, field, value)
    with run.records.hiding_none():
        return find_referenced(run, field, value)


def find_referenced(
    run: Run, field: CompiledField, value: object, scope: Layer | None = None
) -> list[StoredRecord | None]:
    """Return, for each value that a reference field holds (a null is none), the record it names or None.

    `scope`: the names that `where` reads, if not the run's and the value itself. Raises cel.EvaluationError
    without a store, cel.Unknown where what `where` reads is unsound.
    """
    if scope is None:
        scope = Layer({"value": value}, run.scope, sensitive=field.hides)
    reference = cast(CompiledReference, field.reference)
    wanted = [item for item in value if item is not None] if isinstance(value, list) else [value]
    target = run.rules.resources[reference.resource].fields[reference.by]
    keys = [to_json(encode_value(target, _bare(item))) for item in wanted]
    asked = evaluate_where(run, reference.resource, reference.where, scope)
    if not keys and run.records is None:
        # Nothing is looked up.
        return []
    records = require_records(run, reader_of(field))
    where: dict[str, object] = {reference.by: keys if isinstance(value, list) else keys[0], **asked}
    found = records.find(reference.resource, where) if keys else ()
    # Whom a sensitive field names is as secret as the field.
    hidden = reference.by if field.hides else None
    note_read(run, reference.bind or field.name, reference.resource, where, len(found), hidden)
    return [*map(_finder(found, reference.by), keys)]


def _finder(found: Sequence[StoredRecord], by: str) -> Callable[[object], StoredRecord | None]:
    """Return what finds the first record whose field `by` equals a value."""

    def search(key: object) -> StoredRecord | None:
        return next((record for record in found if matches(record, {by: key})), None)

    if len(found) <= _FEW or not all(record.get(by).__class__ in (str, int) for record in found):
        return search
    firsts = {record[by]: record for record in reversed(found)}
    return lambda key: firsts.get(key) if key.__class__ in (str, int) else search(key)


def reader_of(field: CompiledField) -> str:
    """What a reference is called where it can't be looked up."""
    return f"{field.name}'s reference"


def references_hold(run: Run, field: CompiledField) -> bool:
    """Whether a field's reference (if it has one and is given) names existing records."""
    if field.reference is None or run.merged.get(field.name) is None:
        return True
    if field.id not in run.references:
        found = find_named(run, field, run.merged[field.name])
        run.references[field.id] = all(record is not None for record in found)
    return bool(run.references[field.id])


def place_of_key(resource: CompiledResource, lookup: CompiledLookUp) -> str:
    """Return the pointer of the payload field that a look-up's key comes from, "" if it is none."""
    for path in lookup.by.reads:
        if path[0] in OWN_ROOTS and len(path) > 1 and path[1] in resource.fields:
            return _pointer([*resource.fields.values()], path[1:])
    return ""


def _pointer(fields: Sequence[CompiledField], names: Path) -> str:
    """Where a part of the payload stands, as far as it is declared."""
    for field in fields:
        if names and field.name == names[0]:
            return f"/{escape_pointer(field.name)}{_pointer(field.children, names[1:])}"
    return ""


def _require_sound_references(run: Run, lookup: CompiledLookUp) -> None:
    for path in lookup.by.reads:
        if path[0] not in OWN_ROOTS or len(path) < 2 or path[1] not in run.resource.fields:
            continue
        if not references_hold(run, run.resource.fields[path[1]]):
            raise cel.Unknown(f"{path[1]} names a record that does not exist")


def _aggregate(run: Run, lookup: CompiledLookUp, records: Overlay, where: Where) -> object:
    rule = lookup.rule
    if rule.kind == "count":
        count = records.count(rule.resource, where)
        note_read(run, rule.name, rule.resource, where, count)
        return count
    field = rule.of or run.rules.resources[rule.resource].key
    which: Literal["min", "max"] = "max" if rule.kind == "max" else "min"
    value = records.extreme(rule.resource, where, field, which)
    note_read(run, rule.name, rule.resource, where, int(value is not None))
    decode = run.rules.resources[rule.resource].fields[field].type.decode
    return decode(value)


def _nothing(lookup: CompiledLookUp) -> object:
    match lookup.rule.kind:
        case "find_all":
            return []
        case "count":
            return 0
        case _:
            return None


def _limit_of(lookup: CompiledLookUp) -> int | None:
    return 1 if lookup.rule.kind == "find" else None


def _in_listed_order(found: Sequence[StoredRecord], where: Where) -> Sequence[StoredRecord]:
    """Order records as the list they were asked for by; a store orders by key."""
    for name, wanted in where.items():
        if isinstance(wanted, list):
            return [record for item in wanted for record in found if matches(record, {name: item})]
    return found


def _refuse(run: Run, lookup: CompiledLookUp) -> None:
    """Report a missing record as `if_missing` says, and let nothing rely on the look-up."""
    rule = lookup.rule
    span = rule.at.get("if_missing", rule.span)
    what = run.rules.resources[rule.resource].file.noun
    if rule.if_missing == "not_found":
        site = Site(lookup.id, "", span, Stage.REQUEST, lookup.order)
        run.log.end(
            site.problem("not_found", f"no such {what}", because=run.because(lookup.by), vendor=rule.error)
        )
    else:
        site = Site(lookup.id, place_of_key(run.resource, lookup), span, Stage.REFERENCE, lookup.order)
        run.report(
            site,
            "reference",
            f"{site.path[1:].replace('/', '.') or rule.name} names no existing {what}",
            because=run.because(lookup.by),
            vendor=rule.error,
        )
    raise cel.Unknown(f"{rule.name} was not found")


def _bare(value: object) -> object:
    return value.to_datetime() if isinstance(value, cel.Timestamp) else value


def judge_required_lookups(run: Run) -> None:
    """Run the look-ups that must find something (`if_missing: reject`), whether or not a rule reads them."""
    for lookup in run.resource.lookups.values():
        if lookup.rule.if_missing == "reject":
            try:
                run.scope[lookup.rule.name]
            except cel.Unknown:
                continue
            except cel.CelError as error:
                site = Site(
                    lookup.id,
                    place_of_key(run.resource, lookup),
                    lookup.rule.span,
                    Stage.REFERENCE,
                    lookup.order,
                )
                run.undecided(site, lookup.by, error)


def judge_reference(run: Run, place: Place, field: CompiledField) -> None:
    """Judge the reference of a given value; on a list or map each item is a problem of its own at /field/N.

    `field` is the place's, or the rule of its items.
    """
    reference = cast(CompiledReference, field.reference)
    site = Site(reference.id, place.pointer, reference.span, Stage.REFERENCE, field.order)
    if not place.has_items:
        _judge_together(run, place, field, site, [(place.pointer, place.value)])
        return
    # A null item is not given, and one that is none of its options has ended.
    given = [one for one in place.entries() if one[1] is not None and not run.log.has_error(one[0])]
    if field is not place.field and reads_value(reference.where):
        for entry in given:
            _judge_together(run, place, field, replace(site, path=entry[0]), [entry])
    else:
        _judge_together(run, place, field, site, given)


def reads_value(formula: Valued) -> bool:
    """Whether an expression reads the very value that it is asked for."""
    return any(path[0] in ("value", "item") for path in formula.reads)


def _judge_together(
    run: Run, place: Place, field: CompiledField, site: Site, given: Sequence[tuple[str, object]]
) -> None:
    """Look up at once what these values, with their pointers, name."""
    reference = cast(CompiledReference, field.reference)
    is_item = field is not place.field
    scope = layer_of_value(run, place, field, given[0][1] if is_item and given else place.value)
    values = [value for _, value in given]
    try:
        found = find_referenced(run, field, values if place.has_items else place.value, scope)
    except cel.Unknown:
        return
    except cel.CelError as error:
        run.undecided(site, reference.where, error, scope)
        return
    for (path, value), record in zip(given, found, strict=True):
        if record is None:
            _report_missing(run, field, replace(site, path=path), value, scope)


def missing_text(rules: CompiledRules, field: CompiledField) -> str:
    """What is said of a value that names no record, or none of which its `where` is true: by which fields."""
    reference = cast(CompiledReference, field.reference)
    noun = rules.resources[reference.resource].file.noun
    fitting = f" that fits ({', '.join(reference.where.entries)})" if reference.where.entries else ""
    return field.rule.messages.get("references", f"{field.label} names no existing {noun}{fitting}")


def _report_missing(run: Run, field: CompiledField, site: Site, value: object, scope: Layer) -> None:
    rule, reference = field.rule, cast(CompiledReference, field.reference)
    shown = MASK if field.hides else to_json(value)
    because = run.because(reference.where, scope)
    run.report(
        site,
        "reference",
        missing_text(run.rules, field),
        because=Because(None, {f"payload.{field.label}": shown, **because.values}),
        vendor=rule.references.error if rule.references is not None else None,
    )
