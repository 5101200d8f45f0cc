"""payload-on-update: a compute or an effect reads what an update may not send.

An update's payload holds only what changes, so on an update payload.x is null where the record has an x.
Read record.x, ask given(payload.x) first, or limit it: {value: ..., on: [create]}.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.parsed import Reading
from rulewright.checks.sites import Site
from rulewright.checks.subject import Subject, problem
from rulewright.problem import SourceProblem

CODE = "payload-on-update"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Computes and effects that run on updates and read payload without asking whether it is given."""
    for site in subject.sites:
        for reading in unsent(subject, site):
            name = ".".join(reading.names)
            hint = f"read record.{'.'.join(reading.names[1:])}, or ask given({name}) first"
            message = f"this also runs on updates, where {name} may not be sent"
            yield problem(CODE, message, site.at(reading.steps[-1]), hint=hint, severity="warning")


def unsent(subject: Subject, site: Site) -> Iterator[Reading]:
    """What a compute or an effect reads of the payload although an update may not send it."""
    if not _runs_later(subject, site):
        return
    asked = {reading.names for reading in site.readings if reading.guarded} | site.names.declarations.given
    for reading in site.readings:
        if len(reading.names) > 1 and reading.names[0] == "payload" and reading.names not in asked:
            yield reading


def _runs_later(subject: Subject, site: Site) -> bool:
    if site.place == "an effect":
        return "update" in site.on
    return site.owner in {
        f"record.{path}"
        for path, field in subject.all_fields()
        if field.compute and not field.immutable and _is_later(field.compute.on)
    }


def _is_later(on: tuple[str, ...] | None) -> bool:
    return on is None or any(event != "create" for event in on)
