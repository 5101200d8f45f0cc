"""What the README says is what happens."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rulewright.cli import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def sessions() -> Iterator[tuple[str, str]]:
    """Yield each command of the README's console blocks with the output that it shows."""
    for block in CONSOLE.findall(README):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield command, output


def run(command: str, folder: Path) -> str:
    """Run a command line as a reader would, with this interpreter's `rulewright` on the PATH."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1"}
    done = subprocess.run(
        command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of what the README's commands name."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    return tmp_path


@pytest.mark.parametrize(("command", "output"), list(sessions()), ids=lambda text: text[:40])
def test_console_blocks_show_what_is_printed(command: str, output: str, folder: Path) -> None:
    """Each command prints what the README shows."""
    printed = run(command, folder)

    assert printed == output


def test_the_first_command_stores_a_case_and_its_household(folder: Path) -> None:
    """The README's first command, less the installation, prints the created household."""
    line = next(
        line for line in README.splitlines() if "rulewright apply" in line and line.startswith("python3")
    )

    printed = run(line.rpartition("&& .venv/bin/")[2], folder)

    assert "creates ct_oi/household 1" in printed
    assert (folder / "cases.db").exists()


@pytest.mark.parametrize("block", PYTHON.findall(README))
def test_python_blocks_run(block: str, folder: Path) -> None:
    """The library example runs as it stands."""
    (folder / "example.py").write_text(block)

    done = subprocess.run(
        [sys.executable, "example.py"], cwd=folder, capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    assert done.stdout.startswith("accepted")


def test_every_command_is_documented() -> None:
    """The README names every command that --help lists."""
    listed = {name for name in main.list_commands(None) if name}  # type: ignore[arg-type]

    assert [name for name in listed if f"rulewright {name}" not in README] == []
