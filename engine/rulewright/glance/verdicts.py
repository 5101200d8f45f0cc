"""The bytes of a JSON line -> surely accepted without any problem, or for the full path to decide.

With the same records, caller, request and clock, a verdict rests on the fields that rules mention and on
nothing else. So each accepted payload proves what those fields held to be acceptable, and every later payload
that holds the same there, and whose shape is sound, is accepted too. Each resource gets a generated function
that compares a line with what was proven; it is never wrong with a yes, and says no whenever it isn't sure.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct

from rulewright.compiled import CompiledField, CompiledResource, CompiledRules
from rulewright.evaluation import Request
from rulewright.glance.guards import Find, asking, holding
from rulewright.glance.judges import check_of, is_positive, is_told_apart, judge_of, parts_judge
from rulewright.glance.lines import (
    has_single_keys,
    is_read_as_date,
    is_writable,
    new_absent,
    struct_of_line,
)
from rulewright.glance.mentions import Guard, Mentions, Role, find_mentions
from rulewright.glance.named import Parts, naming, signer, state_of
from rulewright.glance.proofs import answering, keep, remembering, remembering_months
from rulewright.hotpath.intake import is_sent
from rulewright.hotpath.runtime.days import Days
from rulewright.hotpath.runtime.texts import days_reader
from rulewright.hotpath.writing.shape import loaders_of
from rulewright.hotpath.writing.unit import NotGenerated, Unit, attribute_of
from rulewright.ports import Records

# What the state of a field is that was not sent, beside None, True and False.
_NOT_SENT: Final = 2
# Above this, counting what was sent by one call is faster than one comparison each.
_FEW: Final = 6
# Values of these equal others that are not the same: 0.0 and -0.0, or 1, 1.0 and true. A map has parts, too.
_UNTOLD: Final = ("number", "map", "any")

Lines = Iterable[bytes]
# Yields each line that is not surely accepted with its index, and at the end the number of lines and None.
Scan = Callable[[Lines], Iterator[tuple[int, bytes | None]]]


class Verdicts(Struct, frozen=True):
    """What is known to be acceptable, for one caller, request and state of the records.

    `source` is the generated code, for people to read. `reads_clock`: what was proven holds for its moment.
    `looks_up`: what fields refer to, or what `infer` compares with, is looked up for each line.
    """

    scan: Scan
    source: str
    reads_clock: bool
    looks_up: bool
    _learn: Callable[[bytes], None]
    _known: tuple[dict[object, object], ...]
    _refill: tuple[Callable[[], None], ...]

    def learn(self, line: bytes) -> None:
        """Take a line that the full path accepted, without any problem, for proof."""
        try:
            self._learn(line)
        except Exception:  # the full path takes some payloads that this one never will
            return

    def forget(self) -> bool:
        """Let nothing be proven any more: records, or the clock, are others now.

        Whether it can be asked again: there may be more records by now than are kept in mind.
        """
        for known in self._known:
            known.clear()
        try:
            for refill in self._refill:
                refill()
        except NotGenerated:
            return False
        return True


def make_verdicts(
    rules: CompiledRules,
    resource: CompiledResource,
    request: Request,
    records: Records | None,
    find: Find | None = None,
) -> Verdicts | None:
    """Generate a resource's function; None where its verdicts may rest on more than single fields.

    `find` looks up what lines name, if not `records` do.
    """
    declared = [one.name for one in resource.file.operations]
    if resource.has_event("create") or (declared and "create" not in declared) or request.headers:
        # A header may make the call repeatable: then the whole payload counts.
        return None
    try:
        return _Writer(rules, resource, find_mentions(rules, resource), records, find).made()
    except Exception:  # a defect of ours must cost nobody more than time; tests see to it that there is none
        return None


class _Writer:
    """Writes the function of one resource."""

    def __init__(
        self,
        rules: CompiledRules,
        resource: CompiledResource,
        mentions: Mentions,
        records: Records | None,
        find: Find | None,
    ) -> None:
        self.resource = resource
        self.records = records
        self.find = find if find is not None or records is None else records.find
        self.looks_up = False
        self.mentions = mentions
        self.unit = Unit(rules, resource)
        self.fields = [one for one in resource.fields.values() if is_sent(resource, one)]
        settable = frozenset(one.name for one in self.fields if one.rule.readonly is not None)
        named = [part.name for one in self.fields for part in (one, *one.children)]
        if any(attribute_of(name) != name for name in named):
            raise NotGenerated("names that mean something in Python")
        self.loaders = loaders_of(resource.loader(None, settable))
        self.absent = new_absent()
        struct, self.parts = struct_of_line(resource, self.fields, self.absent)
        self.known: list[dict[object, object]] = []
        self.constants: dict[str, object] = {
            "A": self.absent,
            "refs": sys.getrefcount,
            "decode": msgspec.json.Decoder(struct).decode,
            "single": has_single_keys,
            "writable": is_writable,
        }
        # What must hold; what learning keeps; the values that are only proven together.
        self.tests: list[str] = []
        self.kept: list[str] = []
        self.key: list[str] = []
        self.refill: list[Callable[[], None]] = []

    def made(self) -> Verdicts:
        """Write and compile."""
        for one in self.fields:
            self._field(one)
        for number, guard in enumerate(self.mentions.guards):
            self._guard(guard, f"stored_{number}")
        source = "\n".join([*self._scan(), "", *self._learn(), ""])
        builtins = {"Exception": Exception, "enumerate": enumerate, "tuple": tuple, "__name__": "verdicts"}
        namespace: dict[str, Any] = {"__builtins__": builtins, **self.constants}
        # Ours, as all generated code: names that we made, and constants.
        exec(compile(source, f"<verdicts of {self.resource.name}>", "exec", dont_inherit=True), namespace)  # noqa: S102
        return Verdicts(
            namespace["scan"],
            source,
            self.mentions.reads_clock,
            self.looks_up,
            namespace["learn"],
            tuple(self.known),
            tuple(self.refill),
        )

    # Generated text

    def _scan(self) -> Iterator[str]:
        full = f"full = {len(self.fields)} + refs(A)"
        yield "def scan(lines):"
        yield "    n = -1"
        yield f"    {full}"
        yield "    for n, line in enumerate(lines):"
        yield "        try:"
        yield "            p = decode(line)"
        yield from (f"            {text}" for text in self._objects())
        yield "            if ("
        yield f"                {self._no_key_twice()}"
        yield "                and (92 not in line or writable(line))"
        yield from (f"                and {text}" for text in self.tests)
        yield f"                and {self._core()} in core"
        yield "            ): continue"
        yield "        except Exception: pass"
        yield "        yield n, line"
        yield f"        {' = '.join(('p', *map(_local, self.parts)))} = None"
        yield f"        {full}"
        yield "    yield n + 1, None"

    def _learn(self) -> Iterator[str]:
        yield "def learn(line):"
        yield "    p = decode(line)"
        yield from (f"    {text}" for text in self._objects())
        yield from (f"    {text}" for text in self.kept)
        yield f"    keep(core, {self._core()}, True)"

    def _objects(self) -> Iterator[str]:
        return (f"{_local(name)} = p.{name}" for name in self.parts)

    def _core(self) -> str:
        self.constants.setdefault("core", self._memory())
        self.constants.setdefault("keep", keep)
        return f"({''.join(f'{text}, ' for text in self.key)})" if self.key else "()"

    def _memory(self) -> dict[object, object]:
        made: dict[object, object] = {}
        self.known.append(made)
        return made

    def _guard(self, guard: Guard, name: str) -> None:
        """What records hold, so that a payload that holds the same is left to the full path."""
        records = self.records
        if records is None:
            raise NotGenerated("infer without records")
        days = {at for at, own in enumerate(guard.own) if is_read_as_date(self.resource.fields[own])}
        own = ", ".join(f"p.{each}" for each in guard.own)
        try:
            held, refill = holding(guard, days, records)
        except NotGenerated:
            self.looks_up = True
            self._constant(name, asking(guard, days, self.find or records.find, self.absent))
            self.tests.append(f"{name}({own})")
            return
        self.refill.append(refill)
        self._constant(name, held)
        self.tests.append(f"(not {name} or ({own}) not in {name})")

    def _no_key_twice(self) -> str:
        """There are as many colons as keys that were taken: else a key is there twice, or a text has one.

        Each field that was not sent refers to A, whose references grow as fewer are sent. `full` is
        how many fields there are, and references that A has anyway; only one payload is at hand.
        """
        total = "full - refs(A)"
        for name, size in self.parts.items():
            # An object that was not sent is known by two names.
            total += f" + (0 if {_local(name)} is None else 1 if {_local(name)} is A else {size})"
        return f"(line.count(58) == (k := {total}) or single(line, k))"

    # Fields

    def _field(self, one: CompiledField) -> None:
        name, place = one.name, f"p.{one.name}"
        role = self.mentions.roles[name]
        parts = self.mentions.named.get(name)
        if parts is not None and self.find is not None:
            self._named(one, parts, self.find)
            return
        if parts:
            role = Role.VALUE
        lone = name in self.mentions.lone and role is not Role.VALUE
        check = check_of(self.unit, one) if lone else None
        direct = None if check is None else self._constant(f"check_{name}", check)
        if lone and direct is None:
            # Whoever accepted the value has judged all of it.
            known = self._constant(f"known_{name}", self._memory())
            kept = f"keep({known}, {place}, {self._state(one, place)})"
            if one.type.basic == "number":
                # -0.0 equals 0.0, and is refused where only the other was accepted.
                self.constants.update(positive=is_positive, told=is_told_apart)
                self.tests.append(f"({place} != 0.0 or positive({place}))")
                kept = f"if {place} is A or {place} is None or told({place}): {kept}"
            self.kept.append(kept)
            if role is Role.PRESENCE:
                self.key.append(f"{known}[{place}]")
            else:
                self.tests.append(f"{place} in {known}")
            return
        judge, days = None, None
        if role is not Role.VALUE and not is_read_as_date(one):
            days = days_reader(one, self.loaders[one.name])
            judge = self._judge(one, days)
        if judge is not None:
            self._judged(one, judge, days)
        if direct is not None:
            self.tests.append(f"({place} is A or {place} is None or {direct}({place}))")
        if one.children:
            self._object(one, role)
        elif role is Role.VALUE:
            self._value(one)
        elif role is Role.PRESENCE:
            self.key.append(self._state(one, place))

    def _named(self, one: CompiledField, parts: Parts, find: Find) -> None:
        """The record that the value names is looked up, and known by what counts of it."""
        name, place = one.name, f"p.{one.name}"
        self.looks_up = True
        known = self._memory()
        unsent: dict[object, Hashable] = {None: None, self.absent: _NOT_SENT}
        state = state_of(one, signer(self.unit.rules, one, parts, find), unsent)
        named = naming(state, self._judge(one, None), known, unsent)
        self.constants |= {f"known_{name}": known, f"state_{name}": state, f"named_{name}": named}
        self.kept.append(f"keep(known_{name}, {place}, state_{name}({place}))")
        self.tests.append(f"({place} in known_{name} or named_{name}({place}))")
        if parts or self.mentions.roles[name] is Role.PRESENCE:
            self.key.append(f"known_{name}[{place}]")

    def _judged(self, one: CompiledField, judge: Callable[[Any], None], days: Days | None) -> None:
        """What the Struct couldn't judge: known to be good, or judged now and then known."""
        name = one.name
        good: dict[object, object] = {self.absent: True, None: True}
        if days is not None:
            seen = self._constant(f"days_{name}", good)
            judged = self._constant(f"judge_{name}", remembering_months(answering(judge), days, good))
            self.tests.append(f"(p.{name} in {seen} or {judged}(p.{name}))")
            return
        if one.rule.type == "list" or one.children:
            judged = self._constant(f"judge_{name}", answering(judge))
            self.tests.append(f"(p.{name} is A or p.{name} is None or {judged}(p.{name}))")
            return
        seen = self._constant(f"good_{name}", good)
        judged = self._constant(f"judge_{name}", remembering(answering(judge), good))
        self.tests.append(f"(p.{name} in {seen} or {judged}(p.{name}))")

    def _value(self, one: CompiledField) -> None:
        place = f"p.{one.name}"
        if one.rule.type == "list":
            if one.items is None or one.items.type.basic in _UNTOLD:
                self.tests.append(f"({place} is A or {place} is None or not {place})")
            self.key.append(f"{place} if {place} is A or {place} is None else tuple({place})")
            return
        if one.type.basic in _UNTOLD:
            self.tests.append(f"({place} is A or {place} is None)")
        self.key.append(place)

    def _object(self, one: CompiledField, role: Role) -> None:
        """The parts of an object that count."""
        place = _local(one.name)
        states: list[str] = []
        for child in one.children:
            part = f"{place}.{child.name}"
            counts = (
                Role.VALUE
                if role is Role.VALUE
                else self.mentions.parts.get((one.name, child.name), Role.PLAIN)
            )
            if counts is Role.PLAIN or child.rule.readonly is not None:
                continue
            states.append(part if counts is Role.VALUE else self._state(child, part))
            if counts is Role.VALUE and child.type.basic in _UNTOLD:
                self.tests.append(f"({place} is A or {place} is None or {part} is A or {part} is None)")
        if role is not Role.PLAIN:
            whole = "".join(f"{text}, " for text in states)
            self.key.append(f"({place} if {place} is A or {place} is None else ({whole}))")

    def _state(self, one: CompiledField, place: str) -> str:
        """Whether something is given, null, blank or absent. Not A, which only fields may hold."""
        given = "True"
        if one.rule.blank is not None:
            given = f"{place}.strip() != ''"
        if one.rule.required and not one.rule.nullable:
            return given
        return f"({_NOT_SENT} if {place} is A else None if {place} is None else {given})"

    def _constant(self, name: str, value: object) -> str:
        self.constants[name] = value
        return name

    def _judge(self, one: CompiledField, days: Days | None) -> Callable[[Any], None] | None:
        """What raises where the Struct takes a value that the field does not; None where they are one."""
        loader: Any = self.loaders[one.name]
        if not one.children:
            return judge_of(one, loader, days)
        inner = loaders_of(loader.nested())
        judges = {
            child.name: judge
            for child in one.children
            if child.rule.readonly is None and (judge := judge_of(child, inner[child.name])) is not None
        }
        nullable = {child.name for child in one.children if child.rule.nullable}
        return parts_judge(judges, nullable, self.absent) if judges else None


def _local(name: str) -> str:
    return f"o_{name}"


__all__ = ["Verdicts", "make_verdicts"]
