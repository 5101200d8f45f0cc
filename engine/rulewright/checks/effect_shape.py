"""effect-shape: the keywords of an effect don't fit together.

{id, create: <resource>, set, bind}           # bind names the new record for what follows
{id, update: <resource>, where, set, expect}  # where says which records
{id, update: <look-up>, set}                  # the record that was found
{id, send: <target>, body}
{id, set}                                     # sets fields of the own record
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from rulewright.checks.subject import Subject, problem, span_of
from rulewright.model import Effect
from rulewright.problem import SourceProblem

CODE = "effect-shape"


class _Form(Struct, frozen=True):
    """The keywords that one form of effect needs and those that it may have."""

    name: str
    needs: tuple[str, ...]
    may: frozenset[str]


_COMMON = frozenset({"id", "when", "on"})
_OWN = _Form("an effect without create, update or send", ("set",), _COMMON | {"set"})
_CREATE = _Form("create", (), _COMMON | {"create", "set", "bind"})
_SEND = _Form("send", (), _COMMON | {"send", "body"})
_UPDATE_ALL = _Form("update of a resource", ("where", "set"), _COMMON | {"update", "where", "set", "expect"})
_UPDATE_ONE = _Form("update of a record", ("set",), _COMMON | {"update", "set", "expect"})


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
                    CODE, f"{form.name} needs {keyword}", span_of(effect.at, "id", default=effect.span)
                )
        for keyword in effect.at:
            if keyword not in form.may:
                yield problem(CODE, f"{form.name} takes no {keyword}", effect.at[keyword])


def _form(effect: Effect) -> _Form:
    if effect.verb is None:
        return _OWN
    if effect.verb == "update":
        return _UPDATE_ALL if "/" in (effect.target or "") else _UPDATE_ONE
    return _CREATE if effect.verb == "create" else _SEND
