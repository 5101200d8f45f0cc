"""inference-shape: a rule of `infer` can't work as it is written.

Its facts are `$payload`, `$record`, look-ups that find records, references that have an `as`, or kinds of
facts that a rule of the file asserts. Something must follow: assert, problem or set. A `{name}` in a message
stands for an entry of `with`. A fact that is asserted holds texts, numbers, booleans, instants and null: what
holds several values is better told as a fact for each of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rulewright.cel.parser import GRAMMAR_WORDS
from rulewright.checks.inferred_names import PAYLOAD, RECORD, kinds_of
from rulewright.checks.subject import RESERVED_NAMES, Subject, problem, span_of, unknown
from rulewright.model import Finding, Inference, TemplateList, TemplateMap
from rulewright.problem import SourceProblem
from rulewright.reader.flaws import did_you_mean

CODE = "inference-shape"
# One of them must be there, for something to follow.
FOLLOWS: Final = ("assert", "problem", "set")
_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every rule of `infer`."""
    kinds = kinds_of(subject)
    records = _record_names(subject)
    for inference in subject.file.inferences:
        yield from _of_facts(subject, inference, frozenset({PAYLOAD, RECORD, *records, *kinds}))
        yield from _of_names(subject, inference)
        follows = inference.asserts or inference.problem is not None or inference.set is not None
        if not follows and not subject.is_flawed(inference):
            text = f"nothing follows from {inference.id}: write assert, problem or set"
            yield problem(CODE, text, inference.span)
        for kind in sorted(inference.asserts.keys() & (records | subject.records.keys())):
            text = f"{kind} is the name of records that are read already"
            yield problem(CODE, text, subject.value_of(inference, "assert"), hint="choose another kind")
        yield from _of_values(inference)
        if inference.problem is not None:
            yield from _of_message(subject, inference.problem)


def _record_names(subject: Subject) -> frozenset[str]:
    """The names of records that are there before any effect."""
    bound = {effect.bind for effect in subject.all_effects()}
    return frozenset(name for name in subject.records if name not in bound)


def _of_facts(subject: Subject, inference: Inference, known: frozenset[str]) -> Iterator[SourceProblem]:
    span = span_of(inference.at, "facts", default=inference.span)
    if not inference.facts:
        yield problem(CODE, f"{inference.id} names no facts", span)
    for source in inference.facts.values():
        # A rule that could not be read may be the one that asserts it.
        if source not in known and (subject.is_whole or did_you_mean(source, known)):
            yield unknown(CODE, "the source of facts", source, known, subject.place(span, source))


def _of_names(subject: Subject, inference: Inference) -> Iterator[SourceProblem]:
    span = span_of(inference.at, "facts", default=inference.span)
    for name in inference.facts:
        if name in RESERVED_NAMES or name in GRAMMAR_WORDS or name in subject.records:
            text = f"{name} has a meaning of its own in expressions"
            yield problem(CODE, text, span, hint="give the fact another name")


def _of_values(inference: Inference) -> Iterator[SourceProblem]:
    for kind, values in inference.asserts.items():
        for name, value in values.entries.items():
            if isinstance(value, TemplateMap | TemplateList):
                found = "a map" if isinstance(value, TemplateMap) else "a list"
                text = f"{name} of {kind} takes one value, found {found}"
                yield problem(CODE, text, value.span, hint="assert a fact of its own for each value")


def _of_message(subject: Subject, finding: Finding) -> Iterator[SourceProblem]:
    entries = finding.with_.entries if finding.with_ is not None else {}
    for name in _PLACEHOLDER.findall(finding.message or ""):
        if name not in entries:
            span = subject.value_of(finding, "message")
            yield unknown(CODE, "the name in the message", name, frozenset(entries), span)
