"""value-cycle: values need each other before either is known.

Look-ups, defaults and computes run when they are first read, ordered by what they read. Here the way leads
back to its start: a look-up reads record.a, which is computed from that look-up. A look-up by a field that
names another record waits until that record is found. What an object or an item holds is ordered so, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rulewright.checks.parsed import Step
from rulewright.checks.sites import Site, reference_owner
from rulewright.checks.subject import Subject, problem
from rulewright.problem import SourceProblem, Span

CODE = "value-cycle"
# For each owner: the owners that it reads, and where it does.
_Reads = Mapping[str, Mapping[str, Span]]


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every circle of look-ups and derived fields, once."""
    reads = _reads(subject)
    told: set[frozenset[str]] = set()
    done: set[str] = set()
    for start in reads:
        circle = _circle(reads, start, done)
        if circle and frozenset(circle) not in told:
            told.add(frozenset(circle))
            way = " -> ".join((*circle, circle[0]))
            yield problem(
                CODE, f"these values need each other: {way}", reads[circle[0]][circle[1 % len(circle)]]
            )


def _reads(subject: Subject) -> _Reads:
    owned = [site for site in subject.sites if site.owner is not None]
    owners = {str(site.owner) for site in owned}
    lookups = {one.name for one in subject.file.lookups}
    reads: dict[str, dict[str, Span]] = {owner: {} for owner in sorted(owners)}
    # By look-up, or by field of the record: only these can be touched by a path that starts so.
    near: dict[tuple[str, ...], list[str]] = {}
    for owner in sorted(owners):
        near.setdefault(_start(tuple(owner.split("."))), []).append(owner)
    for site in owned:
        for reading in site.readings:
            names = _within_item(site, reading.names)
            for owner in near.get(_start(names), ()):
                if _touches(names, owner):
                    reads[str(site.owner)].setdefault(owner, _span(site, reading.steps))
            named = _reference_of(subject, reading.names)
            if named in owners and site.owner in lookups:
                reads[str(site.owner)].setdefault(named, _span(site, reading.steps))
    return reads


def _within_item(site: Site, names: tuple[str, ...]) -> tuple[str, ...]:
    """What a field of an item reads as `item` is the item that holds it."""
    path = str(site.owner).split(".")
    if names[0] != "item" or len(names) == 1 or "items" not in path[2:]:
        return names
    last = len(path) - 1 - path[::-1].index("items")
    return (*path[: last + 1], *names[1:])


def _reference_of(subject: Subject, names: tuple[str, ...]) -> str:
    """What a path of the own record names in another resource, or ""."""
    field = subject.fields.get(names[1]) if len(names) > 1 and names[0] in ("payload", "record") else None
    return reference_owner(field) if field is not None and field.references is not None else ""


def _span(site: Site, steps: tuple[Step, ...]) -> Span:
    return site.expression.scalar.locate(steps[0].start, steps[-1].end)


def _start(path: tuple[str, ...]) -> tuple[str, ...]:
    return path[:2] if path[0] == "record" else path[:1]


def _touches(names: tuple[str, ...], owner: str) -> bool:
    """Does reading this path need that value, a part of it or what it is a part of?"""
    path = tuple(owner.split("."))
    if path[0] != "record":
        return names[0] == owner
    shared = min(len(names), len(path))
    return shared > 1 and names[:shared] == path[:shared]


def _circle(reads: _Reads, start: str, done: set[str]) -> tuple[str, ...] | None:
    """A circle that can be met from `start`, found depth first without recursion."""
    way: list[str] = [start]
    pending = [iter(reads[start])] if start not in done else []
    while pending:
        following = next(pending[-1], None)
        if following is None:
            pending.pop()
            done.add(way.pop())
        elif following in way:
            done.update(way)
            return tuple(way[way.index(following) :])
        elif following not in done:
            way.append(following)
            pending.append(iter(reads[following]))
    return None
