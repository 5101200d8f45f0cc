"""The facts that the rules of `infer` join: gathered from the sources that they name, and told to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from rulewright import cel
from rulewright.compiled import EMPTY_MAP, CompiledInference
from rulewright.evaluation.fitting import plain
from rulewright.evaluation.knowledge import PAYLOAD, RECORD, Knowledge
from rulewright.evaluation.log import Site, Stage
from rulewright.evaluation.masking import MASK, mask_record, to_json
from rulewright.evaluation.run import Run
from rulewright.inference import Fact, Inferred, given_fact, join_token


def site_of(one: CompiledInference, keyword: str = "when", path: str = "") -> Site:
    """The place in the rule file, and in the payload, of what is told of a rule."""
    return Site(one.id, path, one.rule.at.get(keyword, one.rule.span), Stage.INFERENCE, one.order)


def gather_facts(run: Run, knowledge: Knowledge) -> list[Fact]:
    """Read every source. One that rests on something unsound has no facts; a failed one is told."""
    facts: list[Fact] = []
    for source in knowledge.sources:
        try:
            records = _records(run, source)
        except cel.Unknown:
            continue
        except cel.CelError as error:
            _report_source(run, knowledge, source, error)
            continue
        facts += [
            given_fact(source, position, record, _keys(knowledge, source, record))
            for position, record in enumerate(records)
        ]
    return facts


def _records(run: Run, source: str) -> list[Mapping[str, object]]:
    if source == PAYLOAD:
        return [run.sent]
    if source == RECORD:
        return [run.record]
    found = run.scope[source]
    if isinstance(found, list):
        return found
    return [cast("Mapping[str, object]", found)] if found is not None else []


def _keys(knowledge: Knowledge, source: str, record: Mapping[str, object]) -> dict[str, str]:
    keys: dict[str, str] = {}
    for name in knowledge.engine.fields_of(source):
        try:
            token = join_token(record[name])
        except (cel.CelError, TypeError):
            # It is reported elsewhere, and can't make a condition true.
            continue
        if token is not None:
            keys[name] = token
    return keys


def _report_source(run: Run, knowledge: Knowledge, source: str, error: cel.CelError) -> None:
    if source in run.resource.lookups:
        formula = run.resource.lookups[source].by
    else:
        reference = run.resource.bound_references[source].reference
        formula = reference.where if reference is not None else EMPTY_MAP
    for one in knowledge.rules.values():
        if source in one.rule.facts.values():
            run.undecided(site_of(one, "facts"), formula, error)


def describe_fact(
    run: Run, knowledge: Knowledge, fact: Fact, inferred: Inferred | None = None
) -> dict[str, object]:
    """Say what a fact is: which record, or what was inferred and by which rules. Secrets are masked."""
    if not fact.is_given:
        values = mask_record(knowledge.kinds[fact.kind], {**fact.values})
        firings = inferred.firings if inferred is not None else ()
        rules = dict.fromkeys(
            knowledge.rules[one.rule.name].id
            for one in firings
            if any(made.key == fact.key for made in one.made)
        )
        return {"kind": fact.kind, "values": to_json(values), "rules": [*rules]}
    if fact.kind in (PAYLOAD, RECORD):
        return {"source": fact.kind}
    return {"source": fact.kind, **_record_named(run, fact)}


def _record_named(run: Run, fact: Fact) -> dict[str, object]:
    name = run.resource.resource_behind(fact.kind) or ""
    target = run.rules.resources[name]
    key = MASK if target.fields[target.key].rule.sensitive else to_json(plain(fact.values[target.key]))
    return {"resource": name, "key": key}
