"""expression-types: what the static checker finds in expressions, each under a code of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from rulewright.cel import DEFAULT_LIMITS
from rulewright.cel.checker import CONDITION, CheckProblem, check_tree, cost
from rulewright.cel.tree import Literal
from rulewright.checks.names import Lasting, Names, every_operation, names_on
from rulewright.checks.payload_on_update import unsent
from rulewright.checks.sites import Site
from rulewright.checks.subject import Subject, problem
from rulewright.problem import SourceProblem

CODE = "expression-types"
_SPOKEN = {"create": "a create", "update": "an update"}
_ELSEWHERE = {
    "value": "value is there only in a field's own checks, one_of and references",
    "item": "item is there only inside a list's items",
    "source": "source is there only in reactions",
    "body": "body is there only in the envelope",
    "resource": "resource is there only in the envelope and the response",
    **dict.fromkeys(("None", "NULL", "Null", "nil", "undefined"), "write null"),
    **dict.fromkeys(("True", "TRUE", "yes"), "write true"),
    **dict.fromkeys(("False", "FALSE", "no"), "write false"),
}
# What stands before a word that may be meant as a text, and behind one that is taken for the own record.
_COMPARED = re.compile(r"(?:==|!=|[\[,])\s*\Z")
_PART = re.compile(r"\.(\w+)")
_OF_FIELD = re.compile(r"\b(?:payload|record|current)\.(\w+)\.\Z")
# What other languages count years by.
_AGES = frozenset(["age", "years", "year_diff", "datediff", "date_diff", "years_between", "add_years"])


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every expression against the names, types and sizes it may rely on."""
    for site in subject.sites:
        if site.tree is None:
            continue
        checked = check_tree(site.tree, site.expression.text, site.names.declarations, site.expected)
        told = {".".join(reading.names) for reading in unsent(subject, site)}
        for found in checked.problems:
            if found.code == "constant-condition" and _is_plain_value(site):
                continue
            if found.code == "may-be-null":
                # payload-on-update says the same of these, and better.
                if site.expression.text[found.start : found.end] in told:
                    continue
                found = _on_some(subject, site, found)  # noqa: PLW2901 - the same, told better
            yield _placed(subject, site, found)
        steps = cost(site.tree, site.names.sizes)
        if steps > DEFAULT_LIMITS.steps:
            message = f"this may take {steps:,} steps, and {DEFAULT_LIMITS.steps:,} are taken at most"
            hint = "say max_length of the lists and texts it goes through, or go through fewer at once"
            yield problem("too-costly", message, site.expression.span, hint=hint)


def _is_plain_value(site: Site) -> bool:
    """A value that is written as true or false: it is no condition."""
    return site.expected is not CONDITION and isinstance(site.tree, Literal)


def _on_some(subject: Subject, site: Site, found: CheckProblem) -> CheckProblem:
    """A value that may be null on some of the operations only is told with these."""
    on = site.on & every_operation(subject) or site.on
    if len(on) < 2 or site.tree is None:
        return found
    lasting = Lasting.of(subject)
    some = [
        operation
        for operation in sorted(on, key=lambda operation: (operation not in _SPOKEN, operation))
        if _is_told(site, names_on(subject, operation, site.names, on, lasting), found)
    ]
    if not some or len(some) == len(on):
        return found
    listed = " and ".join(f"on {_SPOKEN.get(operation, operation)}" for operation in some)
    return replace(found, message=found.message.replace(" or null, and", f" or null {listed}, and", 1))


def _is_told(site: Site, names: Names, found: CheckProblem) -> bool:
    assert site.tree is not None
    problems = check_tree(site.tree, site.expression.text, names.declarations, site.expected).problems
    return any(one.code == found.code and one.start == found.start for one in problems)


def _placed(subject: Subject, site: Site, found: CheckProblem) -> SourceProblem:
    span = site.expression.scalar.locate(found.start, found.end)
    message, hint, severity = found.message, _told(subject, site, found) or found.hint, found.severity
    if found.code == "unknown-name" and found.name is not None:
        message = f"{found.name} is no name that {site.place} knows"
    if found.code == "wrong-result" and site.expression.text.startswith("request."):
        # What comes with an address or a header is text; some stores take the text of a number for it.
        severity, hint = "warning", f"write int({site.expression.text}) where a number is meant"
    return problem(found.code, message, span, hint=hint, severity=severity)


def _told(subject: Subject, site: Site, found: CheckProblem) -> str | None:
    """What the rule file says of it that the expression alone does not, or None."""
    match found.code:
        case "unknown-name" if found.name is not None:
            return _hint(subject, site, found) or found.hint or _hint_at_text(site, found.name)
        case "unknown-path" if _is_of_event(subject, site, found) and not (found.hint or "").startswith(
            "did"
        ):
            bringing = f"events: {{{min(site.on)}: {{fields: {{{found.name}: ...}}}}}}"
            return f"what an event brings is declared: {bringing}"
        case "unknown-function" if found.hint is None and found.name in _AGES:
            return "docs/cel.md#years-and-ages shows how whole years are counted"
        case "wrong-type":
            return _hint_at_reference(subject, site, found)
    return None


def _hint_at_reference(subject: Subject, site: Site, found: CheckProblem) -> str | None:
    """For a part of a key: the record that it names has a name of its own."""
    before = _OF_FIELD.search(site.expression.text, 0, found.start)
    field = subject.fields.get(before[1]) if before is not None else None
    if field is None or field.references is None:
        return None
    part = site.expression.text[found.start : found.end]
    if field.references.bind is None:
        return f"it names a record: say as: {field.name}_record under its references, and read that"
    if field.items is not None:
        return f"it names records, which are the list {field.references.bind}"
    return f"it names a record: read {field.references.bind}.{part}"


def _is_of_event(subject: Subject, site: Site, found: CheckProblem) -> bool:
    """Is it a field of payload that is not declared, in an expression of events alone?"""
    before = site.expression.text[: found.start].rstrip(". ")
    return before.endswith("payload") and bool(site.on) and site.on <= subject.events


def _hint_at_text(site: Site, name: str) -> str | None:
    """For a word that nothing is near to: most often it is meant as the very text."""
    if name != site.expression.text.strip():
        return f"a text stands in quotes of its own: '{name}'"
    if site.place == "one_of":
        return f"a list of values is written [{name}]"
    return None if site.expected is CONDITION else f"a text stands in two pairs of quotes: \"'{name}'\""


def _hint(subject: Subject, site: Site, found: CheckProblem) -> str | None:
    name = found.name or ""
    if name in _ELSEWHERE:
        return _ELSEWHERE[name]
    if name in {effect.bind for effect in subject.all_effects()}:
        return f"{name} is bound by an effect, and is there only in the effects after it"
    text = site.expression.text
    if name not in subject.fields:
        part = _PART.match(text, found.end)
        is_own = part is not None and part[1] in subject.fields and found.hint is None
        return f"did you mean payload.{part[1]}?" if part is not None and is_own else None
    is_compared = _COMPARED.search(text, 0, found.start) is not None
    return f"did you mean payload.{name}" + (f", or the text '{name}'?" if is_compared else "?")
