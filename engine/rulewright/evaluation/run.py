"""One evaluation in progress: its inputs, the views that expressions read, and what was found."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from rulewright import cel
from rulewright.cel.values import kind_name
from rulewright.compiled import (
    CompiledEffect,
    CompiledField,
    CompiledResource,
    CompiledRules,
    CompiledTransition,
)
from rulewright.evaluation.chance import Chance
from rulewright.evaluation.log import Log, Site, Stage
from rulewright.evaluation.overlay import NoStoreError, Overlay
from rulewright.evaluation.reasons import because_of, parts_of, reads_sensitive, values_read
from rulewright.evaluation.trace import Judged, Result, Tracer
from rulewright.evaluation.views import Everything, Fields, Layer, LazyRecord, Scope, View
from rulewright.formula import Formula, Valued
from rulewright.outcome import Change, Claim, Message, Read, Response
from rulewright.pointers import escape_pointer, steps_of
from rulewright.ports import StoredRecord
from rulewright.problem import Because, Severity, VendorError

if TYPE_CHECKING:
    from rulewright.inference import Inferred


class Request(Struct, frozen=True):
    """What came beside the payload. Header names are lower-cased."""

    path: Mapping[str, object] = {}
    query: Mapping[str, object] = {}
    headers: Mapping[str, object] = {}


class Inputs(Struct, frozen=True, kw_only=True):
    """Everything that an evaluation depends on, besides the rules.

    `key` names the record of an update or an event. `now` is an aware datetime in UTC. `seed` makes
    random ids repeatable. `trusted`: the system itself acts (a timeout), so authentication, permission
    and scope do not apply.
    """

    operation: str
    payload: object
    now: datetime
    seed: int
    key: object = None
    actor: Mapping[str, object] | None = None
    request: Request = Request()
    trusted: bool = False


def with_payload(shared: Inputs, payload: object, seed: int, key: object = None) -> Inputs:
    """Return the inputs of one payload of many, which share the rest. Without `key`, the key too."""
    return Inputs(
        operation=shared.operation,
        payload=payload,
        now=shared.now,
        seed=seed,
        key=shared.key if key is None else key,
        actor=shared.actor,
        request=shared.request,
        trusted=shared.trusted,
    )


NO_FIELDS: Final[Fields] = MappingProxyType({})


class Place(Struct, frozen=True):
    """A field as it stands in this payload.

    `siblings` is the map that holds it. `value` is None where it is not there; of a list or map with unsound
    items it holds the sound ones, and `positions` are the indexes in the payload that a list's items had.
    `item` is the item of a list or map that the field stands in, None outside of these, and `item_fields` are
    what it may hold. `is_item`: it is a list or map that stands in another, which has judged it already, but
    for its items.
    """

    field: CompiledField
    pointer: str
    siblings: View
    value: object
    positions: Sequence[int] = ()
    item: object = None
    is_item: bool = False
    item_fields: Fields = NO_FIELDS

    def scope(self, run: Run) -> Mapping[str, object] | None:
        """Return the names that the field's conditions read, where they are more than the run's own."""
        return None if self.item is None else layer_of_item(run, self.item, self.item_fields)

    @property
    def has_items(self) -> bool:
        """Whether it is a list or map whose items have rules."""
        return self.field.items is not None and isinstance(self.value, list | dict)

    def entries(self) -> Iterator[tuple[str, object]]:
        """Yield the sound items of a list or map, with their pointers."""
        if isinstance(self.value, list):
            for position, item in zip(self.positions, self.value, strict=True):
                yield f"{self.pointer}/{position}", item
        elif isinstance(self.value, dict):
            for name, item in self.value.items():
                yield f"{self.pointer}/{escape_pointer(name)}", item

    @property
    def top(self) -> str:
        """The top-level field that this one stands in."""
        return steps_of(self.pointer)[0]

    @property
    def is_sound(self) -> bool:
        """Whether no problem was found with the value so far."""
        return self.field.name not in self.siblings.unsound


@dataclass(eq=False)
class Run:
    """The working state of one evaluation; it is thrown away afterwards."""

    rules: CompiledRules
    resource: CompiledResource
    inputs: Inputs
    records: Overlay | None
    log: Log = field(default_factory=Log)

    # What expressions read. `scope` and `record` are set by `assembly`, which knows how names and fields
    # are worked out; `merged` is `sent` merged into `current`, and on a create they are one.
    sent: View = field(init=False)
    merged: View = field(init=False)
    path: View = field(init=False)
    scope: Scope = field(init=False)
    record: LazyRecord = field(init=False)
    current: View | None = None
    stored: StoredRecord | None = None
    changed: frozenset[str] = frozenset()
    # Pointer of a list -> the payload's index of each item; of a map -> the entries an update takes away.
    positions: dict[str, Sequence[int]] = field(default_factory=dict)
    removed: dict[str, frozenset[tuple[str, ...]]] = field(default_factory=dict)

    # How the record comes about: keys generated and promised, values that transitions and effects set.
    chance: Chance = field(init=False)
    references: dict[str, object] = field(default_factory=dict)
    generated: dict[str, object] = field(default_factory=dict)
    reserved: dict[tuple[str, str], int] = field(default_factory=dict)
    promised: dict[str, object] = field(default_factory=dict)
    bound: dict[str, View] = field(default_factory=dict)
    own: dict[str, object] = field(default_factory=dict)
    transition: CompiledTransition | None = None
    # Whether the record itself can take the event: there is a transition whose guard holds.
    can_move: bool = True

    # Reactions run without permission and scope checks, in the transaction of what they react to.
    is_reaction: bool = False
    depth: int = 0
    # Reactions went deeper than they may: the whole is refused, and none is looked at any more.
    too_deep: bool = False
    tracer: Tracer | None = None
    # While the response is shaped, dates remember how their fields print them.
    printing: bool = False

    # What comes out.
    claim: Claim | None = None
    replay: object = None
    response: Response | None = None
    reads: dict[tuple[str, str], Read] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    # What the rules of `infer` came to, and the fields that they set.
    inferred: Inferred | None = None
    # Whether the stage of `infer` was reached: what has a problem of its own is not reasoned about.
    is_reasoned: bool = False
    conclusions: list[CompiledEffect] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = Chance(self.inputs.seed)
        self.sent = self.merged = View({}, self.resource.sendable)
        self.path = View(self.inputs.request.path, Everything())

    @property
    def intake(self) -> Mapping[str, CompiledField]:
        """The fields that the payload may hold: an event has its own."""
        if self.is_event:
            return self.resource.event_fields(self.inputs.operation)
        return self.resource.fields

    @property
    def settable(self) -> frozenset[str]:
        """The read-only fields that this operation may set all the same (its `accepts`)."""
        return self.resource.settable(self.inputs.operation)

    @property
    def effects(self) -> tuple[CompiledEffect, ...]:
        """What may happen in this operation, in its order: conclusions, own effects, the transition's."""
        moved = self.transition.effects if self.transition is not None else ()
        every = (*self.conclusions, *self.resource.effects, *moved)
        return tuple(effect for effect in every if effect.runs_on(self.inputs.operation))

    @property
    def is_trusted(self) -> bool:
        """Whether the system itself acts: there is no caller whose rights could be judged."""
        return self.is_reaction or self.inputs.trusted

    @property
    def is_event(self) -> bool:
        """Whether the operation is an event of the resource's workflow."""
        return self.resource.has_event(self.inputs.operation)

    @property
    def is_create(self) -> bool:
        """Whether a new record is made."""
        return self.inputs.operation == "create"

    def report(
        self,
        site: Site,
        code: str,
        message: str,
        *,
        severity: Severity = "error",
        because: Because | None = None,
        vendor: VendorError | None = None,
    ) -> None:
        """Keep a problem."""
        self.log.add(site, site.problem(code, message, severity=severity, because=because, vendor=vendor))

    def holds(self, condition: Formula, site: Site, scope: Mapping[str, object] | None = None) -> bool | None:
        """Judge a condition. None: it rests on something unsound, or an undecided problem was reported."""
        reported = len(self.log)
        value = self.attempt(condition, site, scope)
        if not isinstance(value, bool) and value is not FAILED:
            shown = "null" if value is None else f"a value of type {kind_name(value)}"
            text = f"can't be decided: the condition gives {shown}, not true or false"
            self.report(site, "undecided", text, severity="warning", because=self.because(condition, scope))
        held = value if isinstance(value, bool) else None
        if self.tracer is not None:
            failed: Result = "undecided" if len(self.log) > reported else "skipped"
            result: Result = failed if held is None else "true" if held else "false"
            self.trace(condition, site, scope, result)
        return held

    def trace(
        self, condition: Formula, site: Site, scope: Mapping[str, object] | None, result: Result
    ) -> None:
        """Tell the tracer, if there is one, what a condition came to."""
        if self.tracer is None:
            return
        names = self.scope if scope is None else scope
        values = values_read(self.resource, self.rules, condition, names)
        parts = parts_of(self.resource, self.rules, condition, names)
        # A rule of several conditions (the transitions of one event) is told apart by its place.
        self.tracer(Judged(site.rule, site.path, condition.text, result, values, condition.span, parts))

    def attempt(self, formula: Valued, site: Site, scope: Mapping[str, object] | None = None) -> object:
        """Evaluate; FAILED where it rests on something unsound, or can't be evaluated (undecided)."""
        try:
            return formula.value(self.scope if scope is None else scope)
        except cel.Unknown:
            return FAILED
        except cel.CelError as error:
            self.undecided(site, formula, error, scope)
            return FAILED

    def undecided(
        self,
        site: Site,
        formula: Valued,
        error: cel.CelError,
        scope: Mapping[str, object] | None = None,
        words: str = "can't be decided",
        *,
        quotes_secrets: bool = False,
    ) -> None:
        """Report that a rule can't be decided. An error's words may quote values, so sensitive ones go.

        `quotes_secrets`: they may be of another expression than `formula`, one that reads sensitive values.
        """
        quotes_values = not isinstance(error, NoStoreError | cel.Unknown)
        hidden = quotes_values and (quotes_secrets or self.tells_secrets(formula, scope))
        reason = " on these values" if hidden else f": {error.message}"
        # Severity "error" would say that the payload is refused, which nobody knows.
        because = self.because(formula, scope)
        self.report(site, "undecided", f"{words}{reason}", severity="warning", because=because)

    def tells_secrets(self, formula: Valued, scope: Mapping[str, object] | None = None) -> bool:
        """Whether an error of an expression, or of what it reads, may quote a sensitive value."""
        seen = self.scope if scope is None else scope
        return reads_sensitive(self.resource, self.rules, formula.reads, seen)

    def because(self, formula: Valued, scope: Mapping[str, object] | None = None) -> Because:
        """Say what an expression is and what it read."""
        return because_of(self.resource, self.rules, formula, self.scope if scope is None else scope)

    def settle(self, stage: Stage) -> None:
        """Let no later rule rely on the fields that `stage` found fault with."""
        self.end_fields(self.log.error_paths(stage))

    def end_fields(self, paths: Collection[str]) -> None:
        """Let no later rule rely on what stands at these pointers of the payload."""
        for path in paths:
            mark_unsound(self, path)
        if paths:
            self.record.forget()
            self.scope.forget()


def site_at(field: CompiledField, keyword: str, pointer: str, stage: Stage) -> Site:
    """Where a keyword of a field applies (language.md "Rule ids, operations, codes")."""
    return Site(f"{field.id}.{keyword}", pointer, field.span_of(keyword), stage, field.order)


def layer_of_item(run: Run, item: object, fields: Fields) -> Layer:
    """The names that a rule within an item of a list or map reads; `fields` are those of the item."""
    return Layer({"item": item}, run.scope, fields={"item": fields})


def layer_of_value(run: Run, place: Place, field: CompiledField, value: object) -> Layer:
    """The names that a rule about a value reads, itself as `value`; of an item, also as `item`.

    `field` is the place's, or the rule of its items.
    """
    if field is not place.field:
        return Layer({"value": value, "item": value}, run.scope, sensitive=field.hides)
    if place.item is None:
        return Layer({"value": value}, run.scope, sensitive=field.hides)
    within = layer_of_item(run, place.item, place.item_fields)
    return Layer({"value": value, **within}, run.scope, sensitive=field.hides, fields=within.fields)


class _Failed:
    """The type of FAILED."""


FAILED: Final = _Failed()


def mark_unsound(run: Run, path: str) -> None:
    """Let no rule rely on what stands at a pointer of the payload."""
    for view in {id(view): view for view in (run.sent, run.merged)}.values():
        _mark(view, path, run.positions)


def forget_parts(run: Run, paths: Collection[str]) -> None:
    """Let nothing be judged of what is in these unsound fields: they end with all that is in them."""
    for path in paths:
        for view in (run.sent, run.merged):
            holder = holder_in(run, view, path)
            if holder is not None:
                holder.partial.pop(steps_of(path)[-1], None)


def holder_in(run: Run, view: View, path: str) -> View | None:
    """The part of a view of the payload that holds what stands at a pointer, None where nothing does."""
    holder: object = view
    pointer = ""
    for step in steps_of(path)[:-1]:
        holder = _within(holder, step, run.positions.get(pointer))
        pointer = f"{pointer}/{escape_pointer(step)}"
    return holder if isinstance(holder, View) else None


def _mark(view: View, path: str, positions: Mapping[str, Sequence[int]]) -> None:
    """Mark the innermost map on the way to `path`, and each list on it as a whole."""
    steps = steps_of(path)
    holder: object = view
    pointer = ""
    for step in steps[:-1]:
        below = _within(holder, step, positions.get(pointer))
        if isinstance(holder, View) and not isinstance(below, View):
            holder.mark_unsound(step)
        pointer = f"{pointer}/{escape_pointer(step)}"
        holder = below
    if steps and isinstance(holder, View):
        holder.mark_unsound(steps[-1])


def _within(holder: object, step: str, places: Sequence[int] | None) -> object:
    """What stands in a map or a list; `places` are those that the list's items had in the payload."""
    if isinstance(holder, View) and step in holder.unsound:
        return holder.partial.get(step)
    if isinstance(holder, dict):
        return holder.get(step)
    if not isinstance(holder, list) or not step.isdecimal():
        return None
    place = int(step)
    if places is not None and not isinstance(places, range):
        place = places.index(place) if place in places else len(holder)
    return holder[place] if place < len(holder) else None
