"""SARIF 2.1.0: one document for code scanning tools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from rulewright.report.finding import Finding, findings_of, split_place
from rulewright.report.text import dump_json

if TYPE_CHECKING:
    from rulewright.report.entry import Entry

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {"error": "error", "warning": "warning", "info": "note"}


def report_sarif(entries: Iterable[Entry]) -> Iterator[str]:
    """The whole document, at the end."""
    yield sarif_document([finding for entry in entries for finding in findings_of(entry)])


def sarif_document(findings: Iterable[Finding]) -> str:
    """One run with all findings."""
    from importlib.metadata import version  # noqa: PLC0415 - takes a fifth of a bare start

    results = [_result(finding) for finding in findings]
    rules = [{"id": rule} for rule in dict.fromkeys(result["ruleId"] for result in results)]
    driver = {
        "name": "rulewright",
        "version": version("rulewright"),
        "rules": rules,
    }
    document = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return dump_json(document, indent=2) + "\n"


def _result(finding: Finding) -> dict[str, object]:
    result: dict[str, object] = {
        "ruleId": finding.rule,
        "level": _LEVELS[finding.level],
        "message": {"text": finding.message},
        "locations": [_location(finding.file, finding.line, finding.column)],
        "properties": {"code": finding.code},
    }
    if finding.related is not None:
        result["relatedLocations"] = [_location(*split_place(finding.related))]
    return result


def _location(file: str, line: int, column: int) -> dict[str, object]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(file, safe="/:", errors="replace")},
            "region": {"startLine": line, "startColumn": column},
        }
    }
