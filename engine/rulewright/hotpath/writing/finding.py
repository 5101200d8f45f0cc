"""Look-ups and references as generated functions; and what kind of value a field holds."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Final

from rulewright.cel.checker.facts import path_of
from rulewright.compiled import CompiledField, CompiledLookUp, CompiledResource
from rulewright.evaluation.lookups import reader_of, reads_value
from rulewright.evaluation.masking import MASK
from rulewright.evaluation.overlay import needs_store
from rulewright.evaluation.request import PARAMETER
from rulewright.formula import OWN_ROOTS, Formula, Valued
from rulewright.hotpath.writing.expressions import Writer
from rulewright.hotpath.writing.pieces import Written
from rulewright.hotpath.writing.unit import Code, NotGenerated, Unit, kind_of_field

_PLAIN_KINDS: Final = ("text", "int", "bool", "double", "date", "datetime", "null")


class Finder:
    """Writes the functions that read other records; each gets a cell that keeps what was found."""

    unit: Unit
    resource: CompiledResource
    set_later: set[str]
    _written: set[str]
    # Functions that were begun.
    _opened: set[str]

    @abstractmethod
    def writer(self, local: Mapping[str, Code] | None = None) -> Writer:
        """A writer of expressions."""

    @abstractmethod
    def called(self, formula: Valued) -> str:
        """The text that evaluates a whole expression as compiled CEL."""

    @abstractmethod
    def reach(self, paths: Iterable[tuple[str, ...]]) -> None:
        """See Resolver."""

    @abstractmethod
    def is_as_sent(self, field: CompiledField) -> bool:
        """Whether the field is recorded as it was sent (and merged), or null."""

    @abstractmethod
    def _cell(self, name: str, title: str, lines: list[str]) -> None:
        """Write a function with a cell."""

    def look_up(self, lookup: CompiledLookUp) -> str:
        """The name of the function that runs a look-up: the records as stored, or null."""
        name = f"l_{lookup.rule.name}"
        self._write_once(name, f"look-up {lookup.rule.name}", lambda: self._look_up(lookup))
        return name

    def _write_once(self, name: str, title: str, lines: Callable[[], Iterator[str]]) -> None:
        if name in self._written:
            return
        if name in self._opened:
            # The key of a look-up names a record that must fit that look-up.
            raise NotGenerated(f"{title} needs itself")
        self._opened.add(name)
        try:
            body = [*lines()]
        except NotGenerated:
            # Whoever reads it is left to the evaluator.
            body = ["raise Decline"]
        self._written.add(name)
        self._cell(name, title, body)

    def _look_up(self, lookup: CompiledLookUp) -> Iterator[str]:
        rule = lookup.rule
        for path in lookup.by.reads:
            if path[0] in OWN_ROOTS and len(path) > 1 and path[1] in self.resource.fields:
                field = self.resource.fields[path[1]]
                if field.reference is not None and (self.unit.has_stored or self.unit.is_sent(field)):
                    yield f"{self.reference(field)}(s)"
        names: list[str] = []
        for index, (name, entry) in enumerate(lookup.by.entries.items()):
            yield f"k{index} = {self.key(rule.resource, name, entry)}"
            names.append(f"{name!r}: k{index}")
        absent = " or ".join(f"k{index} is None" for index in range(len(names)))
        yield f"if {absent or 'False'}:"
        yield f"    v = { {'find_all': '[]', 'count': '0'}.get(rule.kind, 'None') }"
        yield "else:"
        if not self.unit.has_store:
            yield f"    raise NoStore({needs_store(f'look-up {rule.name}')!r})"
            return
        yield f"    w = {{{', '.join(names)}}}"
        yield from (f"    {line}" for line in self._find(lookup))

    def _find(self, lookup: CompiledLookUp) -> Iterator[str]:
        rule = lookup.rule
        note = f"s.reads.append(({rule.name!r}, {rule.resource!r}, w, @))"
        if rule.kind == "count":
            yield f"v = s.records.count({rule.resource!r}, w)"
            yield note.replace("@", "v")
        elif rule.kind in ("max", "min"):
            target = self.unit.rules.resources[rule.resource]
            of = target.fields[rule.of or target.key]
            if kind_of_field(of) not in ("text", "int"):
                raise NotGenerated(f"look-up {rule.name}")
            yield f"v = s.records.extreme({rule.resource!r}, w, {of.name!r}, {rule.kind!r})"
            yield note.replace("@", "int(v is not None)")
        else:
            limit = ", 1" if rule.kind == "find" else ""
            find = f"s.records.find({rule.resource!r}, w{limit})"
            yield f"found = {f'in_order({find}, w)' if self._may_be_listed(lookup) else find}"
            yield note.replace("@", "len(found)")
            if rule.if_missing != "null":
                yield "if not found: raise Decline"
            # A store gives any sequence; what reads the records tells many from one by their class.
            many = "v = found if found.__class__ is list else [*found]"
            yield many if rule.kind == "find_all" else "v = found[0] if found else None"

    def _may_be_listed(self, lookup: CompiledLookUp) -> bool:
        """Whether a key may be a list, in whose order the records are wanted."""
        try:
            codes = [self.writer().valued(entry) for entry in lookup.by.entries.values()]
        except Written:
            return True
        return any(code.called or code.kind not in _PLAIN_KINDS or not code.sure for code in codes)

    def key(self, resource: str, name: str, entry: Valued) -> str:
        """The text of a value to look up by, in stored form."""
        field = self.unit.rules.resources[resource].fields[name]
        constant = self.unit.constant("field", field)
        try:
            code = self.writer().valued(entry)
        except Written:
            return f"where_value({constant}, {self.called(entry)})"
        if code.called:
            return f"where_value({constant}, {code.text})"
        kind = kind_of_field(field)
        if code.kind == kind and code.sure and kind in ("text", "int", "bool", "date", "datetime"):
            return code.text
        if code.kind in ("any", "text", "int", "bool", "null", "list") and field.rule.type != "list":
            plain = "plain_keys" if code.kind in ("any", "list") else "plain_key"
            return (
                f"{plain}({code.text})"
                if kind in ("text", "int", "bool")
                else f"where_value({constant}, {self.called(entry)})"
            )
        return f"where_value({constant}, {self.called(entry)})"

    def reference(self, field: CompiledField) -> str:
        """The name of the function that finds what a reference names; it declines where nothing is there."""
        name = f"x_{field.name}"
        self._write_once(name, f"what {field.name} names", lambda: self._reference(field))
        return name

    def _reference(self, field: CompiledField) -> Iterator[str]:
        reference = field.reference
        assert reference is not None
        listed = field.rule.type == "list"
        if not self.is_found_here(field):
            self.reach(reference.where.reads)
            yield f"v = named(names_of(s), {self.unit.constant('apart', field)})"
            return
        yield f"k = {self.unit.merged(field)}"
        yield f"if k is None: v = {'[]' if listed else 'None'}"
        yield "else:"
        if not self.unit.has_store:
            # What it is looked for by may have an error of its own.
            yield from (f"    {line}" for line in self.looking(field))
            raising = f"raise NoStore({needs_store(reader_of(field))!r})"
            # An empty list is not looked for.
            yield f"    {'if k: ' if listed else ''}{raising}"
            if listed:
                yield "    v = []"
            return
        if listed:
            yield "    if s.store is None: raise Decline"
        yield from (f"    {line}" for line in self.finding(field))
        matched = "matched_all" if listed else "matched"
        yield f"    v = {matched}(found, {reference.by!r}, k)"

    def is_found_here(self, field: CompiledField) -> bool:
        """Whether Python is written for what a reference looks for; else the evaluator's function looks."""
        reference = field.reference
        assert reference is not None
        target = self.unit.rules.resources[reference.resource].fields[reference.by]
        ours = field.items if field.rule.type == "list" else field
        if ours is None or reads_value(reference.where) or kind_of_field(ours) not in ("text", "int"):
            return False
        return kind_of_field(ours) == kind_of_field(target)

    def looking(self, field: CompiledField) -> Iterator[str]:
        """The lines that work out what else is asked of the record that a field names."""
        reference = field.reference
        assert reference is not None
        for name, entry in reference.where.entries.items():
            if entry.reads:
                yield self.key(reference.resource, name, entry)

    def finding(self, field: CompiledField) -> Iterator[str]:
        """The lines that leave in `found` the records that a reference's value `k` may name."""
        reference = field.reference
        assert reference is not None
        listed = field.rule.type == "list"
        where = "".join(
            f", {name!r}: {self.key(reference.resource, name, entry)}"
            for name, entry in reference.where.entries.items()
        )
        yield f"w = {{{reference.by!r}: {'[*k]' if listed else 'k'}{where}}}"
        find = f"s.records.find({reference.resource!r}, w)"
        yield f"found = {find}{' if k else ()' if listed else ''}"
        by = f"{{**w, {reference.by!r}: {MASK!r}}}" if field.hides else "w"
        yield f"s.reads.append(({reference.bind or field.name!r}, {reference.resource!r}, {by}, len(found)))"

    def reread(self, planned: bool) -> Iterator[str]:
        """The lines that forget what may read otherwise once changes are planned."""
        yield "s.names = None"
        if not planned and not self.unit.is_event:
            return
        yield "planned = s.planned"
        for name, field in self.resource.fields.items():
            cell = f"c_x_{name}"
            if cell in self.unit.cells and field.reference is not None:
                yield f"if {field.reference.resource!r} in planned: s.{cell} = UNREAD"
        for name, lookup in self.resource.lookups.items():
            cell = f"c_l_{name}"
            if cell in self.unit.cells:
                steady = all(self._is_steady(path) for path in lookup.by.reads)
                test = f"if {lookup.rule.resource!r} in planned: " if steady else ""
                yield f"{test}s.{cell} = UNREAD"

    def firm(self) -> set[str]:
        """The functions that have found a record in whatever is accepted, and give it still where no effect
        changed a record."""
        found = set()
        for name, lookup in self.resource.lookups.items():
            rule = lookup.rule
            finds = rule.kind == "find" and rule.if_missing != "null" and rule.resource != self.resource.name
            # With a key that is null nothing is looked for, and nothing found.
            entries = lookup.by.entries.values()
            if (
                finds
                and all(map(self._is_steady, lookup.by.reads))
                and all(map(self._is_never_null, entries))
            ):
                found.add(f"l_{name}")
        for name, field in self.resource.fields.items():
            # A reference that stays as it was is not judged.
            required = field.rule.required and field.rule.type != "list" and not self.unit.has_stored
            if required and field.reference is not None and field.reference.resource != self.resource.name:
                found.add(f"x_{name}")
        return found

    def _is_never_null(self, entry: Valued) -> bool:
        """Whether a key of a look-up is there in whatever is accepted."""
        if isinstance(entry, Formula) and (steps := path_of(entry.node)) is not None:
            operation = self.resource.operation(self.unit.operation)
            parameters = PARAMETER.findall(operation.path or "") if operation is not None else ()
            if steps[:2] == ("request", "path") and steps[2:] in [(one,) for one in parameters]:
                return True
        with suppress(Written):
            return self.writer().valued(entry).steady
        return False

    def _is_steady(self, path: tuple[str, ...]) -> bool:
        """Whether no plan changes what a path reads, and no step."""
        if path[0] == "record":
            if len(path) == 1 or path[1] in self.set_later:
                return False
            field = self.resource.fields.get(path[1])
            return not self.unit.is_event or (field is not None and self.is_as_sent(field))
        return path[0] in ("payload", "request", "actor", "settings", "now", "today", "current")
