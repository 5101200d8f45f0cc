"""What tests by the command share: a folder to work in, running it, the small rule set, golden files."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rulewright.cli import main

HERE = Path(__file__).parent
RULES = HERE / "rules"
# What `apply` is told in most tests: where to store, how to report, and where copies go.
STORE = ("--store", "sqlite:///t.db")
JSONL = ("--format", "jsonl")
COPIES = ("--accepted", "good.jsonl", "--rejected", "bad.jsonl")
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


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in a folder of its own, which names the small rule set, and in no one's environment."""
    for name in [*os.environ]:
        if name.startswith("RULEWRIGHT_") or name == "NO_COLOR":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    configuration = f"rules = {json.dumps(str(RULES))}\nactor = {{name = 'Ann'}}\n"
    (tmp_path / "rulewright.toml").write_text(configuration)


@pytest.fixture
def run() -> Run:
    """Run the command in this process."""

    def call(*words: str, stdin: str | bytes | None = None, env: Mapping[str, str] | None = None) -> Ran:
        result = CliRunner().invoke(main, words, input=stdin, env=env, prog_name="rulewright")
        return Ran(result.exit_code, result.stdout, result.stderr)

    return call


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file into the work place: text and bytes as they are, lists as JSONL, else JSON."""

    def make(name: str, content: object) -> str:
        if isinstance(content, list):
            content = "".join(json.dumps(item) + "\n" for item in content)
        if not isinstance(content, str | bytes):
            content = json.dumps(content)
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(data)
        return name

    return make


def stored(column: str, table: str = "desk_ticket") -> list[object]:
    """A column of the store, in the order of the key."""
    connection = sqlite3.connect("t.db")
    try:
        return [row[0] for row in connection.execute(f'SELECT "{column}" FROM "{table}" ORDER BY id')]
    finally:
        connection.close()


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
