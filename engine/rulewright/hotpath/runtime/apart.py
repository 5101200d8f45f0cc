"""Fields judged apart: rules within a value that no Python is written for, by the evaluator's own functions.

Each is called for one field, where the evaluator comes to it, with the names that other expressions read.
What the evaluator would tell, an info too, declines: it then tells of the whole payload.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NoReturn, cast

from rulewright.compiled import CompiledField
from rulewright.evaluation import Inputs
from rulewright.evaluation.judging import judge_field, judge_list, judge_value, with_items
from rulewright.evaluation.log import Log, Site
from rulewright.evaluation.lookups import find_referenced
from rulewright.evaluation.overlay import NoStoreError
from rulewright.evaluation.places import place_of, places_below
from rulewright.evaluation.presence import is_excluded, judge_place
from rulewright.evaluation.records import complete, report_parts
from rulewright.evaluation.run import Place, Run
from rulewright.evaluation.sizes import judge_sizes_of
from rulewright.evaluation.stored_form import encode_value
from rulewright.evaluation.views import LazyRecord, LazyView, Scope, View
from rulewright.hotpath.runtime.state import Decline, Missing, Names, NoStore, State, decoded
from rulewright.hotpath.runtime.values import chance_of
from rulewright.outcome import Read
from rulewright.pointers import escape_pointer
from rulewright.problem import Problem


def excluded_within(names: Names, field: CompiledField) -> None:
    """Parts of a field that do not apply."""
    run = _run_of(names)
    for place in places_below(run, _place(run, field), "excluded"):
        if is_excluded(run, place):
            raise Decline


def presence_within(names: Names, field: CompiledField) -> None:
    """Parts that must be given, or must not."""
    run = _run_of(names)
    for place in places_below(run, _place(run, field), "presence"):
        of = place.field
        # What needs no expression reads nothing, so it need not be judged before all that do.
        if of.rule.required or of.rule.immutable or of.rule.siblings:
            _require_unended(judge_place(run, place, conditional=False))
        if of.required_if is not None or of.required_unless is not None or of.forbidden_if is not None:
            _require_unended(judge_place(run, place, conditional=True))


def _require_unended(pointers: Iterator[str]) -> None:
    """Decline what a rule ends."""
    for _ in pointers:
        raise Decline


def values_apart(names: Names, field: CompiledField) -> None:
    """Options and references: of the field, of its items and of what is in these."""
    run = _run_of(names)
    place = _place(run, field)
    judge_value(run, place, with_items(place))
    _judge_values_below(run, place)


def values_within(names: Names, field: CompiledField) -> None:
    """The same but for those of the field itself."""
    run = _run_of(names)
    place = _place(run, field)
    judge_value(run, place, [one for one in with_items(place) if one is not field])
    _judge_values_below(run, place)


def _judge_values_below(run: Run, place: Place) -> None:
    for below in places_below(run, place, "values"):
        judge_value(run, below, with_items(below))


def checks_within(names: Names, field: CompiledField) -> None:
    """Checks of items and parts, but for those of lists, which come last: see `lists_within`."""
    run = _run_of(names)
    place = _place(run, field)
    if place.has_items:
        judge_field(run, place)
    for below in places_below(run, place, "checks"):
        judge_field(run, below)


def lists_within(names: Names, field: CompiledField) -> None:
    """Checks of lists and maps within a field, the innermost first."""
    run = _run_of(names)
    lists = [one for one in places_below(run, _place(run, field), "checks") if one.has_items]
    for place in reversed(lists):
        if place.field.checks:
            judge_list(run, place)


def completed(names: Names, field: CompiledField, *, is_new: bool, overrules: bool) -> Any:
    """A value with what was left out inside where it `is_new`, else with what is worked out anew of it.

    `overrules`: whether parts may have been sent that the rules set.
    """
    run = _run_of(names)
    value = run.merged[field.name]
    if value is None:
        return None
    if field.name in run.begun:
        # A part of it is made from the whole.
        raise Decline
    run.begun.add(field.name)
    run.record = record = cast(LazyRecord, names["record"])
    run.chance = chance_of(names.state)
    with record.working_out(field.name):
        made = complete(run, field, value, None, is_new=is_new)
    if overrules:
        report_parts(run, field, cast(LazyView, run.sent).peek(field.name), made, "", None)
    run.begun.discard(field.name)
    return encode_value(field, made)


def named(names: Names, field: CompiledField) -> Any:
    """The stored record that a reference names, or those of a list; Missing where one is not there."""
    run = _run_of(names)
    value = run.merged[field.name]
    if value is None:
        return [] if field.rule.type == "list" else None
    try:
        found = find_referenced(run, field, value)
    except NoStoreError as error:
        raise NoStore(error.message) from None
    if any(one is None for one in found):
        raise Missing
    return found if field.rule.type == "list" else found[0]


def sizes_within(names: Names, field: CompiledField) -> None:
    """How many keys maps have, in what an update comes to."""
    run = _run_of(names)
    for view in (run.sent, run.merged):
        # Decoded now: see `_place`.
        view[field.name]
    judge_sizes_of(run, [field])


def _place(run: Apart, field: CompiledField) -> Place:
    """The field as it stands in what is judged."""
    # Decoded now: who asks whether a value is there finds it.
    run.judged[field.name]
    return place_of(run, field, run.judged, f"/{escape_pointer(field.name)}")


class Apart(Run):
    """What the evaluator's functions ask of a run; it tells nothing."""

    def __init__(self, names: Names) -> None:
        s, link = names.state, names.state.link
        self.rules, self.resource = link.rules, link.resource
        self.inputs = Inputs(operation=link.operation, payload=None, now=s.now, seed=s.seed)
        self.records = s.store
        self.log = _SILENT
        self.scope = cast(Scope, names)
        self.sent = self.merged = self.judged = cast(View, names["payload"])
        self.positions = {}
        self.reserved = s.reserved
        self.reads = _Reads(s.reads)
        # Fields whose values are being worked out.
        self.begun: set[str] = set()
        if link.operation != "create":
            self.current = cast(View, names["current"])
            self.changed = frozenset(s.changed)
            self.merged = _merged_view(s)
            if not self.is_event:
                self.judged = self.merged


def _run_of(names: Names) -> Apart:
    run = names.apart
    if run is None:
        run = names.apart = Apart(names)
    assert isinstance(run, Apart)
    return run


def _merged_view(s: State) -> LazyView:
    """What an update comes to, as the evaluator's rules read it."""
    fields, merged = s.link.resource.fields, s.merged
    return LazyView(fields.keys(), fields, merged, lambda name: decoded(fields[name], merged[name]))


class _Silent(Log):
    """Takes no problem: what there is to tell is told by the evaluator."""

    def add(self, site: Site, problem: Problem) -> NoReturn:
        raise Decline

    def end(self, problem: Problem) -> NoReturn:
        raise Decline


_SILENT: Final = _Silent()


class _Reads(dict[tuple[str, str], Read]):
    """Hands what is read on to the state, in its order."""

    def __init__(self, reads: list[tuple[str, str, dict[str, object], int]]) -> None:
        super().__init__()
        self._reads = reads

    def setdefault(self, key: tuple[str, str], read: Read | None = None) -> Any:
        assert read is not None
        self._reads.append((read.lookup, read.resource, dict(read.by), read.found))
