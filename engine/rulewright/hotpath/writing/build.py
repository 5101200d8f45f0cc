"""Rule file -> a generated Python module for creates, or for updates, compiled and ready to be called."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from rulewright.compiled import CompiledField, CompiledResource, CompiledRules
from rulewright.evaluation.inferring import INFERRING_OPERATIONS
from rulewright.hotpath.runtime import texts
from rulewright.hotpath.runtime.names import NAMES
from rulewright.hotpath.runtime.refusals import Entry
from rulewright.hotpath.runtime.state import Linked, State
from rulewright.hotpath.writing.cells import Cells
from rulewright.hotpath.writing.collecting.collector import GIVEN, TITLE, Collector
from rulewright.hotpath.writing.effects import EffectWriter
from rulewright.hotpath.writing.inferring import InferenceWriter
from rulewright.hotpath.writing.merging import MergeWriter
from rulewright.hotpath.writing.reading import ShapeWriter
from rulewright.hotpath.writing.responses import ResponseWriter, can_wait
from rulewright.hotpath.writing.shape import struct_of
from rulewright.hotpath.writing.stages import Stages
from rulewright.hotpath.writing.stepping import StepWriter
from rulewright.hotpath.writing.straight import Straightener
from rulewright.hotpath.writing.syntax import MERGED
from rulewright.hotpath.writing.unit import NotGenerated, Unit, under


@dataclass(frozen=True, slots=True)
class Generated:
    """One resource's module. `left` are the expressions that are called as compiled CEL."""

    source: str
    struct: type[msgspec.Struct]
    decode: Callable[[bytes], Any]
    accept: Callable[..., State]
    respond: Callable[[State], object]
    # Whether `accept` reads the payload, too, or the Struct alone.
    reads_payload: bool
    status: int | None
    left: tuple[str, ...]
    # Judges the caller and tells every problem after the shape's; None where only the plain evaluator can.
    collect: Callable[[State, set[str], list[Entry]], None] | None
    # The fields that it reads.
    rested: frozenset[str]
    open: Callable[..., State]
    shape: Callable[[State], None]
    # Of an update alone: reads what is stored; merges what was sent into it.
    keep: Callable[[State], None] | None
    merge: Callable[[State], None] | None
    # Of an event alone: tells why no transition can be taken.
    refuse: Callable[[State, list[Entry]], None] | None
    # Tells what must hold after the effects.
    conclude: Callable[[State, list[Entry]], None] | None
    # What comes after the checks.
    after: tuple[Callable[[State], None], ...]
    loose: type[msgspec.Struct]
    # Readers of dates that have a format and no bounds.
    dates: Mapping[str, Callable[[Any], Any]]
    # The fields that hold lists.
    lists: tuple[str, ...] = ()
    convert: Callable[..., Any] = msgspec.convert


def generate(
    rules: CompiledRules, resource: CompiledResource, operation: str = "create", *, has_store: bool = True
) -> Generated:
    """Generate and compile the module. Raises NotGenerated where the plain evaluator must do it all.

    Without a store what has to be looked up leaves a create undecided, which `collect` tells.
    """
    unit = Unit(rules, resource, operation, has_store)
    struct = struct_of(resource, operation, deep=True)
    status = _write(unit)
    namespace: dict[str, Any] = {"__builtins__": {"__build_class__": __build_class__, "__name__": "hotpath"}}
    namespace.update(NAMES)
    namespace.update(unit.constants)
    source = "\n".join(unit.functions)
    # Ours: names that we made and literals, which is tested; nothing that a user wrote is run.
    exec(compile(source, f"<{resource.name}>", "exec", dont_inherit=True), namespace)  # noqa: S102
    _link(unit, namespace)
    return Generated(
        source,
        struct,
        msgspec.json.Decoder(struct).decode,
        namespace["accept"],
        namespace["respond"],
        re.search(r"\bs\.payload\b(?! =)|\bnames_of\b", source) is not None,
        status,
        tuple(unit.left),
        collect=namespace.get("collect"),
        rested=frozenset(unit.rested),
        open=namespace["opened"],
        shape=namespace["shape"],
        keep=namespace.get("kept"),
        merge=namespace.get("merge"),
        refuse=namespace.get("refuse"),
        conclude=namespace.get("conclude"),
        after=tuple(namespace[one] for one in _AFTER if one in namespace),
        loose=struct_of(resource, operation, loose=True, deep=True),
        dates=_dates(unit),
        lists=tuple(name for name, field in unit.intake.items() if field.rule.type == "list"),
    )


def _write(unit: Unit) -> int | None:
    """Write the module; return the response's status."""
    cells = Cells(unit)
    stages = Stages(unit, cells)
    stepping: StepWriter | None = None
    merging = MergeWriter(unit, cells)
    if unit.has_stored:
        stages.write_stored(merging)
    stages.write_request()
    sent = [one for one in unit.intake.values() if unit.is_sent(one)]
    ShapeWriter(unit, _loader(unit, sent)).write(sent)
    stages.called.append("shape")
    if unit.has_stored:
        stages.write_merge(merging)
    stages.write_presence()
    stages.write_values()
    if unit.is_event:
        stepping = StepWriter(unit, cells)
        stages.write_step(stepping)
    stages.write_checks()
    stages.write_record()
    if unit.resource.inferences and unit.operation in INFERRING_OPERATIONS:
        unit.function("infer", "rules of infer have nothing to tell", InferenceWriter(unit, cells).lines())
        stages.called.append("infer")
    effects = EffectWriter(unit, cells)
    stages.write_consequences(effects, stepping)
    response = ResponseWriter(unit, cells)
    if response.status not in (None, 204):
        again = ["reread(s)"] if effects.is_needed or unit.is_event else []
        unit.function("respond", "the body of the response", [*again, *response.lines()])
    elif response.status is None:
        unit.function("respond", "no response", ["return None"])
    else:
        unit.function("respond", "an empty response", ["return None"])
    for field in unit.resource.fields.values():
        if not cells.is_as_sent(field):
            cells.record(field)
    telling = [*_telling(unit, cells, stages, effects)]
    if unit.is_event:
        unit.functions.append(_refuse(stages.called, effects))
        unit.function("forget", "what the step may have changed", cells.forgetting())
    unit.function("reread", "look-ups are read anew through what is planned", cells.reread(effects.is_needed))
    accept = _accept(unit, [*stages.called, *_last(unit, cells, effects)], effects.written())
    if telling:
        collect, *concluding = telling
        before = ("caller", "existence") if unit.has_store else ("caller",)
        stages_of_refusals = [one for one in before if one in stages.called]
        unit.functions += [_straight_collect(unit, collect, stages_of_refusals), *concluding]
    unit.functions += [_run(unit), accept]
    return response.status


def _loader(unit: Unit, sent: Iterable[CompiledField]) -> Any:
    """The Schema object that reads the payloads."""
    settable = frozenset(one.name for one in sent if one.rule.readonly is not None)
    if not unit.is_event:
        return unit.resource.loader(None, settable, merges=unit.is_update)
    for name, one in unit.intake.items():
        own = unit.resource.fields.get(name, one)
        if one.rule.readonly is not None or (own.rule.type, own.rule.references) != (
            one.rule.type,
            one.rule.references,
        ):
            raise NotGenerated(f"{one.id} is another in the record")
    return unit.resource.loader(unit.operation, frozenset())


def _last(unit: Unit, cells: Cells, effects: EffectWriter) -> Iterable[str]:
    """The stage that shapes the response, where that can't wait until somebody asks."""
    respond = next(one for one in unit.functions if one.startswith("def respond("))
    if not can_wait(respond, cells.firm()):
        return ("respond",)
    if effects.written() and re.search(r"\b[lx]_", respond):
        line = "if s.changes: s.body = respond(s)"
        return (unit.function("finish", "the response, where effects changed what it reads", [line]),)
    return ()


def _dates(unit: Unit) -> dict[str, Callable[[Any], Any]]:
    return {
        name: texts.date_reader(field, None)
        for name, field in unit.resource.fields.items()
        if field.rule.type == "date" and texts.is_positional(field)
    }


# `conclude` has what is last.
_AFTER: Final = ("complete", "infer", "plan")
_GIVEN: Final = ("p", "payload", "store", "actor", "request", "now", "seed")
_OPENING: Final = (
    "reads = s.reads = []",
    "s.body = UNSHAPED",
    "s.chance = s.names = s.written = s.revised = s.hidden = None",
    "s.changes = s.planned = ()",
    "s.bound = {}",
    "s.reserved = {}",
)


def _run(unit: Unit) -> str:
    """The class of the state, and what opens it where a payload is refused: no constructor is as fast."""
    slots = "".join(f"{cell!r}, " for cell in unit.cells)
    lines = [
        "class Run(State):",
        f"    __slots__ = ({slots})",
        "",
        f"def opened({', '.join(_given(unit))}):",
    ]
    return "\n".join([*lines, *(f"    {line}" for line in [*_opened(unit), "return s"]), ""])


def _given(unit: Unit) -> tuple[str, ...]:
    """The parameters of `accept`: a stored record too."""
    return (*_GIVEN, "current") if unit.has_stored else _GIVEN


def _opened(unit: Unit) -> list[str]:
    given = [f"s.{name} = {name}" for name in _given(unit)]
    cells = [f"{' = '.join(f's.{cell}' for cell in unit.cells)} = UNREAD"] if unit.cells else []
    moving = ["s.own = {}", "s.step = -1"] if unit.is_event else []
    sending = ["s.messages = []"] if any(one.rule.verb == "send" for one in unit.effects) else []
    return ["s = new(Run)", *given, *_OPENING, *moving, *sending, *cells]


def _accept(unit: Unit, called: list[str], written: Iterable[str]) -> str:
    # Without a store little is accepted, and nothing that takes time.
    judged: Iterable[str] = (f"{stage}(s)" for stage in called)
    if unit.has_store:
        judged = Straightener(unit, unit.functions, written).lines(called)
    lines = [*_opened(unit), *judged, "return s"]
    return "\n".join([f"def accept({', '.join(_given(unit))}):", *(f"    {line}" for line in lines), ""])


def _telling(unit: Unit, cells: Cells, stages: Stages, effects: EffectWriter) -> Iterable[str]:
    """What tells refusals, as functions of cells; none where only the plain evaluator can."""
    if unit.is_event:
        return ()
    with suppress(NotGenerated):
        collector = Collector(unit, cells, stages)
        collect = collector.function()
        return collect, collector.conclusion(effects)
    return ()


def _refuse(called: Sequence[str], effects: EffectWriter) -> str:
    """What tells that an event can't be taken: everything else about it is as it should be."""
    told = {"take": "tell_step(s, entries)"}
    judged = [told.get(one, f"{one}(s)") for one in called[: called.index("complete") + 1]]
    if "overruled" in called:
        judged.append("overruled(s)")
    lines = [*judged, *effects.early_lines()]
    return "\n".join([*under("def refuse(s, entries):  # why the event can't be taken", lines), ""])


def _straight_collect(unit: Unit, collect: str, before: Sequence[str]) -> str:
    if not unit.has_store:
        head, _, body = collect.partition("\n")
        return "\n".join([head, *(f"    {stage}(s)" for stage in before), body])
    straightener = Straightener(unit, [*unit.functions, collect], ())
    lines = [*straightener.lines([*before, "collect"])]
    read = set(re.findall(r"\w+", "\n".join(lines)))
    left = (*_given(unit), "reads", *(MERGED if unit.has_stored else ()))
    lines = [*(f"{name} = s.{name}" for name in left if name in read), *lines]
    return "\n".join([f"def collect({GIVEN}):  # {TITLE}", *(f"    {line}" for line in lines), ""])


def _link(unit: Unit, namespace: Mapping[str, Any]) -> None:
    resource = unit.resource
    link = Linked(unit.rules, resource, unit.operation, has_store=unit.has_store)
    link.rests = unit.dependence.table()
    link.lookups = {name: namespace[f"l_{name}"] for name in resource.lookups if f"l_{name}" in namespace}
    link.references = {name: namespace[f"x_{name}"] for name in resource.fields if f"x_{name}" in namespace}
    for name, field in resource.bound_references.items():
        if field.name in link.references:
            link.bindings[name] = link.references[field.name]
    for name in resource.fields:
        link.fields[name] = namespace.get(f"r_{name}") or (_as_merged if unit.has_stored else _as_sent)(name)
    namespace["Run"].link = link
    namespace["Run"].keys = link.keys


def _as_merged(name: str) -> Callable[[Any], object]:
    return lambda s: s.merged[name]


def _as_sent(name: str) -> Callable[[Any], object]:
    return lambda s: getattr(s.p, name)
