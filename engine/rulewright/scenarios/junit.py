"""A report as JUnit XML, as CI servers read it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from xml.etree import ElementTree

from rulewright.problem import SourceProblem
from rulewright.report.text import show_lines, show_text
from rulewright.scenarios.pretty import Paint, render_failure
from rulewright.scenarios.results import Report, Result
from rulewright.source_text import render_problem

# XML 1.0 has no way to write these; a payload may hold them.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(report: Report) -> str:
    """Return the XML text: a suite per file, a case per scenario, an error per mistake in a file."""
    errors = [problem for problem in report.problems if problem.severity == "error"]
    root = ElementTree.Element(
        "testsuites",
        name="rulewright test",
        tests=str(len(report.results) + len(errors)),
        failures=str(report.failed),
        errors=str(len(errors)),
        time=_seconds(report.results),
    )
    for file, group in groupby(report.results, key=lambda result: result.file):
        _add_suite(root, file, list(group))
    for file, mistakes in groupby(errors, key=lambda problem: problem.span.file):
        _add_errors(root, file, list(mistakes))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")


def _add_suite(root: ElementTree.Element, file: str, results: list[Result]) -> None:
    failed = sum(not result.passed for result in results)
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name=_xml(file),
        tests=str(len(results)),
        failures=str(failed),
        errors="0",
        time=_seconds(results),
    )
    for result in results:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=_xml(result.resource),
            name=_xml(show_text(result.name)),
            file=_xml(file),
            line=str(result.at.line),
            time=_seconds([result]),
        )
        if not result.passed:
            paths = ", ".join(dict.fromkeys(mismatch.path for mismatch in result.mismatches))
            failure = ElementTree.SubElement(case, "failure", type="mismatch", message=_xml(paths))
            failure.text = _xml("\n".join(render_failure(result, Paint(on=False))))


def _add_errors(root: ElementTree.Element, file: str, problems: list[SourceProblem]) -> None:
    count = str(len(problems))
    suite = ElementTree.SubElement(
        root, "testsuite", name=_xml(file), tests=count, failures="0", errors=count, time="0"
    )
    for problem in problems:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=_xml(file),
            name=_xml(f"{problem.code} in line {problem.span.line}"),
            file=_xml(file),
            line=str(problem.span.line),
        )
        error = ElementTree.SubElement(case, "error", type=problem.code, message=_xml(problem.message))
        error.text = _xml(render_problem(problem))


def _seconds(results: Iterable[Result]) -> str:
    return f"{sum(result.seconds for result in results):.6f}"


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", show_lines(text))
