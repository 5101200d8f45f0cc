"""Bugs seeded into the generator: `python tests/hotpath/mutants.py`.

Each takes one thing away from, or turns one thing round in, the source that the generator writes; the
payloads must tell it from the plain evaluator. Prints how many kinds they caught, and which they did not.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))

from agreement import OPERATIONS, differences
from agreement import cases_of as made
from calls import Case

from rulewright import Program, load
from rulewright.evaluation import decide as decide_plainly
from rulewright.hotpath import deciding
from rulewright.hotpath.writing import build
from rulewright.hotpath.writing.straight import Straightener
from rulewright.hotpath.writing.unit import Unit
from rulewright.outcome import Outcome

RESOURCES = (
    "ct_oi/case",
    "rubixx/engagement",
    "plannr/case",
    "goodstack/eligibility_subscription",
    "ct_oi/release_of_information",
    "goodstack/activity_sub_tag",
    "goodstack/partner_configuration",
)
UPDATED = ("ct_oi/case", "rubixx/engagement", "plannr/case", "goodstack/eligibility_subscription")
WIDE = Path(__file__).parent / "wide"
WIDE_UPDATED = ("desk/buyer", "desk/order", "desk/shelf", "desk/visit")


# A case, the plain evaluator's outcome, and whether the generated code was sure of its own.
Decided = tuple[Case, Outcome, bool]
Cases = dict[tuple[Program, str], list[Decided]]


@dataclass(frozen=True)
class Mutant:
    """One kind of bug: where `pattern` stands in a generated source, `instead` is written."""

    name: str
    pattern: str
    instead: str


MUTANTS = (
    Mutant("nobody need call", r"if s\.actor is None: raise Decline", "pass"),
    Mutant("permission not asked", r"if not permitted\(", "if permitted and not True and ("),
    Mutant("idempotency key not seen", r"if s\.request\.headers:", "if False:"),
    Mutant("path parameter not asked", r"in \(None, ''\): raise Decline", "in (): raise Decline"),
    Mutant("scheme not looked up first", r"(?m)^    l_scheme\(s\)$", "    pass"),
    Mutant("text not checked", r"require_writable\(", "len("),
    Mutant("date not read", r"(p\.\w+) = date_\d+\(\1\)", r"\1 = \1"),
    Mutant("uuid not checked", r"is_uuid_\d+\((.*?)\) is None", r"\1 is None"),
    Mutant("blank is a value", r"if not (p\.\w+|v)\.strip\(\)", r"if False"),
    Mutant("repeats are kept", r"list\(dict\.fromkeys\((p\.\w+)\)\)", r"\1"),
    Mutant("repeats in another order", r"list\(dict\.fromkeys\((p\.\w+)\)\)", r"sorted(set(\1))"),
    Mutant("absent parts are null", r"if v is not UNSET:", "if True:"),
    Mutant("part not stored", r"d\['postcode'\] = v", "pass"),
    Mutant("object not read", r"p\.address = part_address\(p\.address\)", "pass"),
    Mutant("forbidden never", r"(    if \(.*\)): raise Decline", r"\1: pass"),
    Mutant("forbidden always", r"(address is not None:\n        )if .*: raise Decline", r"\1raise Decline"),
    Mutant("variants not counted", r"if v0 \+ v1 != 1: raise Decline", "pass"),
    Mutant("both variants", r"v0 \+ v1 != 1", "v0 + v1 < 1"),
    Mutant("no variant", r"v0 \+ v1 != 1", "v0 + v1 > 1"),
    Mutant("references not judged", r"(def values\(s\):.*\n)(?:    .*\n)+", r"\1    pass\n"),
    Mutant("reference found without looking", r"v = matched\(found, .*\)", "v = found[0] if found else {}"),
    Mutant("list of references not matched", r"v = matched_all\(found, .*\)", "v = found"),
    Mutant("reference ignores its scope", r"w = \{'uuid': (k|\[\*k\]), 'firm': [^}]*\}", r"w = {'uuid': \1}"),
    Mutant("reference read not noted", r"s\.reads\.append\(\(.*\)\)", "pass"),
    Mutant("read under another name", r"s\.reads\.append\(\('\w+'", "s.reads.append(('x'"),
    Mutant("read counts one more", r", len\(found\)\)\)", ", len(found) + 1))"),
    Mutant("a look-up with null is run", r"if k0 is None:", "if False:"),
    Mutant("a look-up is never run", r"if k0 is None:", "if True:"),
    Mutant("a look-up by another key", r"w = \{'household': k0\}", "w = {'id': k0}"),
    Mutant("a missing record is null", r"if not found: raise Decline", "pass"),
    Mutant("a count is one more", r"v = s\.records\.count\((.*)\)", r"v = s.records.count(\1) + 1"),
    Mutant("an extreme forgets", r"v = s\.records\.extreme\(.*\)", "v = None"),
    Mutant("checks not judged", r"(def checks\(s\):.*\n)(?:    .*\n)+", r"\1    pass\n"),
    Mutant("a check turned round", r"is not None and not \(", "is not None and ("),
    Mutant("a cell is not kept", r"\n        s\.(c_r_\w+) = v\n", r"\n        s.\1 = UNREAD\n"),
    Mutant("a computed field is left out", r"    record\['(schemeReference|slug)'\] = .*\n", ""),
    Mutant("a sequence starts anew", r"next_number\(s, [^)]*\)", "1"),
    Mutant("a sequence without its prefix", r"'SE' \+ ", "'' + "),
    Mutant("a sequence of another width", r"\.zfill\(10\)", ".zfill(9)"),
    Mutant("a UUID of other chance", r"chance_of\(s\)\.uuid\(\)", "chance_of(s).uuid()[::-1]"),
    Mutant("overruled unseen", r"( is not None) and s\.p\.\w+ (!=|is not) .*: raise Decline", r"\1: pass"),
    Mutant("a default for null, too", r" and '\w+' not in s\.payload", ""),
    Mutant("no default", r"v = (.*) if s\.p\.\w+ is None( and .*)? else", r"v = None if s.p is None else"),
    Mutant("the state is another", r"v = (.*)\n(\s+if v not in)", r"v = 'live'\n\2"),
    Mutant("an effect always", r"    if \(\(r_household\(s\) is not None\) and .*\):", "    if True:"),
    Mutant("an effect never", r"    if \(not \(r_household\(s\) is not None\)\):", "    if False:"),
    Mutant("an effect finds none", r"in expected\((\w+), .*\):", r"in expected(\1, ()):"),
    Mutant("an effect sets the opposite", r"\{'head_of_household': False\}", "{'head_of_household': True}"),
    Mutant("an own effect is not recorded", r"set_own\(s, .*\)", "pass"),
    Mutant("an own effect is not seen", r"s\.c_r_household = d\['household'\]", "pass"),
    Mutant("a created record is not planned", r"create_record\(.*\)", "s.bound['new_household'] = record"),
    Mutant("what an effect names is not asked", r"require_named\(.*\)", "pass"),
    Mutant("the own record stays hidden", r"    s\.hidden = None", "    pass"),
    Mutant("nothing is planned", r"(def plan\(s\):.*\n)(?:    .*\n)+", r"\1    pass\n"),
    Mutant("uniques not judged", r"(def uniques\(s\):.*\n)(?:    .*\n)+", r"\1    pass\n"),
    Mutant("invariants not judged", r"if not \(l_heads\(s\) == 1\): raise Decline", "pass"),
    Mutant("invariants on old look-ups", r"(def invariants\(s\):.*\n)    reread\(s\)\n", r"\1"),
    Mutant("look-ups are not read anew", r"    (if .* in planned: )?s\.c_l_\w+ = UNREAD", "    pass"),
    Mutant("dates not printed", r"print_\d+\((s\.(?:record\['\w+'\]|p\.\w+))\)", r"\1"),
    Mutant("response without a part", r"'status': (?:s\.p\.status|r_status\(s\)), ", ""),
    Mutant("include not seen", r"if s\.request\.query\.get\('include'\): raise Decline", "pass"),
    Mutant("envelope left out", r"return \{'data': body, .*\}", "return body"),
    Mutant("required is not told", r"entries\.append\(entry_\d+\)", "pass"),
    Mutant("required told of unsound ones", r" and '\w+' not in unsound:(\n +entries)", r":\1"),
    Mutant("what is missing is relied on", r"unsound\.add\(.*\)", "pass"),
    Mutant("a missing record is not told", r"tell_missing\(.*\)", "pass"),
    Mutant("a missing record is relied on", r"\w*missing\.append\(.*\)", "pass"),
    Mutant("a record is looked for twice", r" and \(?s\.c_x_\w+ is UNREAD\)?:", ":"),
    Mutant("an unsound reference is followed", r" and '\w+' not in unsound( and \(?s\.c_x_)", r"\1"),
    Mutant("a failing check is not told", r"(tell|note)_value\(.*\)", "pass"),
    Mutant("a failing check is relied on", r"unsound\.update\(\w*checked\)", "pass"),
    Mutant("an unsound value is checked", r"(is not None) and '\w+' not in unsound(:\n +if not)", r"\1\2"),
    Mutant("unsound inputs are read", r"if (unsound\.isdisjoint\(.*\)|'\w+' not in unsound):", "if 1:"),
    Mutant("a lenient rule is told", r"if (not unsound\.isdisjoint\(\w+\)|'\w+' in unsound):", "if 0:"),
    Mutant("a condition's refusal ends nothing", r"unsound\.update\(\w*ended\)", "pass"),
    Mutant("a condition's refusal is not told", r"(tell|note)\(s, entries, \w+\)", "pass"),
    Mutant("parts of what is refused are told", r"(if \w+ is not None) and '\w+' not in \w*ended:", r"\1:"),
    Mutant("a taken value is not told", r"if other is not None: tell_taken\(.*\)", "pass"),
)  # fmt: skip
UPDATE_MUTANTS = tuple(
    Mutant(*one)
    for one in (
        ("all is touched", r"'\w+' in s\.changed", "True"),
        ("no field is touched", r"'\w+' in s\.changed", "False"),
        ("no condition is touched", r"not s\.changed\.isdisjoint\(\w+\)", "False"),
        ("what never changes may", r"if '\w+' in s\.changed: raise Decline", "pass"),
        ("a changed reference is not looked up", r"if '\w+' in s\.changed: x_\w+\(s\)", "pass"),
        ("nothing is merged", r"merged_of\(s\.p, s\.payload, s\.kept, .*\)", "{**s.kept}"),
        ("maps are replaced", r"merged_of\((.*), \('\w+',.*\)\)", r"merged_of(\1, ())"),
        ("nothing changes", r"changed_of\(.*\)", "set()"),
        ("nulls of maps stay", r"without_nulls\((.*)\)", r"\1"),
        ("the record is what was stored", r"\{\*\*s\.merged\}", "{**s.kept}"),
        ("stored types are not asked", r"(?:text|whole|flag|number)_of\((stored\.get\('\w+'\))\)", r"\1"),
        ("stored values are not read", r"kept_\d+\((stored\.get\('\w+'\))\)", r"\1"),
        ("scope is not asked", r"require_in_scope\(.*\)", "pass"),
        ("required is not judged", r"if s\.merged\['\w+'\] is None and \(.*\): raise Decline", "pass"),
        ("what was stored is what will be", r"s\.kept\['(\w+)'\]", r"s.merged['\1']"),
        ("the own record is planned as a new one", r"begin_update\(", "begin("),
        ("the key may change", r"if differs\(s\.key, .*\): raise Decline", "pass"),
        ("checks of what is left alone", r"not \('\w+' in s\.changed\) or ", ""),
        ("the permission is not asked", r"if not permitted\(", "if permitted and not True and ("),
        ("a path parameter is not asked", r"in \(None, ''\): raise Decline", "in (): raise Decline"),
        ("a computed field is left out", r"    record\['(mod_agent|updatedAt|changed)'\] = .*\n", ""),
        ("effects plan nothing", r"(def plan\(s\):.*\n)(?:    .*\n)+", r"\1    pass\n"),
        ("invariants are not judged", r"(def invariants\(s\):.*\n)(?:    .*\n)+", r"\1    pass\n"),
        ("uniques are not judged", r"(def uniques\(s\):.*\n)(?:    .*\n)+", r"\1    pass\n"),
        ("rules of infer are not judged", r"(def infer\(s\):.*\n)(?:    .*\n)+", r"\1    pass\n"),
    )
)


def cases_of(program: Program, payloads: int) -> Cases:
    """The payloads that every mutant of creates meets."""
    return {
        (program, name): _decided(program, made(program, name, "create", payloads, Random(8)))
        for name in RESOURCES
    }


def update_cases_of(shipped: Program, wide: Program, payloads: int) -> Cases:
    """Those that every mutant of updates meets."""
    return {
        (program, name): _decided(program, made(program, name, "update", payloads, Random(8), folder))
        for program, names, folder in ((shipped, UPDATED, None), (wide, WIDE_UPDATED, WIDE))
        for name in names
    }


def _decided(program: Program, cases: Iterable[Case]) -> list[Decided]:
    return [
        (
            case,
            decide_plainly(program.compiled, case.resource, case.inputs, case.records),
            _quickly(program, case) is not None,
        )
        for case in cases
    ]


def outcome_of(mutant: Mutant, cases: Cases) -> str:
    """`caught`, `slowed`, `missed`, or `nowhere` where no source has the place."""
    met, slowed = False, ""
    for (program, name), listed in cases.items():
        seeded = Seeded(mutant)
        with (
            mock.patch.object(build, "compile", seeded.compile, create=True),
            mock.patch.object(build, "Straightener", seeded.straighten),
        ):
            rules = program.compiled
            _forget(program)
            build.generate(rules, rules.resources[name], listed[0][0].inputs.operation)
            if not seeded.met:
                continue
            met = True
            found = _is_caught(program, listed)
            if found == "caught":
                return found
            slowed = slowed or found
    return slowed or ("missed" if met else "nowhere")


def _forget(program: Program) -> None:
    """Let every program be generated anew."""
    for operation in OPERATIONS:
        vars(program.compiled).pop(f"_hotpath_{operation}", None)


class Seeded:
    """Writes one bug wherever the generator passes source on: to be straightened, or to be compiled."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        self.met = False

    def write(self, source: str) -> str:
        """The source with the bug."""
        changed = re.sub(self.mutant.pattern, self.mutant.instead, source)
        self.met = self.met or changed != source
        return changed

    def compile(self, source: str, *rest: Any, **options: Any) -> Any:
        """In place of Python's own."""
        return compile(self.write(source), *rest, **options)

    def straighten(self, unit: Unit, functions: Sequence[str], others: Iterable[str]) -> Straightener:
        """In place of the constructor: `accept` and `collect` are made of functions with the bug."""
        return Straightener(unit, [self.write(one) for one in functions], others)


def sources_of(program: Program, name: str, operation: str) -> list[str]:
    """What the generator writes for a resource: as it is straightened, and as it is compiled."""
    written: list[str] = []

    class Recorded(Seeded):
        def write(self, source: str) -> str:
            written.append(source)
            return source

    recorded = Recorded(MUTANTS[0])
    with (
        mock.patch.object(build, "compile", recorded.compile, create=True),
        mock.patch.object(build, "Straightener", recorded.straighten),
    ):
        build.generate(program.compiled, program.compiled.resources[name], operation)
    return written


def _quickly(program: Program, case: Case) -> Outcome | None:
    return deciding.decide_quickly(program.compiled, case.resource, case.inputs, case.records)


def _is_caught(program: Program, cases: list[Decided]) -> str:
    """`caught` by another outcome, `slowed` where the code is no longer sure of what it was sure of."""
    slowed = ""
    for case, plain, was_sure in cases:
        try:
            quick = _quickly(program, case)
            if quick is not None and any(differences(case, plain, quick)):
                return "caught"
        except Exception:  # what waits in an outcome broke
            return "caught"
        if quick is None and was_sure:
            slowed = "slowed"
    return slowed


def survivors(payloads: int) -> Iterator[tuple[Mutant, str]]:
    """Yield each mutant with what came of it."""
    shipped, wide = load(), load(WIDE)
    cases = cases_of(shipped, payloads)
    yield from ((mutant, outcome_of(mutant, cases)) for mutant in MUTANTS)
    _forget(shipped)
    # Of most updates what is stored is sound, and what bugs do with the rest is rare.
    cases = update_cases_of(shipped, wide, 2 * payloads)
    yield from ((mutant, outcome_of(mutant, cases)) for mutant in UPDATE_MUTANTS)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payloads", type=int, default=400)
    choices = parser.parse_args()
    found = [*survivors(choices.payloads)]
    for mutant, result in found:
        if result not in ("caught", "slowed"):
            print(f"{result}: {mutant.name}")
    results = [result for _, result in found]
    print(
        f"{len(found)} kinds of bugs: {results.count('caught')} gave another outcome,"
        f" {results.count('slowed')} were refused by a later stage and cost only time,"
        f" {results.count('missed')} were missed, {results.count('nowhere')} have no place in these sources"
    )
    return int("missed" in results)


if __name__ == "__main__":
    sys.exit(main())
