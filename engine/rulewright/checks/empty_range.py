"""empty-range: no value fits between two bounds, or there is none to choose.

{type: integer, min: 10, max: 1}
{type: string, min_length: 5, max_length: 2}
{type: string, one_of: []}
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.subject import Subject, problem
from rulewright.problem import SourceProblem

CODE = "empty-range"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """min and max, min_length and max_length, one_of of every field."""
    for _, field in subject.all_fields():
        if field.one_of == ():
            message, hint = "one_of allows no value", "leave one_of out where every value is allowed"
            yield problem(CODE, message, subject.value_of(field, "one_of"), hint=hint)
        for low, high in (("min", "max"), ("min_length", "max_length")):
            least, most = getattr(field, low), getattr(field, high)
            # Dates as text: only ISO ones sort by their letters, `wrong_constant` looks at their form.
            if least is not None and most is not None and type(least) is type(most) and least > most:
                message = f"{low} {least} is above {high} {most}"
                yield problem(CODE, message, subject.value_of(field, low))
