"""sensitive-copied: a field that is not sensitive takes the value of one that is.

    card: {type: string, sensitive: true}
    note: {type: string, compute: "'paid with ' + payload.card"}                   # masked, unsaid
    note: {type: string, sensitive: true, compute: "'paid with ' + payload.card"}  # right
    end: {type: string, sensitive: false, compute: 'payload.card.substring(12)'}   # right: it may be shown

A copy is masked wherever what it is made from is, and so are the copies that are made of it: in problems,
traces, reports and the history. So is a field that a look-up compares with a sensitive value. Say
sensitive: true of it, so that readers of the file know, or sensitive: false where it may be shown (the last
four digits, for example). A warning.

A comparison, a count or the condition of a choice tells something of a value, and does not hold it. Responses
and messages give what they are told to give; reports of them mask what is sensitive.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.copies import copies_of
from rulewright.checks.subject import Subject, problem
from rulewright.problem import SourceProblem

CODE = "sensitive-copied"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every value that a rule puts into a field, and every one that records are looked up by."""
    told = set()
    for copy in copies_of(subject):
        name = copy.name
        text = f"{copy.source} is sensitive, and the field {name}, which {copy.how}, is not"
        hint = f"say sensitive: true of {name}, or sensitive: false where it may show"
        place = (copy.expression.span, copy.how)
        # One word for what an expression gives to several parts.
        if place not in told:
            told.add(place)
            yield problem(CODE, text, copy.expression.span, hint=hint, severity="warning")
