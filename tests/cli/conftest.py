"""Fixtures of the tests of the command."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner
from workplace import RULES, Ran, Run, Write

from rulewright.cli import main


@pytest.fixture(autouse=True)
def _workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
