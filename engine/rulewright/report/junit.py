"""JUnit XML: one test case a payload, for the test views of CI systems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, Literal
from xml.etree import ElementTree

from msgspec import Struct

from rulewright.report.finding import findings_of
from rulewright.report.text import show_text

if TYPE_CHECKING:
    from rulewright.report.entry import Entry

# What XML 1.0 can't hold even as an entity (and `show_text` leaves alone).
_NOT_XML: Final = re.compile("[\ufffe\uffff]")


class Case(Struct, frozen=True):
    """One test case. `failed` is None where it passed; `lines` say what was found."""

    name: str
    group: str
    failed: Literal["failure", "error"] | None
    lines: Sequence[str]


def report_junit(entries: Iterable[Entry]) -> Iterator[str]:
    """The whole document, at the end: it starts with totals."""
    yield junit_document(_case(entry) for entry in entries)


def junit_document(cases: Iterable[Case]) -> str:
    """One suite of all cases."""
    listed = list(cases)
    totals = {
        "name": "rulewright",
        "tests": str(len(listed)),
        "failures": str(sum(case.failed == "failure" for case in listed)),
        "errors": str(sum(case.failed == "error" for case in listed)),
    }
    root = ElementTree.Element("testsuites", totals)
    suite = ElementTree.SubElement(root, "testsuite", totals)
    for case in listed:
        _add(suite, case)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _add(suite: ElementTree.Element, case: Case) -> None:
    element = ElementTree.SubElement(suite, "testcase", name=_fit(case.name), classname=_fit(case.group))
    text = "\n".join(map(_fit, case.lines))
    if case.failed is not None:
        first = _fit(case.lines[0]) if case.lines else case.failed
        ElementTree.SubElement(element, case.failed, message=first).text = text
    elif text:
        ElementTree.SubElement(element, "system-out").text = text


def _case(entry: Entry) -> Case:
    failed: Literal["failure", "error"] | None = None
    if not entry.outcome.accepted:
        failed = "failure" if entry.outcome.verdict == "rejected" else "error"
    lines = [
        f"{one.file}:{one.line}:{one.column}: {one.level}[{one.code}] {one.message} ({one.rule})"
        for one in findings_of(entry)
    ]
    return Case(entry.at, entry.outcome.resource, failed, lines)


def _fit(text: str) -> str:
    return _NOT_XML.sub("?", show_text(text))
