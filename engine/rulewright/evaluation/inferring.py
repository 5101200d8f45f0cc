"""The stage of `infer`: let the engine fire the rules on the facts, report findings and what is to be set.

What fires is told in an order that depends on the rules and the facts only, whatever backend found it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Final, cast

from rulewright import cel
from rulewright.cel.tree import Ident, Select
from rulewright.compiled import EMPTY_MAP, CompiledEffect, CompiledInference
from rulewright.evaluation.changes import rule_is_touched
from rulewright.evaluation.gathering import describe_fact, gather_facts, site_of
from rulewright.evaluation.knowledge import PAYLOAD, RECORD, Knowledge, knowledge_of
from rulewright.evaluation.masking import MASK, to_json
from rulewright.evaluation.reasons import behind_name
from rulewright.evaluation.run import Run
from rulewright.evaluation.secrecy import Named, is_secret
from rulewright.evaluation.trace import Result
from rulewright.evaluation.views import Layer, View
from rulewright.formula import Constant, Formula, FormulaMap, Valued
from rulewright.inference import (
    BudgetError,
    Fact,
    Firing,
    Inferred,
    JoinRule,
    inferred_fact,
)
from rulewright.model import Effect
from rulewright.problem import Because

INFERRING_OPERATIONS: Final = ("create", "update")
_PLACEHOLDER: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
# Combinations that a tracer is told of: enough for coverage and for people.
_TRACED: Final = 1_000


def infer(run: Run) -> None:
    """Run the rules of `infer`: problems are reported, `set` waits for the effects."""
    if not run.resource.inferences or run.inputs.operation not in INFERRING_OPERATIONS:
        return
    run.is_reasoned = True
    knowledge = cast(Knowledge, knowledge_of(run.rules, run.resource))
    telling = [one for one in knowledge.rules.values() if _tells(run, knowledge, one)]
    if not telling:
        return
    facts = gather_facts(run, knowledge)
    if run.tracer is None and not _may_conclude(run, knowledge, facts, telling):
        return
    inference = _Inference(run, knowledge, frozenset(one.id for one in telling))
    try:
        run.inferred = knowledge.engine.run(facts, inference.judge)
    except BudgetError as error:
        _report_limit(run, knowledge, error)
        return
    inference.report(run.inferred, facts)


def _may_conclude(
    run: Run, knowledge: Knowledge, facts: list[Fact], telling: list[CompiledInference]
) -> bool:
    """Whether the engine is needed: most other records are found for a likeness that comes to nothing."""
    there = {fact.kind for fact in facts}
    if not knowledge.may_conclude(there, telling):
        return False
    idle = [one.id for one in knowledge.rules.values() if _is_idle(run, knowledge, one, facts)]
    return not idle or knowledge.may_conclude(there, telling, idle)


def _is_idle(run: Run, knowledge: Knowledge, one: CompiledInference, facts: list[Fact]) -> bool:
    """Whether a rule about one other record surely holds for none."""
    other = knowledge.other_of(one)
    if one.when is None or other is None:
        return False
    given = {fact.kind: fact for fact in facts if fact.kind in (PAYLOAD, RECORD)}
    inference = _Inference(run, knowledge, frozenset())
    for fact in facts:
        if fact.kind == other:
            joined = tuple(fact if kind == other else given[kind] for kind in one.rule.facts.values())
            try:
                if one.when.value(inference.scope(one, joined)) is not False:
                    return False
            except cel.CelError:
                return False
    return True


def _tells(run: Run, knowledge: Knowledge, one: CompiledInference) -> bool:
    """Whether anybody learns that the rule fires. What was stored is not found fault with again."""
    if one.rule.problem is None and not one.set.entries:
        return False
    return rule_is_touched(run, knowledge.reads_of(one))


def _report_limit(run: Run, knowledge: Knowledge, error: BudgetError) -> None:
    name = error.rules[0] if error.rules else next(iter(knowledge.rules))
    one = knowledge.rules[name]
    because = Because(extra={"rules": [knowledge.rules[rule].id for rule in error.rules]})
    what = "infer does not come to an end" if error.endless else "infer takes too much"
    run.report(site_of(one), "limit", f"{what}: {error}", because=because)


@dataclass
class _Inference:
    """One run of the rules; what could not be decided is told afterwards, in a fixed order."""

    run: Run
    knowledge: Knowledge
    telling: frozenset[str]

    def __post_init__(self) -> None:
        self.failed: list[tuple[CompiledInference, tuple[Fact, ...]]] = []
        self.misfits: list[tuple[CompiledInference, tuple[Fact, ...], cel.CelError]] = []

    def scope(self, one: CompiledInference, facts: tuple[Fact, ...]) -> Layer:
        """The names that a rule's expressions read."""
        names = {name: fact.values for name, fact in zip(one.rule.facts, facts, strict=True)}
        return Layer(names, self.run.scope, fields=self.knowledge.fields_of(one))

    def judge(self, rule: JoinRule, facts: tuple[Fact, ...]) -> list[Fact] | None:
        """See inference.Judge."""
        one = self.knowledge.rules[rule.name]
        scope = self.scope(one, facts)
        if one.when is not None:
            try:
                held = one.when.value(scope)
            except cel.Unknown:
                return None
            except cel.CelError:
                held = None
            if held is not True:
                if held is not False:
                    self.failed.append((one, facts))
                return None
        return [*self._made(one, facts, scope)]

    def _made(self, one: CompiledInference, facts: tuple[Fact, ...], scope: Layer) -> Iterator[Fact]:
        for kind, template in one.asserts.items():
            try:
                yield inferred_fact(kind, View(template.value(scope), self.knowledge.kinds[kind].keys()))
            except cel.Unknown:
                continue
            except cel.CelError as error:
                self.misfits.append((one, facts, error))
            except TypeError as error:
                self.misfits.append((one, facts, cel.EvaluationError(str(error))))

    def report(self, inferred: Inferred, given: list[Fact]) -> None:
        """Tell what came of it: undecided rules, findings, values to set; conditions to the tracer."""
        for one, facts in sorted(self.failed, key=_order_of):
            assert one.when is not None
            # Judged once more, in this order, by what tells why.
            tracer, self.run.tracer = self.run.tracer, None
            self.run.holds(one.when, site_of(one), self.scope(one, facts))
            self.run.tracer = tracer
        for one, facts, error in sorted(self.misfits, key=_order_of):
            template = FormulaMap({}, tuple(path for values in one.asserts.values() for path in values.reads))
            scope = self.scope(one, facts)
            self.run.undecided(site_of(one, "assert"), template, error, scope, words="can't be inferred")
        for firing in inferred.firings:
            one = self.knowledge.rules[firing.rule.name]
            if one.id in self.telling:
                self._conclude(one, firing, inferred)
        if self.run.tracer is not None:
            self._trace([*given, *inferred.facts])

    def _conclude(self, one: CompiledInference, firing: Firing, inferred: Inferred) -> None:
        run, scope = self.run, self.scope(one, firing.facts)
        if one.rule.problem is not None:
            self._report_finding(one, firing, inferred, scope)
        if one.set.entries:
            try:
                values = one.set.value(scope)
            except cel.Unknown:
                return
            except cel.CelError as error:
                run.undecided(site_of(one, "set"), one.set, error, scope, words="can't be planned")
                return
            run.conclusions.append(_set(one, values))

    def _report_finding(
        self, one: CompiledInference, firing: Firing, inferred: Inferred, scope: Layer
    ) -> None:
        run, finding = self.run, one.rule.problem
        assert finding is not None
        try:
            told = one.told.value(scope)
        except cel.Unknown:
            return
        except cel.CelError as error:
            run.undecided(site_of(one, "problem"), one.told, error, scope)
            return
        shown = {name: self._shown(one, name, value, scope) for name, value in told.items()}
        because = run.because(one.when if one.when is not None else EMPTY_MAP, scope)
        facts = {
            name: describe_fact(run, self.knowledge, fact, inferred)
            for name, fact in zip(one.rule.facts, firing.facts, strict=True)
        }
        told_values = {f"with.{name}": value for name, value in shown.items()}
        run.report(
            site_of(one, "problem", finding.path or ""),
            "check",
            _message(finding.message or f"{one.rule.id} applies", shown),
            severity=finding.severity,
            because=replace(because, values={**because.values, **told_values}, extra={"facts": facts}),
            vendor=finding.error,
        )

    def _shown(self, one: CompiledInference, name: str, value: object, scope: Layer) -> object:
        def behind(name: str) -> Named:
            return behind_name(self.run.resource, self.run.rules, name, scope)

        told = one.told.entries[name]
        if value is not None and is_secret(told, behind):
            return MASK
        return to_json(_as_read(told, value, scope))

    def _trace(self, facts: list[Fact]) -> None:
        """Tell the tracer what each condition comes to, on combinations that no join finds too."""
        by_kind: dict[str, list[Fact]] = {}
        for fact in facts:
            by_kind.setdefault(fact.kind, []).append(fact)
        for one in self.knowledge.rules.values():
            if one.when is None:
                continue
            combined = product(*(by_kind.get(source, []) for source in one.rule.facts.values()))
            for joined in islice(combined, _TRACED):
                if len({fact.key for fact in joined}) == len(joined):
                    self._trace_one(one, joined)

    def _trace_one(self, one: CompiledInference, facts: tuple[Fact, ...]) -> None:
        assert one.when is not None
        scope = self.scope(one, facts)
        try:
            value = one.when.value(scope)
        except cel.Unknown:
            self.run.trace(one.when, site_of(one), scope, "skipped")
        except cel.CelError:
            self.run.trace(one.when, site_of(one), scope, "undecided")
        else:
            result: Result = "true" if value is True else "false" if value is False else "undecided"
            self.run.trace(one.when, site_of(one), scope, result)


def _as_read(told: Valued, value: object, scope: Mapping[str, object]) -> object:
    """The value of a field as it is there: to expressions a date is an instant, to people it is a day."""
    node = told.node if isinstance(told, Formula) else None
    if isinstance(value, cel.Timestamp) and isinstance(node, Select) and isinstance(node.operand, Ident):
        record = scope[node.operand.name]
        return record[node.field] if isinstance(record, Mapping) else value
    return value


def _order_of(one: tuple[object, ...]) -> tuple[tuple[int, ...], list[object]]:
    rule, facts = cast("tuple[CompiledInference, tuple[Fact, ...]]", one[:2])
    return rule.order, [fact.key for fact in facts]


def _message(text: str, shown: Mapping[str, object]) -> str:
    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if name not in shown:
            return found.group()
        given = shown[name]
        return "none" if given is None else str(given).lower() if isinstance(given, bool) else str(given)

    return _PLACEHOLDER.sub(value, text)


def _set(one: CompiledInference, values: Mapping[str, object]) -> CompiledEffect:
    """What a rule sets, as an effect on the own record: two that set one field differently are refused."""
    constants = FormulaMap({name: Constant(value) for name, value in values.items()}, ())
    rule = Effect(id=one.rule.id, span=one.rule.span, at=one.rule.at, set=one.rule.set)
    return CompiledEffect(rule, one.id, ("*",), None, EMPTY_MAP, constants, None, one.order)
