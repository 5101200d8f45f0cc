"""Values that are worked out when they are first read: fields of the record, look-ups, references.

Each gets a generated function of the state and a cell that keeps what it gave, so that records are read when,
and only when, the plain evaluator reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Final

from rulewright.cel import CelError
from rulewright.cel.checker.facts import path_of
from rulewright.compiled import CompiledField, CompiledUnique
from rulewright.evaluation.fitting import fit
from rulewright.evaluation.masking import to_json
from rulewright.evaluation.records import computes, is_state, recomputes
from rulewright.evaluation.stored_form import encode_value
from rulewright.formula import Formula, FormulaMap, Valued
from rulewright.hotpath.writing.apart import completes_parts, completing, is_completed_apart
from rulewright.hotpath.writing.expressions import Writer, call_of
from rulewright.hotpath.writing.finding import Finder
from rulewright.hotpath.writing.inside import may_keep_nulls, reads_of
from rulewright.hotpath.writing.pieces import Written, is_constant, literal
from rulewright.hotpath.writing.unit import Code, NotGenerated, Unit, attribute_of, kind_of_field, part_of

_CLOCK: Final[Mapping[str, Code]] = {
    "now": Code("now_text(s)", "datetime", sure=True, steady=True),
    "today": Code("today_text(s)", "date", sure=True, steady=True),
}
_CASTS: Final[Mapping[str, str]] = {"text": "text_of", "int": "whole_of", "bool": "flag_of"}


class Cells(Finder):
    """Resolves paths to Python, and writes the functions that this needs."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.resource = unit.resource
        # Fields that effects set: there, what was sent and what is recorded part ways.
        self.set_later = {
            name for effect in unit.effects if effect.rule.verb is None for name in effect.set.entries
        }
        # Fields that the step of an event sets.
        self.moved = unit.moved
        self.bound: set[str] = set()
        self._written: set[str] = set()
        self._opened: set[str] = set()
        # Function of a field of the record -> the text that is written instead of a call.
        self._cheap: dict[str, str] = {}

    def writer(self, local: Mapping[str, Code] | None = None) -> Writer:
        """A writer of expressions that read what this resolves."""
        return Writer(self.unit, self, local)

    def path(self, steps: tuple[str, ...]) -> Code | None:
        """The value of `a.b.c`; None where Python can't be written for it."""
        match steps:
            case ("payload" | "record", *_) if len(steps) == 1:
                return Code("s", "root", steady=True)
            case ("payload", *rest):
                return self._own(rest, sent=True)
            case ("record", *rest):
                return self._own(rest, sent=False)
            case ("current", *rest):
                return self._current(rest)
            case ("settings", name):
                return self._setting(name)
            case ("actor",):
                return Code("s.actor", "root")
            case ("actor", name):
                return self.unit.part_of_caller(name)
            case ("request",) | ("request", "path") | ("request", "query"):
                return Code("s.request", "root", steady=True)
            case ("request", "path" | "query" as part, name):
                return Code(f"s.request.{part}.get({name!r})")
            case ("now" | "today" as name,):
                return _CLOCK[name]
            case (name, *rest):
                return self._other(name, rest)
        return None

    def reach(self, paths: Iterable[tuple[str, ...]]) -> None:
        """See to it that an expression that is called finds the records it reads."""
        for name in dict.fromkeys(path[0] for path in paths):
            # What can't be written declines when it is read.
            with suppress(NotGenerated):
                if name in self.resource.lookups:
                    self.look_up(self.resource.lookups[name])
                elif name in self.resource.bound_references:
                    self.reference(self.resource.bound_references[name])

    def _setting(self, name: str) -> Code | None:
        settings = self.unit.rules.settings.get(self.resource.file.api, {})
        return literal(settings[name]) if name in settings else None

    def _current(self, steps: list[str]) -> Code | None:
        """The stored record; a create has none."""
        if not self.unit.has_stored:
            return None if steps else Code("None", "null", sure=True)
        fields = self.resource.fields
        if not steps:
            return Code("s.kept", "record", steady=True, fields=fields)
        field = fields.get(steps[0])
        return None if field is None else self._part(f"s.kept[{field.name!r}]", field, steps, is_steady=False)

    def _own(self, steps: list[str], *, sent: bool) -> Code | None:
        recorded = self.resource.fields.get(steps[0])
        field = self.unit.intake.get(steps[0], recorded) if sent else recorded
        if field is None or (sent and not self.unit.is_sent(field)):
            if not sent or steps[0] not in self.resource.sendable:
                return None
            # Nothing can be selected from null.
            return Code("None", "null", sure=True) if len(steps) == 1 else None
        text = f"s.p.{attribute_of(field.name)}" if sent else self.record(field)
        is_required = field.rule.required and not self.unit.is_update and (sent or not self.unit.has_stored)
        # Python warns of asking whether a literal is None.
        is_steady = is_required or is_constant(text)
        return self._part(text, field, steps, is_steady=is_steady)

    @staticmethod
    def _part(text: str, field: CompiledField, steps: list[str], *, is_steady: bool) -> Code | None:
        """A checked value of the own record, or a part of it."""
        if len(steps) == 1:
            return Code(text, kind_of_field(field), sure=True, steady=is_steady, field=field)
        child = next((one for one in field.children if one.name == steps[1]), None)
        if child is None or len(steps) > 2:
            return None
        kind = kind_of_field(child)
        # Only what was sent is surely of the parts' types; a computed object is fitted to them, too.
        return Code(f"{text}.get({child.name!r})", kind, sure=True, field=child)

    def _other(self, name: str, rest: list[str]) -> Code | None:
        resource = self.resource
        rules = self.unit.rules.resources
        if name in resource.lookups:
            rule = resource.lookups[name].rule
            text = f"{self.look_up(resource.lookups[name])}(s)"
            if rule.kind in ("count", "max", "min"):
                counted = rule.kind == "count"
                return (
                    Code(text, "int" if counted else "any", sure=counted, steady=counted)
                    if not rest
                    else None
                )
            fields = rules[rule.resource].fields
            if rule.kind == "find_all":
                return Code(text, "records", steady=True, fields=fields) if not rest else None
        elif name in resource.bound_references:
            field = resource.bound_references[name]
            assert field.reference is not None
            text = f"{self.reference(field)}(s)"
            fields = rules[field.reference.resource].fields
            if field.rule.type == "list":
                return Code(text, "records", steady=True, fields=fields) if not rest else None
        elif name in self.bound:
            effect = resource.binds[name]
            text, fields = f"s.bound.get({name!r})", rules[effect.rule.target or ""].fields
        else:
            return None
        if not rest:
            return Code(text, "record", fields=fields)
        if rest[0] not in fields or len(rest) > 1:
            return None
        return part_of(text, fields[rest[0]])

    # The record

    def record(self, field: CompiledField) -> str:
        """The text of a field of the record, in stored form."""
        if self.is_as_sent(field):
            return self.unit.merged(field)
        name = f"r_{field.name}"
        if name in self._cheap:
            return self._cheap[name]
        if name not in self._written:
            lines = self._value(field)
            if lines[0].startswith("v = ") and len(lines) == 1 and self._is_cheap(field, lines[0]):
                # Cheaper to work out than to keep; who reads it by its name calls the function.
                text = lines[0].removeprefix("v = ")
                self.unit.function(name, f"record.{field.name}", [f"return {text}"])
                self._cheap[name] = f"({text})" if " if " in text else text
                return self._cheap[name]
            if name not in self._written:
                self._written.add(name)
                self._cell(name, f"record.{field.name}", lines)
        return f"{name}(s)"

    def _is_cheap(self, field: CompiledField, line: str) -> bool:
        return not self._is_set(field) and field.rule.generate is None and "(s" not in line

    def is_as_sent(self, field: CompiledField) -> bool:
        """Whether the field is recorded as it was sent (and merged), or null."""
        rule = field.rule
        if completes_parts(field) or self.is_derived(field) or self._is_set(field):
            return False
        is_defaulted = rule.default is not None or rule.default_from is not None
        # What is stored is not defaulted again.
        return self.unit.has_stored or (not is_defaulted and self.unit.is_sent(field))

    def _is_set(self, field: CompiledField) -> bool:
        """Whether an effect or the step of an event may set the field."""
        return field.name in self.set_later or field.name in self.moved

    def is_derived(self, field: CompiledField) -> bool:
        """Whether the rules work the field out, whatever was sent."""
        is_computed = computes(field, self.unit.operation)
        return is_state(self.resource, field) or is_computed or field.rule.generate is not None

    def _cell(self, name: str, title: str, lines: list[str]) -> None:
        cell = self.unit.cell(f"c_{name}")
        body = [
            f"v = s.{cell}",
            "if v is UNREAD:",
            *(f"    {line}" for line in lines),
            f"    s.{cell} = v",
            "return v",
        ]
        self.unit.function(name, title, body)

    def _value(self, field: CompiledField) -> list[str]:
        """The lines that work a field of the record out, into `v`."""
        if field.name in self.moved:
            lines = (f"    {line}" for line in self._unmoved(field))
            return [f"v = s.own.get({field.name!r}, UNREAD)", "if v is UNREAD:", *lines]
        return self._unmoved(field)

    def _unmoved(self, field: CompiledField) -> list[str]:
        """The same where no step has set it."""
        if computes(field, self.unit.operation) and not is_state(self.resource, field):
            assert field.compute is not None
            return [f"v = {self.stored(field, field.compute)}"]
        if self.unit.has_stored:
            return self._kept(field)
        if is_state(self.resource, field):
            return self._state()
        if field.rule.generate is not None:
            return [f"v = {self.generated(field, self.resource.name, planned=False)}"]
        if not self.unit.is_sent(field):
            return [f"v = {self._default(field)}"]
        place = f"s.p.{attribute_of(field.name)}"
        sent = self._completed(field, place) if completes_parts(field) else place
        if field.rule.default is None and field.default_from is None:
            return [f"v = {sent}"]
        absent = f"{place} is None"
        if field.rule.nullable or field.rule.blank is not None:
            absent = f"{place} is None and {field.name!r} not in s.payload"
        return [f"v = {self._default(field)} if {absent} else {sent}"]

    def _kept(self, field: CompiledField) -> list[str]:
        """A field of a stored record that no rule works out."""
        if is_state(self.resource, field) or field.rule.generate is not None:
            return [f"v = s.kept[{field.name!r}]"]
        place = self.unit.merged(field)
        if not completes_parts(field):
            return [f"v = {place}"]
        is_new = f"{field.name!r} in s.changed"
        # Of what is stored, too, parts may be worked out anew.
        unless = "" if recomputes(field, self.unit.operation) else f" if {is_new} else {place}"
        return [f"v = {self._completed(field, place, is_new)}{unless}"]

    def _completed(self, field: CompiledField, place: str, is_new: str = "True") -> str:
        """A sent value with what was left out inside."""
        if is_completed_apart(field):
            return self._completed_apart(field, is_new)
        parts = field.children if field.items is None else field.items.children
        defaulted = (one for one in parts if one.rule.default is not None)
        defaults = ", ".join(f"{one.name!r}: {self._default(one)}" for one in defaulted)
        each = f"{place} and [with_defaults(one, {{{defaults}}}) for one in {place}]"
        return each if field.items is not None else f"with_defaults({place}, {{{defaults}}})"

    def _completed_apart(self, field: CompiledField, is_new: str) -> str:
        self.reach(reads_of(field))
        return completing(self.unit, field, is_new)

    def generated(self, field: CompiledField, resource: str, *, planned: bool = True) -> str:
        """The text that makes a generated value; `planned`: reads may have to go through what is planned."""
        rule = field.rule.generate
        assert rule is not None
        if rule.kind == "uuid":
            return "chance_of(s).uuid()"
        if rule.kind != "sequence":
            return f"generated(s, {self.unit.constant('generate', field)}, {resource!r})"
        prefix, width = str(rule.options.get("prefix") or ""), int(rule.options.get("width") or 0)
        number = f"next_number(s, {resource!r}, {field.name!r}, {prefix!r})"
        if not planned:
            last = f"s.store.last_in_sequence({resource!r}, {field.name!r}, {prefix!r})"
            place = (resource, field.name)
            number = f"numbered(s.reserved, {place!r}, 0 if s.store is None else {last})"
        return number if field.rule.type == "integer" else f"{prefix!r} + str({number}).zfill({width})"

    def _default(self, field: CompiledField) -> str:
        if field.rule.default is not None:
            try:
                value = encode_value(field, fit(field, field.type.decode(field.rule.default.value)))
            except CelError:
                raise NotGenerated(f"the default of {field.id}") from None
            return repr(value)
        return self.stored(field, field.default_from) if field.default_from is not None else "None"

    def _state(self) -> list[str]:
        workflow = self.resource.workflow
        assert workflow is not None
        if workflow.initial_from is None:
            if workflow.rule.initial not in workflow.states:
                raise NotGenerated("a workflow without an initial state")
            return [f"v = {workflow.rule.initial!r}"]
        code = self.writer().valued(workflow.initial_from)
        return [f"v = {code.text}", f"if v not in {workflow.states!r}: raise Decline"]

    def stored(self, field: CompiledField, formula: Valued) -> str:
        """The text of what a rule makes of a field, brought into the field's type and stored form."""
        try:
            return self._direct(field, self.writer().valued(formula))
        except Written:
            call = self.called(formula)
            return f"fitted({self.unit.constant('field', field)}, {call})"

    def called(self, formula: Valued) -> str:
        """The text that evaluates a whole expression as compiled CEL."""
        self.reach(formula.reads)
        if isinstance(formula, Formula):
            self.unit.left.append(formula.text)
            call = call_of(formula.node, formula.functions)
            return f"{self.unit.constant('cel', call)}(names_of(s))"
        return f"{self.unit.constant('template', formula)}.value(names_of(s))"

    def scoped(self, formula: Valued) -> str:
        """The text of a value that a scope is made of: mostly a part of the caller."""
        steps = path_of(formula.node) if isinstance(formula, Formula) else None
        code = self.path(steps) if steps is not None else None
        if code is None or code.kind not in ("any", "int", "bool"):
            return self.called(formula)
        return f"plain_key({code.text})"

    def _direct(self, field: CompiledField, code: Code) -> str:
        kind = kind_of_field(field)
        if code.kind == "null":
            return "None"
        if code.called:
            return f"fitted({self.unit.constant('field', field)}, {code.text})"
        if code.kind == kind and code.sure and kind in ("text", "int", "bool", "double", "date", "datetime"):
            return code.text
        if code.kind in ("any", kind) and kind in _CASTS:
            return f"{_CASTS[kind]}({code.text})"
        source = None if code.kind in ("any", "record", "records") else code.field
        if source is not None and not may_keep_nulls(field, source):
            ours, theirs = self.unit.constant("field", field), self.unit.constant("field", source)
            if _is_flat(field) and _is_flat(source):
                return f"flat_of({ours}, {theirs}, {code.text})"
            return f"refitted({ours}, {theirs}, {code.text})"
        raise Written

    def forgetting(self) -> Iterator[str]:
        """The lines that have the record worked out anew, after a step."""
        yield "if s.names is not None: s.names.pop('record', None)"
        yield from (f"s.{cell} = UNREAD" for cell in self.unit.cells if cell.startswith("c_r_"))

    def holding(
        self, unique: CompiledUnique, place: Callable[[str], str]
    ) -> tuple[list[str], dict[str, str]]:
        """The conditions under which the own record holds what one alone may hold, and who else would.

        `place` gives the text of a field's value.
        """
        condition = self.where_constant(self.resource.name, unique.where)
        values = {name: place(name) for name in unique.fields}
        tests = [f"{text} is not None" for text in values.values() if not is_constant(text)]
        tests += [_holds(place(name), value) for name, value in condition.items()]
        where = {name: repr(value) for name, value in condition.items() if name not in values}
        return tests, where | values

    def where_constant(self, resource: str, where: FormulaMap) -> dict[str, object]:
        """An equality map of constants, in stored form."""
        values: dict[str, object] = {}
        for name, entry in where.entries.items():
            if entry.reads:
                raise NotGenerated("a condition of `unique` that is no constant")
            field = self.unit.rules.resources[resource].fields[name]
            values[name] = to_json(encode_value(field, entry.value({})))
        return values


def _is_flat(field: CompiledField) -> bool:
    return bool(field.children) and all(child.rule.type == "string" for child in field.children)


def _holds(place: str, value: object) -> str:
    """The test that a stored value equals a constant; true is not 1."""
    if value is None or isinstance(value, bool):
        return f"{place} is {value!r}"
    if isinstance(value, str):
        return f"{place} == {value!r}"
    raise NotGenerated("a condition of `unique` on a number or a list")


def map_of(values: Mapping[str, str]) -> str:
    """The text of a map of expressions."""
    return "{" + ", ".join(f"{name!r}: {text}" for name, text in values.items()) + "}"
