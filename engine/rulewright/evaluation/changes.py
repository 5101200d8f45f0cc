"""What an update changes, and which rules that touches.

A rule none of whose inputs changed does not reject what was already stored ("ratcheting"): an old record
that a newer rule would refuse can still be edited elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import cast

from rulewright import cel
from rulewright.compiled import CompiledResource
from rulewright.evaluation.overlay import same
from rulewright.evaluation.records import computes, recomputes
from rulewright.evaluation.run import Place, Run
from rulewright.evaluation.views import View, Whole
from rulewright.formula import OWN_ROOTS, Formula, Path
from rulewright.pointers import escape_pointer

_Paths = frozenset[tuple[str, ...]]


def merge_update(run: Run) -> None:
    """Merge the payload into the stored record: a missing key is unchanged, null clears (RFC 7396)."""
    if run.current is None:
        run.merged = run.sent
        return
    run.merged = _merge(run.removed, run.current, _of_the_record(run), "")
    sent = (*run.sent.keys(), *run.sent.unsound)
    run.changed = frozenset(name for name in sent if _differs(run.merged, run.current, name))


def note_dropped(run: Run, places: Collection[Place]) -> None:
    """Tell which of an update's fields change by what was dropped of them: what was stored goes, and what was
    sent never came.
    """
    if run.current is None or run.is_event:
        return
    tops = {place.top for place in places}
    sent = {*run.sent.keys(), *run.sent.unsound}
    # A part of an object that nobody sent was stored.
    gone = {place.top for place in places if place.siblings is not run.merged and place.top not in sent}
    gone.update(top for top in tops if _differs(run.merged, run.current, top))
    run.changed = (run.changed - tops) | gone


def _of_the_record(run: Run) -> View:
    """Return the sent fields that the record has too; an event's payload may hold others."""
    if not run.is_event:
        return run.sent
    kept = View(
        {name: value for name, value in dict.items(run.sent) if name in run.resource.fields},
        run.sent.declared,
    )
    kept.unsound = {name for name in run.sent.unsound if name in run.resource.fields}
    return kept


def _merge(removed: Mapping[str, _Paths], current: View, sent: View, pointer: str) -> View:
    """Merge what was sent; `removed` tells, for each map, of the nulls that were in it."""
    merged = Whole(dict(dict.items(current)), current.declared)
    for name in dict.keys(sent):
        value = sent[name]
        below = merged.get(name)
        place = f"{pointer}/{escape_pointer(name)}"
        if isinstance(value, View) and isinstance(below, View):
            merged[name] = _merge(removed, below, value, place)
        elif isinstance(value, Mapping) and isinstance(below, Mapping) and not isinstance(value, View):
            merged[name] = patched(below, value, removed.get(place, frozenset()))
        else:
            merged[name] = value
    merged.unsound |= sent.unsound
    merged.nulls |= sent.nulls
    merged.partial.update(sent.partial)
    for name in sent.unsound:
        merged.pop(name, None)
    return merged


def patched(
    below: Mapping[str, object], value: Mapping[str, object], removed: _Paths = frozenset()
) -> dict[str, object]:
    """Merge a JSON object into another at every depth (RFC 7396); `removed` are the paths of its nulls."""
    merged = dict(cast("Mapping[str, object]", _without(below, removed)))
    for name, part in value.items():
        inner = merged.get(name)
        if isinstance(part, View):
            merged[name] = _merge({}, inner if isinstance(inner, View) else View({}, part.declared), part, "")
        elif isinstance(part, Mapping):
            merged[name] = patched(inner if isinstance(inner, Mapping) else {}, part)
        else:
            merged[name] = part
    return merged


def _without(value: object, removed: _Paths) -> object:
    """Take the entries at these paths away."""
    if not removed or not isinstance(value, Mapping):
        return value
    kept = {
        name: _without(part, frozenset(path[1:] for path in removed if path[0] == name))
        for name, part in value.items()
        if (name,) not in removed
    }
    return View(kept, value.declared) if isinstance(value, View) else kept


def _differs(merged: View, current: View, name: str) -> bool:
    if name in merged.unsound:
        return True
    try:
        return not same(dict.get(merged, name), current.get(name))
    except cel.Unknown:  # a part of it has a problem, however deep
        return True


def is_touched(run: Run, top: str, formula: Formula | None, siblings: Iterable[str] = ()) -> bool:
    """Whether a rule about the field `top` is to be judged: always on a create; on an update if it changed
    or an input of the rule did.
    """
    if run.current is None or run.is_event:
        return True
    if top in run.changed or not run.changed.isdisjoint(siblings):
        return True
    return formula is not None and _has_changed(run, formula.reads)


def rule_is_touched(run: Run, reads: Iterable[Path]) -> bool:
    """Whether a rule about the whole is to be judged: one that reads no field of the record always is."""
    if run.current is None or run.is_event:
        return True
    paths = list(reads)
    return not reads_record(run.resource, paths) or _has_changed(run, paths)


def _has_changed(run: Run, paths: Iterable[Path]) -> bool:
    behind = fields_behind(run.resource, paths)
    return behind is None or not run.changed.isdisjoint(behind)


def fields_behind(
    resource: CompiledResource, paths: Iterable[Path], seen: frozenset[str] = frozenset()
) -> set[str] | None:
    """Return the fields of which a change may change what paths read, `seen` being the names on the way.

    None where that can't be told: what is computed may have changed for many reasons, and judging once more
    is the safe side.
    """
    found: set[str] = set()
    for path in paths:
        if path[0] not in OWN_ROOTS:
            behind = fields_behind(resource, _behind(resource, path[0], seen), seen | {path[0]})
            if behind is None:
                return None
            found |= behind
        elif len(path) == 1:
            found |= resource.fields.keys()
        else:
            field = resource.fields.get(path[1])
            if field is not None and (computes(field, "update") or recomputes(field, "update")):
                return None
            found.add(path[1])
    return found


def reads_record(
    resource: CompiledResource, paths: Iterable[Path], seen: frozenset[str] = frozenset()
) -> bool:
    """Whether any of these paths leads to a field of the own record, `seen` being the names on the way."""
    return any(
        path[0] in OWN_ROOTS or reads_record(resource, _behind(resource, path[0], seen), seen | {path[0]})
        for path in paths
    )


def _behind(resource: CompiledResource, name: str, seen: frozenset[str]) -> tuple[Path, ...]:
    """Return what a look-up's or reference's name depends on."""
    if name in seen:
        return ()
    if name in resource.lookups:
        return resource.lookups[name].by.reads
    if name in resource.bound_references:
        return (("record", resource.bound_references[name].name),)
    return ()
