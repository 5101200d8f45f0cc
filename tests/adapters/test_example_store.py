"""The store in examples/jsonl_store, installed by pip and used, without any change to the engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "jsonl_store"
PAYLOADS = ROOT / "examples" / "payloads"
URL = "jsonl:///cases.jsonl"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, built and installed into a folder of its own, as pip installs it."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", str(folder), str(EXAMPLE)], check=True)
    return folder


def run(site: Path | None, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `python ...` where the example is installed, or is not."""
    more = [str(site)] if site is not None else []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*more, os.environ.get("PYTHONPATH", "")])}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_its_entry_point_makes_it_a_store_like_any_other(site: Path, tmp_path: Path) -> None:
    """Applied, looked up, told by `history` and listed in the outbox, each by a process of its own."""
    actor = ["--actor", str(PAYLOADS / "ct_oi-actor.json"), "--store", URL]
    words = ["apply", "ct_oi/case", str(PAYLOADS / "ct_oi-cases.jsonl"), *actor, "--format", "jsonl"]
    applied = run(site, tmp_path, "-m", "rulewright", *words, "--forward", "vendor")
    told = run(site, tmp_path, "-m", "rulewright", "history", "ct_oi/case", "1", "--store", URL)
    listed = run(site, tmp_path, "-m", "rulewright", "outbox", "list", "--store", URL)

    stored = [one for one in map(json.loads, applied.stdout.splitlines()) if one["verdict"] == "accepted"]
    assert stored, applied.stderr
    assert told.stdout.startswith("#1 "), told.stderr
    assert len(listed.stdout.splitlines()) == len(stored)


def test_without_it_the_scheme_is_unknown(tmp_path: Path) -> None:
    """The message names the schemes that are known."""
    refused = run(None, tmp_path, "-m", "rulewright", "history", "ct_oi/case", "1", "--store", URL)

    assert refused.returncode == 2
    assert "no store has the URL 'jsonl://...'" in refused.stderr


def test_its_own_tests_pass(site: Path, tmp_path: Path) -> None:
    """The contract of all stores, and what it promises beyond."""
    done = run(site, tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(EXAMPLE / "tests"))

    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
