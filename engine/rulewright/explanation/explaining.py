"""One evaluation, explained: every rule of the resource, and what would have to change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from rulewright.evaluation import Inputs, Judged, decide
from rulewright.evaluation.decision import judged_run
from rulewright.explanation.by_field import field_node
from rulewright.explanation.evidence import Evidence
from rulewright.explanation.fixes import attach
from rulewright.explanation.inferences import inference_nodes
from rulewright.explanation.model import Explanation, FieldNode, Ruling
from rulewright.explanation.of_the_whole import effects, lookups, other_problems, rules_of_the_whole
from rulewright.explanation.origins import origin_of
from rulewright.explanation.search import suggest
from rulewright.ports import Records
from rulewright.program import Program


def explain(
    program: Program, resource: str, inputs: Inputs, store: Records | None = None, *, fixes: bool = True
) -> Explanation:
    """Explain what `program.evaluate` decides on `inputs` (see `Program.inputs`).

    `fixes` False leaves out the search for a change that would be accepted. Raises EvaluationError for an
    unknown resource or operation.
    """
    judged: list[Judged] = []
    outcome = decide(program.compiled, resource, inputs, store)
    run = judged_run(program.compiled, resource, inputs, store, judged.append)
    evidence = Evidence(run, outcome, tuple(judged))
    fields = tuple(_fields(evidence))
    whole = tuple(rules_of_the_whole(evidence))
    told = ("failed", "undecided")
    shown = {(one.rule, one.path) for one in (*whole, *_rulings(fields)) if one.status in told}
    inferred = tuple(inference_nodes(evidence))
    names = {one.condition.rule for one in inferred}
    shown |= {(problem.rule, problem.path) for problem in outcome.problems if problem.rule in names}
    suggestion = suggest(program, resource, inputs, store) if fixes else None
    return Explanation(
        outcome=attach(outcome, suggestion),
        fields=fields,
        lookups=tuple(lookups(evidence)),
        whole=(*whole, *other_problems(evidence, shown)),
        effects=tuple(effects(evidence)),
        inferences=inferred,
        suggestion=suggestion,
    )


def _rulings(nodes: Iterable[FieldNode]) -> Iterator[Ruling]:
    for node in nodes:
        yield from node.rules
        yield from _rulings(node.children)


def _fields(evidence: Evidence) -> Iterator[FieldNode]:
    """The fields of the record, each with the origin of its value where there is a record."""
    run, record = evidence.run, evidence.outcome.record
    happened = [one.rule for one in evidence.judged if one.result == "true"]
    happened += [one.id for one in run.effects if one.when is None]
    fields = {**run.resource.fields, **run.intake}
    for name, field in fields.items():
        holder = run.merged if name in run.resource.fields else run.sent
        if record is not None and name in record:
            holder = record  # type: ignore[assignment]  # any map will do
        node = field_node(evidence, field, f"/{name}", holder)
        known = record is not None and name in run.resource.fields
        yield replace(node, origin=origin_of(run, field, happened) if known else None)
