"""unknown-type: a field's type does not exist, or needs a package that is not installed.

Types are string, integer, number, boolean, date, datetime, uuid, object, list, map, any, those of plug-ins
(email, money, uk_postcode and others ship), and the shared types of api.yaml. `phone` needs
`pip install 'rulewright[phone]'`. A type is one word; what it is beside that has keywords of its own:

    rate: {type: number?}                                     # wrong
    rate: {type: number, nullable: true}                      # right: null may be sent
    tags: {type: 'list[string]'}                              # wrong
    tags: {type: list, items: {type: string}}                 # right
    from: {type: enum, values: [self, agency]}                # wrong
    from: {type: string, one_of: [self, agency]}              # right
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec

from rulewright.checks.subject import Subject, problem, unknown
from rulewright.problem import SourceProblem

CODE = "unknown-type"
# As other languages write that null may be sent, and what a list is of.
_OR_NULL = re.compile(r"(\w+)\s*\?|(\w+)\s*\|\s*(?:null|None)|(?:null|None)\s*\|\s*(\w+)")
# What is no type here, because a keyword says it of any type.
_KEYWORDS = {
    **dict.fromkeys(
        ("enum", "choice", "choices", "select", "option", "options"), "type: string, one_of: [...]"
    ),
    **dict.fromkeys(
        ("reference", "ref", "relation", "foreign_key"), "references, beside the type of the key"
    ),
}
_LIST_OF = re.compile(r"(?:list|array|List|Array)\s*[\[<(]\s*(\w+)\s*[\]>)]|(\w+)\s*\[\]|\[\s*(\w+)\s*\]")


def check(subject: Subject) -> Iterator[SourceProblem]:
    """The type of every field, and of what is known of callers."""
    known = subject.universe.registry.types
    auth = subject.api.auth
    for type_ in auth.actor.values() if auth is not None else ():
        if auth is not None and type_ not in known:
            # To expressions it is anything at all.
            span = subject.place(auth.span, type_)
            yield unknown(CODE, "the type", type_, known, span, severity="warning")
    for _, field in subject.all_fields():
        kind = known.get(field.type)
        if kind is None:
            span, hint = subject.value_of(field, "type"), _meant(field.type)
            if hint is not None:
                yield problem(CODE, f"the type {field.type} is not known", span, hint=hint)
            else:
                yield unknown(CODE, "the type", field.type, known, span)
        elif kind.needs is not None and find_spec(kind.needs[0]) is None:
            module, package = kind.needs
            message = f"the type {field.type} needs {module}, which is not installed"
            hint = f"pip install '{package}'"
            yield problem(CODE, message, subject.value_of(field, "type"), hint=hint)


def _meant(type_: str) -> str | None:
    """What to write for a type of other languages that holds more than one word."""
    if type_.lower() in _KEYWORDS:
        return f"write {_KEYWORDS[type_.lower()]}"
    if found := _OR_NULL.fullmatch(type_):
        return f"write type: {found[1] or found[2] or found[3]}, and nullable: true where null may be sent"
    if found := _LIST_OF.fullmatch(type_):
        return f"write type: list, items: {{type: {found[1] or found[2] or found[3]}}}"
    return None
