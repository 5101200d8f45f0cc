"""Both paths on generated calls: `python tests/hotpath/agreement.py --payloads 100000 [--operation events]`.

Prints, per resource and operation, how many calls were decided, how many the hot path surely accepted or
refused on its own, and every disagreement. Exit status 1 where there is one.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from calls import Case, Seed
from firing import EventMaker
from patches import PatchMaker
from payloads import PayloadMaker, seeds_of
from situations import events_of, situations_of, takes

from rulewright import Program, load
from rulewright.evaluation import decide as decide_plainly
from rulewright.evaluation.masking import MASK
from rulewright.hotpath import deciding
from rulewright.outcome import Outcome, Read

OPERATIONS = ("create", "update")


@dataclass
class Tally:
    """What came of the calls of one resource. `broken`: the plain evaluator raised, as both have to."""

    decided: int = 0
    accepted: int = 0
    quickly: int = 0
    refused: int = 0
    refused_quickly: int = 0
    broken: int = 0
    differences: list[str] = field(default_factory=list)


def agree(
    program: Program,
    resource: str,
    payloads: int,
    seed: int = 0,
    operation: str = "create",
    folder: Path | None = None,
    *,
    has_store: bool = True,
) -> Tally:
    """Decide calls of a resource on both paths; they start from the scenarios in `folder`.

    Without `has_store`, none has records to look things up in.
    """
    tally = Tally()
    random = Random(zlib.crc32(resource.encode()) + seed)
    for case in cases_of(program, resource, operation, payloads, random, folder):
        compare(program, case if has_store else replace(case, records=None), tally)
    return tally


def cases_of(
    program: Program,
    resource: str,
    operation: str,
    count: int,
    random: Random,
    folder: Path | None = None,
) -> Iterator[Case]:
    """Yield generated creates, updates or events of a resource."""
    creates = creates_of(program, folder)[resource]
    if operation == "create":
        return PayloadMaker(program, resource, creates, random).cases(count)
    situations = situations_of(program, folder, operation)[resource]
    if program.compiled.resources[resource].has_event(operation):
        return EventMaker(program, resource, creates, situations, random, operation).cases(count)
    return PatchMaker(program, resource, creates, situations, random).cases(count)


@lru_cache(maxsize=2)
def creates_of(program: Program, folder: Path | None) -> dict[str, list[Seed]]:
    """As `seeds_of`, read once."""
    return seeds_of(program, folder)


def compare(program: Program, case: Case, tally: Tally) -> None:
    """Decide one case on both paths and count."""
    rules, resource, inputs, records = program.compiled, case.resource, case.inputs, case.records
    tally.decided += 1
    try:
        plain = decide_plainly(rules, resource, inputs, records)
    except Exception as error:
        tally.broken += 1
        if deciding.decide_quickly(rules, resource, inputs, records) is not None:
            tally.differences.append(f"{told(case)}\n  plain: raises {error!r}")
        return
    quick = deciding.decide_quickly(rules, resource, inputs, records)
    tally.accepted += plain.accepted
    tally.refused += not plain.accepted
    if quick is None:
        return
    tally.quickly += quick.accepted
    tally.refused_quickly += not quick.accepted
    # First: what is written is told only until somebody asks for the changes.
    tally.differences += [*written_differences(case, plain, quick), *differences(case, plain, quick)]


def differences(case: Case, plain: Outcome, quick: Outcome) -> Iterator[str]:
    """Yield what is not alike, the order of a record's fields too."""
    for one in fields(Outcome):
        expected, found = getattr(plain, one.name), getattr(quick, one.name)
        # By their texts, too: 1 is not True, 1.0 is not 1, and the order of a record's fields counts.
        if expected != found or spelled(expected) != spelled(found):
            yield _difference(case, one.name, expected, found)


def written_differences(case: Case, plain: Outcome, quick: Outcome) -> Iterator[str]:
    """Yield what an outcome that is not made yet says otherwise of what it writes and what it read."""
    written = deciding.written_by(quick)
    if written is None:
        return
    changes = [spelled(change) for change in map(_told_change, written[0]) if change[3]]
    expected = [spelled(tuple(getattr(one, part.name) for part in fields(one))) for one in plain.changes]
    if changes != expected:
        yield _difference(case, "written", expected, changes)
    if not _same_reads(plain.reads, written[1]):
        yield _difference(case, "written reads", plain.reads, written[1])


def _told_change(written: tuple[Any, ...]) -> tuple[Any, ...]:
    """A change as an outcome tells it: of a new record without what is null."""
    op, resource, key, values, *rest = written
    told = {name: value for name, value in values.items() if value is not None or op != "create"}
    return (op, resource, key, told, *rest)


def _same_reads(plain: Sequence[Read], written: Sequence[tuple[Any, ...]]) -> bool:
    """Whether the same was read; a value that an outcome masks may be any."""
    return len(plain) == len(written) and all(
        (one.lookup, one.resource, one.found, [*one.by]) == (lookup, resource, found, [*by])
        and all(value == MASK or spelled(value) == spelled(by[name]) for name, value in one.by.items())
        for one, (lookup, resource, by, found) in zip(plain, written, strict=True)
    )


def _difference(case: Case, what: str, expected: object, found: object) -> str:
    return f"{what} of {told(case)}\n  plain: {expected!r}\n  quick: {found!r}"


def told(case: Case) -> str:
    """A case in words, with the record that an update is of."""
    inputs = case.inputs
    text = (
        f"{case.resource} {inputs.operation}: payload {inputs.payload!r} actor {inputs.actor!r}"
        f" path {inputs.request.path!r}"
    )
    if inputs.operation == "create":
        return text
    stored = case.records.records.get(case.resource, ()) if case.records is not None else ()
    return f"{text}\n  key {inputs.key!r} of {[dict(one) for one in stored]!r}"


def spelled(value: object) -> str:
    """A value in full; the `repr` of some parts hides what may be sensitive."""
    if is_dataclass(value) and not isinstance(value, type):
        parts = [f"{one.name}={spelled(getattr(value, one.name))}" for one in fields(value)]
        return f"{type(value).__name__}({', '.join(parts)})"
    if isinstance(value, tuple):
        return f"({', '.join(map(spelled, value))})"
    return repr(value)


def calls_of(program: Program, wanted: str | None, names: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """Yield the operations that are wanted (None: all of them) with their resources."""
    resources = {name: program.compiled.resources[name] for name in names or program.resources}
    for operation in OPERATIONS:
        if wanted in (None, operation):
            yield from ((operation, name) for name, one in resources.items() if takes(one, operation))
    if wanted in (None, "events"):
        yield from ((event, name) for name, one in resources.items() for event in events_of(one))


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payloads", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--operation", choices=(*OPERATIONS, "events"), help="default: all")
    parser.add_argument("--without-store", action="store_true", help="creates that nothing is looked up for")
    parser.add_argument("--rules", type=Path, help="a folder of rules and scenarios (default: those shipped)")
    parser.add_argument("resources", nargs="*")
    choices = parser.parse_args()
    program = load() if choices.rules is None else load(choices.rules)
    failed = False  # so far
    wanted = "create" if choices.without_store else choices.operation
    for operation, resource in calls_of(program, wanted, choices.resources):
        tally = agree(
            program,
            resource,
            choices.payloads,
            choices.seed,
            operation,
            choices.rules,
            has_store=not choices.without_store,
        )
        print(
            f"{operation} {resource:36} {tally.decided:6}:"
            f" accepted {tally.accepted:6}, {tally.quickly:7} quickly;"
            f" not {tally.refused:7}, {tally.refused_quickly:7} quickly;"
            f" {tally.broken} raised; {len(tally.differences)} disagreements",
            flush=True,
        )
        for line in tally.differences[:3]:
            print(line)
        failed |= bool(tally.differences)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
