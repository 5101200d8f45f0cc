"""The dialect reasons: what a donor's web form shows."""

from __future__ import annotations

from collections.abc import Sequence

from rulewright import Problem


def write_reasons(status: int, problems: Sequence[Problem]) -> object:
    """Write a refusal as `{"ok": false, "reasons": [...]}`."""
    return {"ok": False, "status": status, "reasons": [one.message for one in problems]}
