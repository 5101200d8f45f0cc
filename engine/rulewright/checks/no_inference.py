"""no-inference: `infer` is written, and nothing that can run it is installed.

Rules that join several facts need an inference backend: durable-rules or CLIPS. Leaving them out silently
would accept what they were written to find, so such a file is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.subject import Subject, problem
from rulewright.inference import EXTRAS, installed_backends
from rulewright.problem import SourceProblem

CODE = "no-inference"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """The first rule of `infer`."""
    for inference in subject.file.inferences[:1]:
        if not installed_backends():
            text = "infer needs an inference backend, and none is installed"
            yield problem(CODE, text, inference.span, hint=EXTRAS)
