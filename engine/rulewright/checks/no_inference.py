"""no-inference: `infer` is written, and nothing here can run it.

Rules that join several facts need an inference backend, which this version does not have yet. Leaving
them out silently would accept what they were written to find, so every payload stays undecided.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.subject import Subject, problem
from rulewright.problem import SourceProblem

CODE = "no-inference"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """The first rule of `infer`."""
    for inference in subject.file.inferences[:1]:
        yield problem(CODE, "this version of Rulewright can't run infer", inference.span, severity="warning")
