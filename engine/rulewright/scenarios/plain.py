"""A report as JSON: for scripts, editors and whatever else reads results."""

from __future__ import annotations

from rulewright.problem import SourceProblem, Span
from rulewright.scenarios.model import ABSENT
from rulewright.scenarios.results import Mismatch, Report, Result


def report_data(report: Report) -> dict[str, object]:
    """A whole report."""
    return {
        "version": 1,
        "passed": report.passed,
        "failed": report.failed,
        "not_run": report.not_run,
        "scenarios": [result_data(result) for result in report.results],
        "problems": [problem_data(problem) for problem in report.problems],
    }


def result_data(result: Result) -> dict[str, object]:
    """One scenario."""
    return {
        "file": result.file,
        "line": result.at.line,
        "name": result.name,
        "resource": result.resource,
        "passed": result.passed,
        "seconds": round(result.seconds, 6),
        "mismatches": [_mismatch_data(mismatch) for mismatch in result.mismatches],
    }


def _mismatch_data(mismatch: Mismatch) -> dict[str, object]:
    """One mismatch; `expected` or `actual` is left out where there is none."""
    found: dict[str, object] = {"step": mismatch.step, "line": mismatch.at.line, "path": mismatch.path}
    if mismatch.expected is not ABSENT:
        found["expected"] = mismatch.expected
    if mismatch.actual is not ABSENT:
        found["actual"] = mismatch.actual
    if mismatch.note is not None:
        found["note"] = mismatch.note
    return found


def problem_data(problem: SourceProblem) -> dict[str, object]:
    """One mistake in a file."""
    return {
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.message,
        "hint": problem.hint,
        "at": _at(problem.span),
    }


def _at(span: Span) -> dict[str, object]:
    return {"file": span.file, "line": span.line, "column": span.column}
