"""Messages of the outbox, in words or as JSON; sensitive values stay masked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from rulewright.outbox import Letter, Settled
from rulewright.report.pretty import Paint
from rulewright.report.text import show_text, show_value

_LOOKS: Final = {
    "delivered": "accepted",
    "dead": "rejected",
    "retry": "undecided",
    "postponed": "undecided",
    "waiting": "undecided",
}
_SECRET_ORDER: Final = re.compile(r"\*\*\*[0-9a-f]{64}$")


def letter_line(letter: Letter, paint: Paint) -> str:
    """A message in one line."""
    response = letter.response or {}
    parts = [
        str(letter.id),
        paint(letter.state, _LOOKS.get(letter.state, "info")),
        show_text(letter.target),
        letter.method,
        show_text(letter.url),
        f"{letter.attempts} attempts" if letter.attempts != 1 else "1 attempt",
    ]
    if letter.state == "waiting":
        parts.append("waits for an earlier one" if letter.due is None else f"due {letter.due or 'now'}")
    if letter.response is not None:
        parts.append(f"last: {_answer(response)}")
    return "  ".join(parts)


def _answer(response: Mapping[str, object]) -> str:
    error = response.get("error")
    return show_text(str(error)) if error is not None else str(response.get("status"))


def letter_in_words(letter: Letter, paint: Paint) -> list[str]:
    """A message whole."""
    lines = [
        letter_line(letter, paint),
        f"  about  {letter.resource} {show_value(_shown_key(letter))}",
        f"  created {letter.created}  last attempt {letter.last_attempt or '-'}",
        f"  Idempotency-Key  {letter.idempotency_key}",
        *(f"  {show_text(name)}  {show_text(value)}" for name, value in letter.headers.items()),
        f"  body   {show_text(_whole(letter.shown))}",
    ]
    if letter.response is not None:
        lines.append(f"  answer {show_text(_whole(letter.response.get('body')))}")
        lines += [f"  {paint('✗', 'rejected')} {line}" for line in _problem_lines(letter.response)]
        if letter.response.get("note") is not None:
            lines.append(f"  note   {show_text(str(letter.response['note']))}")
    return lines


def _problem_lines(response: Mapping[str, object]) -> list[str]:
    problems = response.get("problems")
    return [
        show_text(f"{one['path'] or '(the whole)'}: {one['message']} [{one['code']}]")
        for one in (problems if isinstance(problems, list) else [])
    ]


def _whole(value: object) -> str:
    return value if isinstance(value, str) else show_value(value)


def letter_json(letter: Letter) -> dict[str, object]:
    """A message as JSON data."""
    return {
        "id": letter.id,
        "state": letter.state,
        "target": letter.target,
        "resource": letter.resource,
        "key": _shown_key(letter),
        "method": letter.method,
        "url": letter.url,
        "headers": dict(letter.headers),
        "body": letter.shown,
        "idempotency_key": letter.idempotency_key,
        "order_key": _shown_order(letter.order_key),
        "attempts": letter.attempts,
        "due": letter.due,
        "created": letter.created,
        "last_attempt": letter.last_attempt,
        "response": letter.response,
    }


def settled_line(settled: Settled, paint: Paint) -> str:
    """What became of a message, in one line."""
    letter = settled.letter
    parts = [paint(settled.fate, _LOOKS.get(settled.fate, "info")), str(letter.id), show_text(letter.target)]
    if settled.reply.status is not None:
        parts.append(str(settled.reply.status))
    if settled.note is not None:
        parts.append(show_text(settled.note))
    if settled.fate == "retry":
        parts.append(f"next {letter.due}")
    parts += [show_text(f"{one.path or '(the whole)'}: {one.message}") for one in settled.problems]
    return "  ".join(parts)


def settled_json(settled: Settled) -> dict[str, object]:
    """What became of a message, as JSON data."""
    return {
        "id": settled.letter.id,
        "fate": settled.fate,
        "target": settled.letter.target,
        "status": settled.reply.status,
        "note": settled.note,
        "problems": [
            {"code": one.code, "path": one.path, "message": one.message} for one in settled.problems
        ],
    }


def _shown_key(letter: Letter) -> object:
    return "***" if letter.hides_key else letter.key


def _shown_order(key: str | None) -> str | None:
    """What messages are ordered by; of a secret not even the digest: a short one could be guessed from it."""
    return None if key is None else _SECRET_ORDER.sub("***", key)
