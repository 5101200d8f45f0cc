"""effect-shape: the keywords of an effect don't fit together.

{id, create: <resource>, set, bind}           # bind names the new record for what follows
{id, update: <resource>, where, set, expect}  # where says which records
{id, update: <look-up>, set}                  # the record that was found
{id, send: <target>, body}
{id, set}                                     # sets fields of the own record
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from rulewright.checks.subject import Subject, problem, span_of
from rulewright.model import Effect
from rulewright.problem import SourceProblem

CODE = "effect-shape"


class Form(Struct, frozen=True):
    """The keywords that one form of effect needs and those that it may have."""

    name: str
    needs: tuple[str, ...]
    may: frozenset[str]


_COMMON = frozenset({"id", "when", "on"})
OWN: Final = Form("an effect without create, update or send", ("set",), _COMMON | {"set"})
CREATE: Final = Form("create", (), _COMMON | {"create", "set", "bind"})
SEND: Final = Form("send", (), _COMMON | {"send", "body"})
UPDATE_ALL: Final = Form(
    "update of a resource", ("where", "set"), _COMMON | {"update", "where", "set", "expect"}
)
UPDATE_ONE: Final = Form("update of a record", ("set",), _COMMON | {"update", "set", "expect"})


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every effect against its form."""
    for effect in subject.all_effects():
        if subject.is_flawed(effect):
            # Its verb may be what could not be read.
            continue
        form = _form(effect)
        for keyword in form.needs:
            if keyword not in effect.at:
                yield problem(
                    CODE,
                    f"{form.name} needs {keyword}",
                    span_of(effect.at, "id", default=effect.span),
                    hint="for example where: {id: payload.person}" if keyword == "where" else None,
                )
        for keyword in effect.at:
            if keyword not in form.may:
                yield problem(CODE, f"{form.name} takes no {keyword}", effect.at[keyword])


def _form(effect: Effect) -> Form:
    if effect.verb is None:
        return OWN
    if effect.verb == "update":
        return UPDATE_ALL if "/" in (effect.target or "") else UPDATE_ONE
    return CREATE if effect.verb == "create" else SEND
