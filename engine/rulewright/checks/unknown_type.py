"""unknown-type: a field's type does not exist, or needs a package that is not installed.

Types are string, integer, number, boolean, date, datetime, uuid, object, list, map, any, those of plug-ins
(email, money, uk_postcode and others ship), and the shared types of api.yaml. `phone` needs
`pip install 'rulewright[phone]'`.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from rulewright.checks.subject import Subject, problem, unknown
from rulewright.problem import SourceProblem

CODE = "unknown-type"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """The type of every field."""
    known = subject.universe.registry.types
    for _, field in subject.all_fields():
        kind = known.get(field.type)
        if kind is None:
            yield unknown(CODE, "the type", field.type, known, subject.value_of(field, "type"))
        elif kind.needs is not None and find_spec(kind.needs[0]) is None:
            module, package = kind.needs
            message = f"the type {field.type} needs {module}, which is not installed"
            hint = f"pip install '{package}'"
            yield problem(CODE, message, subject.value_of(field, "type"), hint=hint)
