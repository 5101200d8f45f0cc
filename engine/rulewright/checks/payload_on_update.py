"""payload-on-update: a compute reads what an update may not send.

An update's payload holds only what changes, so on an update payload.x is null where the record has an x.
Read record.x, ask given(payload.x) first, or limit the compute: {value: ..., on: [create]}.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.subject import Subject, problem
from rulewright.problem import SourceProblem

CODE = "payload-on-update"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Computes that run on updates or events and read payload without asking whether it is given."""
    always = {
        f"record.{path}"
        for path, field in subject.all_fields()
        if field.compute and not field.immutable and _runs_later(field.compute.on)
    }
    for site in subject.sites:
        if site.owner not in always:
            continue
        asked = {reading.names for reading in site.readings if reading.guarded}
        for reading in site.readings:
            if reading.names[0] == "payload" and reading.names not in asked:
                name = ".".join(reading.names)
                hint = f"read record.{'.'.join(reading.names[1:])}, or ask given({name}) first"
                message = f"this also runs on updates, where {name} may not be sent"
                yield problem(CODE, message, site.at(reading.steps[-1]), hint=hint, severity="warning")


def _runs_later(on: tuple[str, ...] | None) -> bool:
    return on is None or any(event != "create" for event in on)
