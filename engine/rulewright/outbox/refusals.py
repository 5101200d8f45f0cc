"""A receiver's refusal as problems at the payload's paths: the dialects of `dialects` read backwards.

What a vendor says about a field is found in its error body (apis.md 1d, 2d, 3d, 4d); what can't be read
stays one problem about the whole. Nothing here trusts the body: it may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import unquote

from msgspec import Struct

from rulewright.pointers import index_in, pointer_to, steps_of
from rulewright.ports import Reply
from rulewright.problem import Problem, VendorError

# A field as the receiver calls it (steps outside in), and what is wrong there.
_Finding = tuple[tuple[str, ...], str]
_Reader = Callable[[Mapping[str, object]], Iterator[_Finding]]

_CODES: Final[Mapping[int, str]] = {
    401: "unauthenticated",
    403: "permission",
    404: "not_found",
    409: "conflict",
    410: "not_found",
    413: "limit",
}
_STEP: Final = re.compile(r"[^.\[\]]+")
_MISSING: Final = re.compile(r"\brequired\b|may not be (?:null|blank|empty)", re.IGNORECASE)
# One that sends back a megabyte of errors is not helped by a megabyte of problems.
_MOST: Final = 100
_LONGEST: Final = 500


class Refused(Struct, frozen=True):
    """Whose refusal it is: `resource` and `target` name the rule, `body` is what was sent."""

    resource: str
    target: str
    body: object
    fields: Sequence[str] = ()


def problems_of(reply: Reply, dialect: str | None, sent: Refused) -> tuple[Problem, ...]:
    """Return what a refusal says, at least one problem."""
    body = reply.body if isinstance(reply.body, Mapping) else {}
    code = _CODES.get(reply.status or 0, "check")
    found = _findings(dialect, body)[:_MOST] if code in ("check", "conflict") else []
    if dialect == "goodstack":
        found = [(steps or _named_in(text, sent), text) for steps, text in found]
    vendor = _vendor(body)
    if not found:
        found = [((), _said(reply, body))]
    return tuple(
        Problem(
            rule=f"{sent.resource}.targets.{sent.target}",
            code="required" if steps and _MISSING.search(text) else code,
            path=_pointer(steps, sent),
            message=text[:_LONGEST],
            vendor=vendor,
        )
        for steps, text in found
    )


def _findings(dialect: str | None, body: Mapping[str, object]) -> list[_Finding]:
    """What is wrong at which field; a target of `send` may be anybody's, and write as others do."""
    return list(READERS.get(dialect or "", _any)(body)) or list(_any(body))


def _said(reply: Reply, body: Mapping[str, object]) -> str:
    """What a refusal that blames no field says of itself."""
    error = body.get("error")
    inner: Mapping[str, object] = error if isinstance(error, Mapping) else {}
    for text in (inner.get("message"), body.get("detail"), body.get("message"), body.get("title"), error):
        if isinstance(text, str) and text.strip():
            return text.strip()
    return f"the receiver answered {reply.status}" if reply.error is None else reply.error


def _vendor(body: Mapping[str, object]) -> VendorError | None:
    error = body.get("error")
    if not isinstance(error, Mapping) or not isinstance(error.get("code"), str):
        return None
    title = error.get("title")
    return VendorError(str(error["code"])[:_LONGEST], title if isinstance(title, str) else None)


def _named(body: Mapping[str, object]) -> Iterator[_Finding]:
    """`errors: {"participants.1": [texts]}`, as Laravel and ASP.NET Core write them."""
    errors = body.get("errors")
    for name, texts in errors.items() if isinstance(errors, Mapping) else ():
        steps = tuple(_STEP.findall(str(name).removeprefix("$")))
        yield from ((steps, text) for text in _texts(texts))


def _pointed(body: Mapping[str, object]) -> Iterator[_Finding]:
    """`errors: [{pointer, detail}]`, as in RFC 9457."""
    errors = body.get("errors")
    for one in errors if isinstance(errors, list) else ():
        if isinstance(one, Mapping):
            steps = tuple(steps_of(_pointer_of(one)))
            yield from ((steps, text) for text in _texts(one.get("detail")))


def _pointer_of(one: Mapping[str, object]) -> str:
    """A JSON Pointer, which after `#` is percent-encoded (RFC 6901, 6)."""
    pointer = str(one.get("pointer", ""))
    return unquote(pointer[1:]) if pointer.startswith("#") else pointer


def _reasons(body: Mapping[str, object]) -> Iterator[_Finding]:
    """`error: {reasons: [texts]}`, as Goodstack writes them; a reason names its field, if any, in words."""
    error = body.get("error")
    if isinstance(error, Mapping):
        yield from (((), text) for text in _texts(error.get("reasons")))


def _nested(body: Mapping[str, object]) -> Iterator[_Finding]:
    """`{"field": [texts]}`, nested like the data, as Django REST Framework writes them."""
    if set(body) == {"detail"}:
        return
    waiting: list[tuple[tuple[str, ...], object]] = [((), body)]
    while waiting:
        steps, value = waiting.pop()
        if isinstance(value, Mapping):
            below = [((*steps, str(name)), part) for name, part in value.items()]
            waiting += reversed(below)
        elif isinstance(value, list):
            texts = [part for part in value if isinstance(part, str)]
            yield from ((_without_markers(steps), text) for text in texts)
            waiting += [
                ((*steps, str(index)), part) for index, part in enumerate(value) if isinstance(part, Mapping)
            ][::-1]
        elif isinstance(value, str):
            yield _without_markers(steps), value


def _without_markers(steps: tuple[str, ...]) -> tuple[str, ...]:
    return steps[:-1] if steps and steps[-1] == "non_field_errors" else steps


def _any(body: Mapping[str, object]) -> Iterator[_Finding]:
    """Where no dialect is named, or it says nothing: by the body's shape."""
    for reader in (_named, _pointed, _reasons):
        found = list(reader(body))
        if found:
            yield from found
            return


READERS: Final[Mapping[str, _Reader]] = {
    "rfc9457": _pointed,
    "problem_details": _named,
    "laravel": _named,
    "goodstack": _reasons,
    "drf": _nested,
}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (part for part in value if isinstance(part, str))


def _named_in(text: str, sent: Refused) -> tuple[str, ...]:
    """The field that a sentence speaks of: the first word that is the name of one."""
    own = set(sent.body) if isinstance(sent.body, Mapping) else set()
    known = own | set(sent.fields)
    for word in re.findall(r"[A-Za-z_][A-Za-z0-9_]*", text):
        if word in known:
            return (word,)
    return ()


def _pointer(steps: tuple[str, ...], sent: Refused) -> str:
    """A JSON Pointer into what was sent; names are found there whatever their case (`Address.Postcode`)."""
    value: object = sent.body
    found = []
    for index, step in enumerate(steps):
        name = step
        if isinstance(value, Mapping):
            names = [*value, *(sent.fields if index == 0 else ())]
            name = next((each for each in (step, *names) if each in names and _same(each, step)), step)
            value = value.get(name)
        elif isinstance(value, list):
            place = index_in(value, step)
            value = value[place] if place is not None else None
        found.append(name)
    return pointer_to(found)


def _same(name: str, step: str) -> bool:
    return name.casefold() == step.casefold()
