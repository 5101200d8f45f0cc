"""How many keys a map has once what an update sends is merged into what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rulewright.compiled import CompiledField
from rulewright.evaluation.log import Stage
from rulewright.evaluation.run import Run, mark_unsound, site_at
from rulewright.evaluation.views import View
from rulewright.pointers import escape_pointer
from rulewright.schema.messages import length_text

# A map that was sent, and what it has come to: its rule, its pointer, its entries.
_Merged = tuple[CompiledField, str, Mapping[str, object]]


def judge_sizes(run: Run) -> None:
    """Count the keys of every map that an update or event sent a part of; a create's were counted as sent."""
    if run.current is None:
        return
    judge_sizes_of(run, [field for name, field in run.intake.items() if name in run.resource.fields])


def judge_sizes_of(run: Run, fields: Iterable[CompiledField]) -> None:
    """The same of some fields of the record."""
    for field, pointer, entries in [*_maps(fields, run.sent, run.merged, "")]:
        for keyword, bound in (("min_length", field.rule.min_length), ("max_length", field.rule.max_length)):
            if bound is not None and _is_beyond(len(entries), keyword, bound):
                _report(run, field, pointer, keyword, bound)
                mark_unsound(run, pointer)


def _is_beyond(size: int, keyword: str, bound: int) -> bool:
    return size < bound if keyword == "min_length" else size > bound


def _maps(fields: Iterable[CompiledField], sent: View, merged: View, pointer: str) -> Iterator[_Merged]:
    """Yield the maps that stand in what was sent, outside of lists, which are replaced as a whole."""
    for field in fields:
        # A view as the dict that it is: what is unsound in it is not there.
        parts = dict.get(sent, field.name), dict.get(merged, field.name)
        yield from _maps_in(field, *parts, f"{pointer}/{escape_pointer(field.name)}")


def _maps_in(field: CompiledField, sent: object, merged: object, pointer: str) -> Iterator[_Merged]:
    if isinstance(sent, View) and isinstance(merged, View):
        yield from _maps(field.children, sent, merged, pointer)
    elif field.rule.type == "map" and isinstance(sent, dict) and isinstance(merged, dict):
        yield field, pointer, merged
        if field.items is not None:
            for name, entry in sent.items():
                below = f"{pointer}/{escape_pointer(name)}"
                yield from _maps_in(field.items, entry, merged.get(name), below)


def _report(run: Run, field: CompiledField, pointer: str, keyword: str, bound: int) -> None:
    site = site_at(field, keyword, pointer, Stage.SHAPE)
    text = length_text(field.rule, field.label, keyword, bound)
    run.report(site, keyword, field.rule.messages.get(keyword, text), vendor=field.rule.error)
