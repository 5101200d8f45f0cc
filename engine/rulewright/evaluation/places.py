"""Walking the fields of a payload, nested ones after the field that holds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rulewright.compiled import CompiledField, Concern
from rulewright.evaluation.run import NO_FIELDS, Place, Run
from rulewright.evaluation.views import Fields, View
from rulewright.pointers import escape_pointer
from rulewright.schema.unsound import UNSOUND


def places_of(run: Run, concern: Concern) -> Iterator[Place]:
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
    item_fields: Fields = NO_FIELDS,
) -> Iterator[Place]:
    for field in fields:
        if concern in field.concerns:
            below = f"{pointer}/{escape_pointer(field.name)}"
            place = place_of(run, field, view, below, item=item, item_fields=item_fields)
            yield place
            yield from places_below(run, place, concern)


def place_of(
    run: Run,
    field: CompiledField,
    view: View,
    pointer: str,
    *,
    item: object = None,
    is_item: bool = False,
    item_fields: Fields = NO_FIELDS,
) -> Place:
    """A field as it stands in a view of the payload, which has it at `pointer`; see Place."""
    value = view.partial.get(field.name) if field.name in view.unsound else view.get(field.name)
    if isinstance(value, dict) and field.items is not None:
        sound = {name: entry for name, entry in value.items() if entry is not UNSOUND}
        return Place(field, pointer, view, sound, (), item, is_item, item_fields)
    if not isinstance(value, list):
        return Place(field, pointer, view, value, (), item, False, item_fields)
    kept = [index for index, entry in enumerate(value) if entry is not UNSOUND]
    sent = run.positions.get(pointer, range(len(value)))
    values, positions = [value[index] for index in kept], [sent[index] for index in kept]
    return Place(field, pointer, view, values, positions, item, is_item, item_fields)


def places_below(run: Run, place: Place, concern: Concern) -> Iterator[Place]:
    """Yield every field with rules of this kind that stands in another, however deep."""
    field, value = place.field, place.value
    if field.children and isinstance(value, View):
        yield from _places_in(
            run, field.children, value, place.pointer, concern, place.item, place.item_fields
        )
    elif field.items is not None and (field.items.children or field.items.items is not None):
        for pointer, item in place.entries():
            yield from _places_in_item(run, field.items, item, pointer, concern)


def _places_in_item(
    run: Run, field: CompiledField, item: object, pointer: str, concern: Concern
) -> Iterator[Place]:
    if isinstance(item, View):
        yield from _places_in(run, field.children, item, pointer, concern, item, field.child_of)
    elif isinstance(item, list | dict) and concern in field.concerns:
        inner = place_of(run, field, View({field.name: item}, (field.name,)), pointer, is_item=True)
        if concern in ("values", "checks"):
            yield inner
        yield from places_below(run, inner, concern)
