"""Both paths on generated payloads: `python tests/hotpath/agreement.py --payloads 100000`.

Prints, per resource, how many payloads were decided, how many the hot path surely accepted or refused on its
own, and every disagreement. Exit status 1 where there is one.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent))

from payloads import Case, PayloadMaker, seeds_of

from rulewright import Program, load
from rulewright.evaluation import decide as decide_plainly
from rulewright.hotpath import deciding
from rulewright.outcome import Outcome


@dataclass
class Tally:
    """What came of the payloads of one resource."""

    decided: int = 0
    accepted: int = 0
    quickly: int = 0
    refused: int = 0
    refused_quickly: int = 0
    differences: list[str] = field(default_factory=list)


def agree(program: Program, resource: str, payloads: int, seed: int = 0) -> Tally:
    """Decide payloads of a resource on both paths."""
    tally = Tally()
    random = Random(zlib.crc32(resource.encode()) + seed)
    maker = PayloadMaker(program, resource, seeds_of(program)[resource], random)
    for case in maker.cases(payloads):
        compare(program, case, tally)
    return tally


def compare(program: Program, case: Case, tally: Tally) -> None:
    """Decide one case on both paths and count."""
    plain = decide_plainly(program.compiled, case.resource, case.inputs, case.records)
    quick = deciding.decide_quickly(program.compiled, case.resource, case.inputs, case.records)
    tally.decided += 1
    tally.accepted += plain.accepted
    tally.refused += not plain.accepted
    if quick is None:
        return
    tally.quickly += quick.accepted
    tally.refused_quickly += not quick.accepted
    tally.differences += differences(case, plain, quick)


def differences(case: Case, plain: Outcome, quick: Outcome) -> Iterator[str]:
    """Yield what is not alike, the order of a record's fields too."""
    for one in fields(Outcome):
        expected, found = getattr(plain, one.name), getattr(quick, one.name)
        # By their texts, too: 1 is not True, 1.0 is not 1, and the order of a record's fields counts.
        if expected != found or spelled(expected) != spelled(found):
            yield (
                f"{case.resource}.{one.name}: payload {case.inputs.payload!r} actor {case.inputs.actor!r}\n"
                f"  plain: {expected!r}\n  quick: {found!r}"
            )


def spelled(value: object) -> str:
    """A value in full; the `repr` of some parts hides what may be sensitive."""
    if is_dataclass(value) and not isinstance(value, type):
        parts = [f"{one.name}={spelled(getattr(value, one.name))}" for one in fields(value)]
        return f"{type(value).__name__}({', '.join(parts)})"
    if isinstance(value, tuple):
        return f"({', '.join(map(spelled, value))})"
    return repr(value)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payloads", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("resources", nargs="*")
    choices = parser.parse_args()
    program = load()
    failed = False  # so far
    for resource in choices.resources or program.resources:
        tally = agree(program, resource, choices.payloads, choices.seed)
        print(
            f"{resource:36} {tally.decided:6}: accepted {tally.accepted:6}, {tally.quickly:7} quickly;"
            f" not {tally.refused:7}, {tally.refused_quickly:7} quickly;"
            f" {len(tally.differences)} disagreements",
            flush=True,
        )
        for line in tally.differences[:3]:
            print(line)
        failed |= bool(tally.differences)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
