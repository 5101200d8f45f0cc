"""Whether a rule of `infer` might tell something: a cheap test, after which the plain evaluator takes over.

Most payloads have no fact to join: nobody else has their number. So the generated code asks whether the
sources of a rule have records and, of a rule about one other record, whether its condition holds. It reads
what the evaluator reads, in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import cast

from rulewright.compiled import CompiledInference, CompiledResource
from rulewright.evaluation.knowledge import PAYLOAD, RECORD, Knowledge, knowledge_of
from rulewright.hotpath.runtime.inferring import Condition
from rulewright.hotpath.writing.cells import Cells
from rulewright.hotpath.writing.expressions import Writer, call_of
from rulewright.hotpath.writing.touching import Touching
from rulewright.hotpath.writing.unit import Code, Unit

_OWN = {PAYLOAD: "payload", RECORD: "record"}
# Any of these sets may make a rule fire: sources that have records, or of which one makes a rule's condition
# hold (the rule's id, else "").
_Needs = frozenset[frozenset[tuple[str, str]]]


class InferenceWriter:
    """Writes the lines that decline where a rule of `infer` might fire."""

    def __init__(self, unit: Unit, cells: Cells) -> None:
        self.unit = unit
        self.resource: CompiledResource = unit.resource
        self.cells = cells
        self.knowledge = cast(Knowledge, knowledge_of(unit.rules, unit.resource))
        # Rule -> the test of its condition on what was found (@).
        self._conditions: dict[str, str] = {}

    def lines(self, undecided: Callable[[str], Iterable[str]] | None = None) -> Iterator[str]:
        """Read all sources, then judge rule by rule; where an update touches no rule, nothing is read.

        `undecided` gives the lines for a source that can't be read because there is no store.
        """
        touching = Touching(self.unit)
        touched = [touching.of_whole(self.knowledge.reads_of(one)) for one in self._telling()]
        if not touched:
            return
        body = [*self._body(undecided)]
        if all(touched):
            yield f"if {' or '.join(dict.fromkeys(touched))}:"
            yield from (f"    {line}" for line in body)
        else:
            yield from body

    def _telling(self) -> list[CompiledInference]:
        """The rules of which anybody learns that they fire."""
        return [
            one for one in self.knowledge.rules.values() if one.rule.problem is not None or one.set.entries
        ]

    def _body(self, undecided: Callable[[str], Iterable[str]] | None) -> Iterator[str]:
        names: dict[str, str] = {}
        for source in self.knowledge.sources:
            if source not in _OWN:
                names[source] = f"f{len(names)}"
                read = f"{names[source]} = {self._read(source)}(s)"
                if undecided is None:
                    yield read
                else:
                    yield f"try: {read}"
                    yield "except NoStore as error:"
                    yield from (f"    {line}" for line in (f"{names[source]} = None", *undecided(source)))
        tests: dict[str, None] = {}
        for one in self._telling():
            tests.update(dict.fromkeys(self._tests(one, names)))
        # Several rules may need the same.
        for test in tests:
            yield f"if {test}: raise Decline"

    def needs(self) -> Iterator[frozenset[str]]:
        """The sets of sources of which each, if all of it has records, may let a rule tell something."""
        for one in self._telling():
            yield from (frozenset(source for source, _ in need) for need in self._needs(one, frozenset()))

    def _read(self, source: str) -> str:
        if source in self.resource.lookups:
            return self.cells.look_up(self.resource.lookups[source])
        return self.cells.reference(self.resource.bound_references[source])

    def _tests(self, one: CompiledInference, names: Mapping[str, str]) -> Iterator[str]:
        for need in sorted(sorted(need) for need in self._needs(one, frozenset())):
            yield " and ".join(self._test(names[source], source, rule) for source, rule in need) or "True"

    def _test(self, found: str, source: str, rule: str) -> str:
        """Whether a source has records, or one for which a rule's condition may hold."""
        if not rule:
            return found
        if rule not in self._conditions:
            self._conditions[rule] = self._condition(self.knowledge.rules[rule], source)
        return f"{found} and {self._conditions[rule].replace('@', found)}"

    def _needs(self, one: CompiledInference, below: frozenset[str]) -> _Needs:
        """What a rule needs, however its facts come about; a rule that needs itself first never starts."""
        other = self.knowledge.other_of(one)
        if other is not None:
            return frozenset([frozenset([(other, one.rule.id)])])
        needs: _Needs = frozenset([frozenset()])
        for source in one.rule.facts.values():
            ways = self._ways(source, below | {one.id})
            needs = frozenset(need | way for need in needs for way in ways)
        return frozenset(need for need in needs if not any(other < need for other in needs))

    def _ways(self, source: str, below: frozenset[str]) -> _Needs:
        if source in _OWN:
            return frozenset([frozenset()])
        if source not in self.knowledge.kinds:
            return frozenset([frozenset([(source, "")])])
        makers = [one for one in self.knowledge.rules.values() if source in one.asserts]
        return frozenset(need for one in makers if one.id not in below for need in self._needs(one, below))

    def _condition(self, one: CompiledInference, source: str) -> str:
        assert one.when is not None
        own = {name: _OWN[of] for name, of in one.rule.facts.items() if of in _OWN}
        (other,) = one.rule.facts.keys() - own.keys()
        fields = self.knowledge.fields[source]
        left = len(self.unit.left)
        record = Code("other", "record", sure=True, steady=True, fields=fields)
        test = Writer(self.unit, _Renamed(self.cells, own), {other: record}).condition(one.when)
        if len(self.unit.left) > left:
            # A part of it is called as compiled CEL, so all of it is.
            del self.unit.left[left:]
            condition = Condition(call_of(one.when.node, one.when.functions), own, other, fields)
            return f"may_fire(s, @, {self.unit.constant('condition', condition)})"
        return f"any([{test} for other in {'@' if self._are_many(source) else '(@,)'}])"

    def _are_many(self, source: str) -> bool:
        if source in self.resource.lookups:
            return self.resource.lookups[source].rule.kind == "find_all"
        return self.resource.bound_references[source].rule.type == "list"


class _Renamed:
    """Resolves the names that a rule has for the own payload and record."""

    def __init__(self, cells: Cells, own: Mapping[str, str]) -> None:
        self.cells = cells
        self.own = own

    def path(self, steps: tuple[str, ...]) -> Code | None:
        """See Resolver."""
        return self.cells.path((self.own.get(steps[0], steps[0]), *steps[1:]))

    def reach(self, paths: Iterable[tuple[str, ...]]) -> None:
        """See Resolver."""
        self.cells.reach((self.own.get(path[0], path[0]), *path[1:]) for path in paths)
