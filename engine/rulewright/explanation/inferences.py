"""The rules of `infer`: which facts fired which rule, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.compiled import CompiledInference
from rulewright.evaluation.gathering import describe_fact
from rulewright.evaluation.inferring import INFERRING_OPERATIONS
from rulewright.evaluation.knowledge import Knowledge, knowledge_of
from rulewright.explanation.evidence import Evidence
from rulewright.explanation.model import FiringNode, InferenceNode, Ruling, Status
from rulewright.inference import Fact, Firing

_UNREACHED = {"rejected": "is refused for other reasons", "undecided": "can't be decided for other reasons"}


def inference_nodes(evidence: Evidence) -> Iterator[InferenceNode]:
    """Yield each rule of `infer`, in the order of the file."""
    run = evidence.run
    knowledge = knowledge_of(run.rules, run.resource)
    if knowledge is None:
        return
    firings: dict[str, list[FiringNode]] = {name: [] for name in knowledge.rules}
    for firing in run.inferred.firings if run.inferred is not None else ():
        firings[firing.rule.name].append(_firing(evidence, knowledge, firing))
    for name, one in knowledge.rules.items():
        yield InferenceNode(
            condition=_ruling(evidence, one, fired=len(firings[name])),
            facts=one.rule.facts,
            firings=tuple(firings[name]),
        )


def _ruling(evidence: Evidence, one: CompiledInference, *, fired: int) -> Ruling:
    status: Status = "held" if fired else "skipped"
    why: str | None = None if fired else _why_not(evidence, one)
    told = [problem for problem in evidence.outcome.problems if problem.rule == one.id]
    undecided = next((problem for problem in told if problem.code in ("undecided", "limit")), None)
    if undecided is not None:
        status, why = "undecided", undecided.message
    elif any(problem.severity == "error" for problem in told):
        status = "failed"
    text = " ".join(one.when.text.split()) if one.when is not None else "always"
    at = one.rule.at.get("when", one.rule.span)
    return Ruling(rule=one.id, keyword="when", status=status, text=text, why=why, at=str(at))


def _why_not(evidence: Evidence, one: CompiledInference) -> str:
    run = evidence.run
    if evidence.ended is not None:
        return f"the evaluation ended: {evidence.ended}"
    operation = run.inputs.operation
    if operation not in INFERRING_OPERATIONS:
        return f"not on {operation}"
    if not run.is_reasoned:
        return f"not reached: the payload {_UNREACHED.get(evidence.outcome.verdict, 'was decided before')}"
    if run.inferred is None:
        return _why_nothing(evidence)
    judged = [found for found in evidence.judged if found.rule == one.id]
    return "its facts do not meet the condition" if judged else "there are no such facts"


def _why_nothing(evidence: Evidence) -> str:
    """Why no rule of `infer` came to anything although the payload is well."""
    if any(problem.code == "limit" for problem in evidence.outcome.problems):
        return "given up: the rules take too much"
    is_update = evidence.run.inputs.operation == "update"
    return "nothing that it reads has changed" if is_update else "no rule has anything to tell or to set"


def _firing(evidence: Evidence, knowledge: Knowledge, firing: Firing) -> FiringNode:
    run = evidence.run

    def described(fact: Fact) -> dict[str, object]:
        return describe_fact(run, knowledge, fact, run.inferred)

    names = knowledge.rules[firing.rule.name].rule.facts
    return FiringNode(
        facts={name: described(fact) for name, fact in zip(names, firing.facts, strict=True)},
        made=tuple(described(fact) for fact in firing.made),
    )
