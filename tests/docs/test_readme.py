"""What the README says is what happens."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from doc_blocks import ROOT, blocks_of, run, sessions

from rulewright.cli import main
from rulewright.configuration import find_configuration
from rulewright.errors import ConfigurationError

README = ROOT / "README.md"
PYTHON = [block.text for block in blocks_of(README) if block.kind == "python"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of what the README's commands name."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    return tmp_path


@pytest.mark.parametrize(("command", "output"), list(sessions(README)), ids=lambda text: text[:40])
def test_console_blocks_show_what_is_printed(command: str, output: str, folder: Path) -> None:
    """Each command prints what the README shows."""
    printed = run(command, folder)

    assert printed == output


def test_the_first_command_stores_a_case_and_its_household(folder: Path) -> None:
    """The README's first command, less the installation, prints the created household."""
    line = next(
        line
        for line in README.read_text().splitlines()
        if "rulewright apply" in line and line.startswith("python3")
    )

    printed = run(line.rpartition("&& .venv/bin/")[2], folder)

    assert "creates ct_oi/household 1" in printed
    assert (folder / "cases.db").exists()


def test_the_versions_of_python_are_those_that_the_package_names() -> None:
    """Each was tried; the first is the oldest that the package can be installed on."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [one.rpartition(" ")[2] for one in project["classifiers"] if " :: Python :: 3." in one]
    said = re.search(r"with Python ([\d., or]+) \(all tests", README.read_text())

    assert said is not None
    assert re.findall(r"3\.\d+", said[1]) == named
    assert project["requires-python"] == f">={named[0]}"


def test_workers_can_send_with_their_extra_alone() -> None:
    """They hold messages in PostgreSQL, and send them over HTTP."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]

    assert "rulewright[http,postgres]" in extras["workers"]


@pytest.mark.parametrize("block", PYTHON)
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
    text = README.read_text()
    listed = {name for name in main.list_commands(None) if name}  # type: ignore[arg-type]

    assert [name for name in listed if f"rulewright {name}" not in text] == []


def test_every_setting_of_the_configuration_is_documented(folder: Path) -> None:
    """The README's rulewright.toml is read, and it names what else may stand in one."""
    (example,) = (block.text for block in blocks_of(README) if block.kind == "toml")
    (folder / "rulewright.toml").write_text(example)
    known = [*find_configuration(folder).options, "settings"]

    (folder / "rulewright.toml").write_text("zzzzzz = 1")
    with pytest.raises(ConfigurationError, match="known are: ") as refused:
        find_configuration(folder)

    named = str(refused.value).partition("known are: ")[2].split(", ")
    text = README.read_text()
    assert known == ["rules", "store", "actor", "settings"]
    assert [
        name for name in named if f"`{name}`" not in text and f"[{name}." not in text and name not in known
    ] == []
