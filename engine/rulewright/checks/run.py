"""Every check over a rule set, and reading with checking in one step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from msgspec import Struct

from rulewright.checks.expressions import sites
from rulewright.checks.guarding import guarded
from rulewright.checks.places import Places
from rulewright.checks.subject import Checker, Subject, Universe
from rulewright.checks.table import CHECKS
from rulewright.errors import RuleFileError, in_words
from rulewright.model import RuleSet
from rulewright.plugins import Registry, RuleCheck, built_in
from rulewright.problem import SourceProblem
from rulewright.reader import Reading, read_rules, sorted_problems


class CheckedRules(Struct, frozen=True):
    """Rule files without an error, and the warnings about them."""

    rules: RuleSet
    warnings: tuple[SourceProblem, ...]


def load_rules(
    path: str | Path, *, display_root: str | None = None, registry: Registry | None = None
) -> CheckedRules:
    """Read and check rule files (see `read_rules` for what is given).

    Fields that take sensitive values are sensitive in what is given. Raises RuleFileError with all problems,
    of reading and of checking, errors and warnings.
    """
    reading = read_rules(path, display_root=display_root, registry=registry)
    problems = sorted_problems([*reading.problems, *check_reading(reading, registry)])
    if any(problem.severity == "error" for problem in problems):
        raise RuleFileError(problems)
    return CheckedRules(guarded(reading.rules, registry or built_in()), problems)


def check_reading(reading: Reading, registry: Registry | None = None) -> tuple[SourceProblem, ...]:
    """What all checks say about files that were read, even if not all of them could be."""
    universe = Universe(
        reading.rules,
        registry or built_in(),
        reading.unread,
        reading.whole,
        Places.of(reading.roots.values()),
        tuple(problem for problem in reading.problems if problem.severity == "error"),
    )
    found = [
        replace(problem, snippet=reading.line_of(problem.span))
        for subject in _subjects(universe)
        for check in (*CHECKS.values(), *map(_foreign, universe.registry.checks.values()))
        for problem in check(subject)
    ]
    return sorted_problems(found)


def _foreign(one: RuleCheck) -> Checker:
    """A plug-in's check; where it fails, the file is told so and the other checks go on."""

    def check(subject: Subject) -> Iterator[SourceProblem]:
        try:
            found = list(one.check(subject))
            for given in found:
                if not isinstance(given, SourceProblem):
                    raise TypeError(f"it gives {type(given).__name__}, not SourceProblem")
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            message = f"the check {one.code} of a plug-in fails: {in_words(error)}"
            found = [SourceProblem(one.code, message, subject.file.span)]
        yield from found

    return check


def _subjects(universe: Universe) -> Iterator[Subject]:
    for file in universe.rules.resources.values():
        bare = Subject(universe, file)
        yield replace(bare, sites=tuple(sites(bare)))
