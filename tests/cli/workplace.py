"""What the tests of the command share: the small rule set, how a run ended, golden files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RULES = HERE / "rules"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Ran:
    """How a run of the command ended."""

    code: int
    out: str
    err: str

    @property
    def outcomes(self) -> list[dict[str, Any]]:
        """The outcomes that --format jsonl printed."""
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Ran]
Write = Callable[[str, object], str]


def golden(name: str, out: str) -> str:
    """The kept text of a golden file, after writing it anew if UPDATE_GOLDEN is set."""
    path = HERE / "golden" / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(stable(out))
    return path.read_text()


def stable(out: str) -> str:
    """Output without what changes from version to version."""
    return _DIGEST.sub("sha256:DIGEST", out).replace(str(RULES), "RULES")


def refused_in(name: str) -> list[str]:
    """What a file of --rejected holds: each payload as JSON, of what is none its text.

    Each has its place, its verdict and at least one problem beside it.
    """
    told = [json.loads(line) for line in Path(name).read_text().splitlines()]
    for one in told:
        assert one.keys() - {"payload", "text"} == {"at", "verdict", "problems"}
        assert {"code", "path", "message", "rule", "payload_at"} <= one["problems"][0].keys()
    return [one["text"] if "text" in one else json.dumps(one["payload"]) for one in told]
