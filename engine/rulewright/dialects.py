"""One problem model, written as each API's callers expect it: refusals as HTTP status and body.

A dialect is a function from the problems that count (errors, else what is undecided) to a body. Sources:
apis.md 1d (problem_details), 2d (goodstack), 3d (laravel), 4d (drf); RFC 9457 otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from rulewright.pointers import steps_of

if TYPE_CHECKING:
    # A warm start refuses without importing these.
    from rulewright.model import Api
    from rulewright.outcome import Response
    from rulewright.problem import Problem

Dialect = Callable[[int, Sequence[Any]], object]
# What a refusal is written in where the API names nothing.
DEFAULT: Final = "rfc9457"
# Python 3.13 renamed these.
_PHRASES: Final[Mapping[int, str]] = MappingProxyType(
    {
        413: "Request Entity Too Large",
        414: "Request-URI Too Long",
        416: "Requested Range Not Satisfiable",
        422: "Unprocessable Entity",
    }
)
# Characters of a JSON Pointer that stand for themselves in the fragment of a URI (RFC 3986, 3.5), other than
# letters and digits.
_PLAIN: Final = "/?:@!$&'()*+,;=-._~"
_LETTERS: Final = str.maketrans(dict.fromkeys(_PLAIN, "x"))

_GOODSTACK_STATUSES: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        403: ("forbidden", "Forbidden"),
        404: ("not_found", "Resource not found"),
        503: ("service_unavailable", "Service unavailable"),
    }
)
_DEFAULT_STATUS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "unauthenticated": 401,
        "permission": 403,
        "not_found": 404,
        "idempotency": 409,
        "transition": 409,
        "guard": 409,
        "conflict": 409,
        "unique": 409,
        "undecided": 503,
        "limit": 413,
        "*": 400,
    }
)
# Refusals of the call as a whole: no field is to blame.
_WHOLE: Final = frozenset({"unauthenticated", "permission", "not_found", "undecided"})


def refuse(api: Api | None, problems: Sequence[Problem], dialect: Dialect) -> Response | None:
    """Write a refusal in a dialect. None where nothing was refused.

    The status is that of the first problem in the order of evaluation.
    """
    from rulewright.outcome import Response  # noqa: PLC0415

    written = refusal_in(dialect, api, problems)
    return Response(*written) if written is not None else None


def refusal_in(dialect: Dialect, api: Any, problems: Sequence[Any]) -> tuple[int, object] | None:
    """The same as status and body; `api` and `problems` may be what a warm start has in place of them."""
    counting = [one for one in problems if one.severity == "error"]
    counting = counting or [one for one in problems if one.code == "undecided"]
    if not counting:
        return None
    status = status_of(api, counting[0])
    return status, dialect(status, counting)


def status_of(api: Api | None, problem: Problem) -> int:
    """Return the HTTP status of a problem: the vendor's own for it, else the API's, else the usual one."""
    if problem.vendor is not None and problem.vendor.status is not None:
        return problem.vendor.status
    declared = api.errors.status if api is not None and api.errors is not None else {}
    if problem.code in declared:
        return declared[problem.code]
    return declared.get("*") or _DEFAULT_STATUS.get(problem.code, _DEFAULT_STATUS["*"])


def reason_phrase(status: int, otherwise: str = "Error") -> str:
    """What HTTP calls a status; the same on every Python."""
    if status in _PHRASES:
        return _PHRASES[status]
    from http import HTTPStatus  # noqa: PLC0415 - a module that takes its time

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return otherwise


def rfc9457(status: int, problems: Sequence[Problem]) -> object:
    """application/problem+json (RFC 9457), with one entry in `errors` for each problem."""
    return {
        "type": "about:blank",
        "title": reason_phrase(status),
        "status": status,
        "detail": problems[0].message,
        "errors": [
            {"pointer": fragment_of(one.path), "code": one.code, "detail": one.message} for one in problems
        ],
    }


def fragment_of(path: str) -> str:
    """A JSON Pointer as the fragment of a URI: `#/caf%C3%A9` (RFC 6901, 6)."""
    if not path or (path.isascii() and path.translate(_LETTERS).isalnum()):
        return f"#{path}"
    from urllib.parse import quote  # noqa: PLC0415 - a warm start seldom has a path that needs it

    return "#" + quote(path, safe=_PLAIN, errors="surrogatepass")


def problem_details(status: int, problems: Sequence[Problem]) -> object:
    """ASP.NET Core's ValidationProblemDetails; ProblemDetails where no field is to blame (apis.md 1d)."""
    section = {400: "15.5.1", 401: "15.5.2", 403: "15.5.4", 404: "15.5.5", 409: "15.5.10"}.get(
        status, "15.6.1"
    )
    body: dict[str, object] = {"type": f"https://tools.ietf.org/html/rfc9110#section-{section}"}
    if problems[0].code in _WHOLE:
        return {
            **body,
            "title": reason_phrase(status),
            "status": status,
            "detail": problems[0].message,
        }
    errors: dict[str, list[str]] = {}
    for one in problems:
        errors.setdefault(".".join(steps_of(one.path)), []).append(one.message)
    return {**body, "title": "One or more validation errors occurred.", "status": status, "errors": errors}


def goodstack(status: int, problems: Sequence[Problem]) -> object:
    """Goodstack's error object (apis.md 2d); a 401 has no body."""
    first = problems[0]
    if first.code == "unauthenticated":
        return None
    named = _goodstack_name(status, first)
    if named is not None:
        code, title = named
        return {"error": {"code": code, "title": title, "message": first.message}}
    return {
        "error": {
            "code": "bad_request",
            "title": "Bad request",
            "message": "One or more of the inputs were invalid",
            "reasons": [_goodstack_text(one) for one in problems],
        }
    }


def _goodstack_name(status: int, problem: Problem) -> tuple[str, str] | None:
    """Code and title of a refusal that has a name of its own; None where inputs are to blame."""
    if problem.vendor is not None:
        return problem.vendor.code, problem.vendor.title or _title_of(status, problem.vendor.code)
    if problem.code == "idempotency":
        reason = str((problem.because.extra if problem.because else {}).get("reason", "key_already_in_use"))
        return f"idempotency/{reason}", _title_of(status, reason)
    return _GOODSTACK_STATUSES.get(status)


def _goodstack_text(problem: Problem) -> str:
    """As the vendor words its reasons (apis.md 2d)."""
    if _is_missing(problem):
        return f"{_label(problem)} is a required field"
    if problem.code == "min" and _said(problem).startswith(" must be at least "):
        return problem.message.replace("must be at least", "must be greater than or equal to", 1)
    return problem.message


def _title_of(status: int, code: str) -> str:
    """The vendor calls every 400 by one name, whatever its code (F10)."""
    if status == 400:
        return "Bad request"
    words = code.rsplit("/", 1)[-1].replace("_", " ")
    return words[:1].upper() + words[1:]


def laravel(status: int, problems: Sequence[Problem]) -> object:
    """Laravel's message and errors (apis.md 3d); the message counts those it does not show."""
    if problems[0].code == "unauthenticated":
        return {"message": "Unauthenticated."}
    if problems[0].code in _WHOLE:
        return {"message": problems[0].message}
    errors: dict[str, list[str]] = {}
    for one in problems:
        errors.setdefault(".".join(steps_of(one.path)) or "request", []).append(_laravel_text(one))
    more = len(problems) - 1
    rest = f" (and {more} more error{'s' if more > 1 else ''})" if more else ""
    return {"message": f"{_laravel_text(problems[0])}{rest}", "errors": errors}


def _said(problem: Problem) -> str:
    """What the engine says about a field, after its name; empty where the words are a rule file's own."""
    label = _label(problem)
    return problem.message.removeprefix(label) if label and problem.message.startswith(label) else ""


def _label(problem: Problem) -> str:
    return problem.rule.partition(".")[2].rpartition(".")[0]


def _is_missing(problem: Problem) -> bool:
    if problem.code != "required" or problem.path == "":
        return False
    # Which fields beside it ask for it is no part of the vendors' sentences.
    said = _said(problem)
    return said == " is required" or said.startswith((" is required with ", " is required without "))


def _laravel_text(problem: Problem) -> str:
    if _is_missing(problem):
        return f"The {' '.join(steps_of(problem.path)).replace('_', ' ')} field is required."
    return problem.message


def drf(status: int, problems: Sequence[Problem]) -> object:
    """Django REST Framework's fields and messages (apis.md 4d); `detail` where no field is to blame."""
    details = {
        "unauthenticated": "Authentication credentials were not provided.",
        "permission": "You do not have permission to perform this action.",
        "not_found": "Not found.",
    }
    if problems[0].code in _WHOLE:
        return {"detail": details.get(problems[0].code, problems[0].message)}
    body: dict[str, object] = {}
    for one in problems:
        _put(body, steps_of(one.path) or ["non_field_errors"], _drf_text(one))
    return body


def _drf_text(problem: Problem) -> str:
    """As the framework words what its serializers refuse."""
    if _is_missing(problem):
        return "This field is required."
    if problem.code == "reference" and _said(problem).startswith(" names no existing "):
        # Masked already where the field is sensitive.
        read = problem.because.values if problem.because is not None else {}
        return f'Invalid pk "{read.get(f"payload.{_label(problem)}", "")}" - object does not exist.'
    return problem.message


def _put(body: dict[str, object], steps: list[str], message: str) -> None:
    for step in steps[:-1]:
        below = body.setdefault(step, {})
        if not isinstance(below, dict):
            # The field itself has a message already; what is in it is said beside that.
            body = body.setdefault(f"{step}.{steps[-1]}", {})  # type: ignore[assignment]
            break
        body = below
    messages = body.setdefault(steps[-1], [])
    if isinstance(messages, list):
        messages.append(message)


DIALECTS: Final[Mapping[str, Dialect]] = MappingProxyType(
    {
        "rfc9457": rfc9457,
        "problem_details": problem_details,
        "goodstack": goodstack,
        "laravel": laravel,
        "drf": drf,
    }
)
