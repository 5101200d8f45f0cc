"""Changes in words: what an accepted payload creates and updates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rulewright.report.text import show_text, show_value

if TYPE_CHECKING:
    from rulewright.outcome import Change, Message, Outcome


def changes_in_words(outcome: Outcome) -> Iterator[str]:
    """One line per change and message, like `updates ct_oi/case 7  head_of_household: true -> false`."""
    if outcome.replayed:
        yield "replayed: this call was answered before, so nothing changes"
    for change in outcome.changes:
        yield _change(change)
    for message in outcome.messages:
        yield _message(message)


def _change(change: Change) -> str:
    verb = "creates" if change.op == "create" else "updates"
    return f"{verb} {change.resource} {_key(change.key)}  {', '.join(_sets(change))}".rstrip()


def _sets(change: Change) -> Iterator[str]:
    before = change.before or {}
    for name, value in change.set.items():
        if change.op == "create":
            if value is not None:
                yield f"{name}: {show_value(value)}"
        else:
            yield f"{name}: {show_value(before.get(name))} -> {show_value(value)}"


def _key(key: object) -> str:
    return show_text(key) if isinstance(key, str) else show_value(key)


def _message(message: Message) -> str:
    return f"sends {message.method} {show_text(message.url)} ({message.target})"
