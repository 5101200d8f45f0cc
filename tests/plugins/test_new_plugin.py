"""`rulewright new plugin NAME` writes a package that works as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from rulewright.cli import main


def new(folder: Path, *words: str) -> tuple[int, str]:
    """Run the command; the exit status and all that it said."""
    done = CliRunner().invoke(main, ["new", "plugin", *words, "--folder", str(folder)])
    return done.exit_code, done.output


@pytest.mark.parametrize("name", ["tides", "my_company2"])
def test_what_is_written_passes_its_own_tests(name: str, tmp_path: Path) -> None:
    """As it is written, before anybody has changed a line."""
    status, said = new(tmp_path / "made", name)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "made")}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", *words],
            cwd=tmp_path / "made",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    tested = run("pytest", "-q", "-W", "error", "-p", "no:cacheprovider")

    assert (status, said.splitlines()[0]) == (0, f"{tmp_path / 'made'}: a plug-in that passes its own tests")
    assert "6 passed" in tested.stdout, tested.stdout


def test_it_is_found_when_pip_has_installed_it(tmp_path: Path) -> None:
    """The entry point is right."""
    new(tmp_path / "made", "tides")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", str(tmp_path / "site"), str(tmp_path / "made")], check=True)

    listed = subprocess.run(
        [sys.executable, "-m", "rulewright", "plugins"],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert listed.endswith(
        f"tides  (rulewright-tides 0.1.0, {tmp_path}/site/rulewright_tides/__init__.py)\n"
        "    field type: tides_code\n    function: tides_part\n"
    )


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A folder that is there stays as it is."""
    status, said = new(tmp_path, "tides")

    assert status == 2
    assert f"{tmp_path} is there already" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["Tides", "2tides", "my-tides", "../x", "class", ""])
def test_a_name_must_be_one(name: str, tmp_path: Path) -> None:
    """It becomes a module's name."""
    status, said = new(tmp_path / "made", name)

    assert status == 2
    assert (
        f"a plug-in's name is small letters, digits and _, and no word of Python's own, not {name!r}" in said
    )
    assert not (tmp_path / "made").exists()
