"""Coverage and mutation as text and as JSON: what the scenarios do not prove, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.report.text import show_text
from rulewright.scenarios.coverage import WANTED, Coverage, Covered
from rulewright.scenarios.mutants import Mutant
from rulewright.scenarios.mutation import MutationReport
from rulewright.scenarios.pretty import Paint

_LONGEST = 90


def coverage_lines(coverage: Coverage, *, colour: bool = False) -> Iterator[str]:
    """Yield a line for each condition: how often it was true, false, and read a null; the sum."""
    paint = Paint(colour)
    for one in coverage.conditions:
        never = paint(f"never {' and never '.join(one.missing)}  ", "red") if one.missing else ""
        rule = f"{show_text(one.condition.rule)} [{one.condition.keyword}]"
        counts = ", ".join(f"{name} {one.seen.get(name, 0)}" for name in (*WANTED, "absent"))
        yield f"{one.condition.formula.span}  {never}{rule}  {paint(counts, 'dim')}"
        if one.missing:
            yield f"    {paint(_short(one.condition.text), 'dim')}"
    found = f"{coverage.reached} of {coverage.wanted} outcomes of {len(coverage.conditions)} conditions seen"
    colour_of_all = "green" if coverage.reached == coverage.wanted else "yellow"
    yield paint(f"coverage {show_percent(coverage.percent)}: {found}", colour_of_all)


def mutation_lines(report: MutationReport, *, colour: bool = False) -> Iterator[str]:
    """Yield a line for each survivor, then the score."""
    paint = Paint(colour)
    for mutant in report.survivors:
        label = paint("survived", "red")
        yield f"{mutant.at}  {label}  {show_text(mutant.rule)}  {_short(mutant.change)}"
    score = f"{report.killed} of {len(report.fates)} changed conditions noticed"
    yield paint(
        f"mutation {show_percent(report.percent)}: {score}", "yellow" if report.survivors else "green"
    )


def show_percent(value: float) -> str:
    """Write a percentage with one decimal, rounded down: 99.96 is no 100."""
    return f"{int(value * 10) / 10:.1f} %"


def _short(text: str) -> str:
    shown = show_text(text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def coverage_data(coverage: Coverage) -> dict[str, object]:
    """Coverage as JSON data: how often each condition was seen as what."""
    return {
        "percent": round(coverage.percent, 2),
        "reached": coverage.reached,
        "wanted": coverage.wanted,
        "conditions": [_covered_data(one) for one in coverage.conditions],
    }


def _covered_data(one: Covered) -> dict[str, object]:
    span = one.condition.formula.span
    return {
        "rule": one.condition.rule,
        "keyword": one.condition.keyword,
        "expression": one.condition.text,
        "at": {"file": span.file, "line": span.line, "column": span.column},
        "seen": dict(one.seen),
        "missing": list(one.missing),
    }


def mutation_data(report: MutationReport) -> dict[str, object]:
    """A mutation run as JSON data."""
    return {
        "percent": round(report.percent, 2),
        "killed": report.killed,
        "mutants": len(report.fates),
        "survivors": [_mutant_data(mutant) for mutant in report.survivors],
    }


def _mutant_data(mutant: Mutant) -> dict[str, object]:
    at = {"file": mutant.at.file, "line": mutant.at.line, "column": mutant.at.column}
    return {"rule": mutant.rule, "change": mutant.change, "at": at}
