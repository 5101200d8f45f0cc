"""Walking the fields of a payload, nested ones after the field that holds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rulewright.compiled import CompiledField, Concern
from rulewright.evaluation.log import escape_pointer
from rulewright.evaluation.run import Place, Run
from rulewright.evaluation.views import View
from rulewright.schema.fields import UNSOUND


def places(run: Run, concern: Concern) -> Iterator[Place]:
    """Yield every field with rules of this kind, at every place where it could stand.

    That is in an event's payload, or in the merged one.
    """
    yield from _places_in(run, run.intake.values(), run.sent if run.is_event else run.merged, "", concern)


def _places_in(
    run: Run,
    fields: Iterable[CompiledField],
    view: View,
    pointer: str,
    concern: Concern,
    item: object = None,
) -> Iterator[Place]:
    for field in fields:
        if concern in field.concerns:
            place = _place(run, field, view, f"{pointer}/{escape_pointer(field.name)}", item)
            yield place
            yield from _places_below(run, place, concern)


def _place(run: Run, field: CompiledField, view: View, pointer: str, item: object) -> Place:
    value = view.partial.get(field.name) if field.name in view.unsound else view.get(field.name)
    if not isinstance(value, list):
        return Place(field, pointer, view, value, item=item)
    kept = [index for index, entry in enumerate(value) if entry is not UNSOUND]
    sent = run.positions.get(pointer, range(len(value)))
    values, positions = [value[index] for index in kept], [sent[index] for index in kept]
    return Place(field, pointer, view, values, positions, item)


def _places_below(run: Run, place: Place, concern: Concern) -> Iterator[Place]:
    field, value = place.field, place.value
    if field.children and isinstance(value, View):
        yield from _places_in(run, field.children, value, place.pointer, concern, place.item)
    elif field.items is not None and isinstance(value, list) and field.items.children:
        for position, item in zip(place.positions, value, strict=True):
            if isinstance(item, View):
                below = f"{place.pointer}/{position}"
                yield from _places_in(run, field.items.children, item, below, concern, item)
