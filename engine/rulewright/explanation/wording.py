"""Edits in plain words: "add address with addressLineOne and postcode"."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rulewright.explanation.edits import ADDED, INVENTED, Edit
from rulewright.pointers import steps_of

_LONGEST = 60


def words_of(edit: Edit) -> str:
    """Say one edit."""
    name = label(edit.path)
    match edit.op:
        case "remove":
            return f"remove {name}"
        case "move":
            return f"rename {label(edit.origin)} to {name}"
        case "add":
            return f"add {name}{_with(edit.value)}"
        case _ if isinstance(edit.value, Mapping) and edit.value:
            return f"change {name} to one{_with(edit.value)}"
        case _ if edit.rank in (ADDED, INVENTED):
            return f"change {name}, for example to {_shown(edit.value)}"
        case _:
            return f"change {name} to {_shown(edit.value)}"


def join_words(edits: Sequence[Edit]) -> str:
    """Say several edits as one sentence."""
    return listed([words_of(edit) for edit in edits])


def label(pointer: str) -> str:
    """A JSON Pointer as people write it: address.postcode, plans[0]."""
    text = ""
    for step in steps_of(pointer):
        text += f"[{step}]" if step.isdigit() and text else f".{step}" if text else step
    return text or "the payload"


def listed(parts: Sequence[str]) -> str:
    """Join as "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def _with(value: object) -> str:
    if isinstance(value, Mapping):
        return f" with {listed([str(name) for name in value])}" if value else ""
    return f", for example {_shown(value)}"


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
