"""no-inference: `infer` is written, and nothing that can run it is installed.

Rules that join several facts need an inference backend: durable-rules or CLIPS. Leaving them out silently
would accept what they were written to find, so such a file is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.subject import Subject, problem
from rulewright.inference import EXTRAS, MISSING, NO_BACKEND, installed_backends
from rulewright.problem import SourceProblem

CODE = NO_BACKEND


def check(subject: Subject) -> Iterator[SourceProblem]:
    """The first rule of `infer`."""
    for inference in subject.file.inferences[:1]:
        if not installed_backends():
            yield problem(CODE, MISSING, inference.span, hint=EXTRAS)
