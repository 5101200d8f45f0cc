"""A report as findings at places in files: what `--format github` and `sarif` are made of."""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.report.finding import Finding, finding_of
from rulewright.scenarios.pretty import in_one_line
from rulewright.scenarios.results import Mismatch, Report, Result

# The code of what came out otherwise than written; mistakes in files have codes of their own.
_CODE = "scenario"


def report_findings(report: Report) -> Iterator[Finding]:
    """Each mismatch at the line of its scenario or step, then the mistakes in the files."""
    for result in report.results:
        for mismatch in result.mismatches:
            yield _finding(result, mismatch)
    yield from map(finding_of, report.problems)


def _finding(result: Result, mismatch: Mismatch) -> Finding:
    message = f"{result.name}: {in_one_line(mismatch)}"
    at = mismatch.at
    return Finding(result.file, at.line, at.column, "error", _CODE, f"{result.resource}.{_CODE}", message)
