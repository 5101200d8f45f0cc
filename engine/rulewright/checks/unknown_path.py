"""unknown-path: an expression reads a field that is not declared.

    required_if: given(payload.adress)     # the field is called address

Checked below payload, record, current, settings, actor (where auth declares one), request.path (where a
path is declared) and below every look-up, reference and bound record that holds one record.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.names import Shape
from rulewright.checks.parsed import Reading
from rulewright.checks.sites import Site
from rulewright.checks.subject import Subject, unknown
from rulewright.problem import SourceProblem

CODE = "unknown-path"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every path read, step by step as far as its shape is known."""
    for site in subject.sites:
        for reading in site.readings:
            yield from _walk(site, reading)


def _walk(site: Site, reading: Reading) -> Iterator[SourceProblem]:
    shape: Shape = site.scope
    for index, step in enumerate(reading.steps):
        if shape is None:
            return
        if step.name not in shape:
            # An unknown first name is `unknown_name`'s.
            if index:
                where = ".".join(reading.names[:index])
                yield unknown(CODE, "the field", f"{where}.{step.name}", _below(where, shape), site.at(step))
            return
        shape = shape[step.name]


def _below(where: str, shape: Shape) -> frozenset[str]:
    return frozenset(f"{where}.{name}" for name in shape or ())
