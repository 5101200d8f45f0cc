"""docs/stores.md: what it shows of changed rules is what happens, step by step in one folder."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from doc_blocks import DOCS, blocks_of, run, sessions

from rulewright_adapters import SCHEMES

PAGE = DOCS / "stores.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the rule file of the page."""
    (block,) = (block for block in blocks_of(PAGE) if block.file is not None)
    assert block.file is not None
    (tmp_path / block.file).parent.mkdir(parents=True)
    (tmp_path / block.file).write_text(block.text)
    return tmp_path


def test_each_step_prints_what_the_page_shows(folder: Path) -> None:
    """Rules change under a store: what is refused, what is taken along, and what is filled."""
    steps = list(sessions(PAGE))

    assert [run(command, folder) for command, _ in steps] == [output for _, output in steps]
    assert len(steps) == 11


def test_a_field_that_is_gone_leaves_its_values(folder: Path) -> None:
    """As the table of changes says: its column stays, and a new one is null, whatever its default is."""
    store = "--rules rules --store sqlite:///shop.db"
    run(f'echo \'{{"name": "Ann", "phone": "1"}}\' | rulewright apply shop/customer - {store}', folder)
    rules = folder / "rules" / "shop" / "customer.yaml"
    rules.write_text(
        rules.read_text().replace("phone: {type: string}", "vip: {type: boolean, default: false}")
    )
    run(f"echo '[]' | rulewright apply shop/customer - {store}", folder)

    connection = sqlite3.connect(folder / "shop.db")
    found = connection.execute("SELECT phone, vip FROM shop_customer").fetchall()
    connection.close()
    assert found == [("1", None)]


def test_the_program_of_the_page_runs(tmp_path: Path) -> None:
    """It prints what its comment says."""
    (block,) = (block for block in blocks_of(PAGE) if block.kind == "python")

    ran = subprocess.run(
        [sys.executable, "-c", block.text], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert (
        ran.stdout.splitlines() == re.findall(r"^print\(.*\)  # (.*)$", block.text, re.MULTILINE) == ["True"]
    )


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="the command sqlite3 is not here")
def test_a_file_is_copied_as_the_page_says(folder: Path) -> None:
    """What stands in the journal only is in the copy, too."""
    (command,) = (block.text for block in blocks_of(PAGE) if block.kind == "sh")
    writer = sqlite3.connect(folder / "cases.db", isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("CREATE TABLE t AS SELECT 5 AS n")

    run(command, folder)

    copy = sqlite3.connect(folder / "copy.db")
    assert copy.execute("SELECT n FROM t").fetchone() == (5,)
    copy.close()
    writer.close()


def test_every_scheme_of_a_url_is_in_the_table() -> None:
    """Those of the stores that ship; postgres:// is postgresql://."""
    text = PAGE.read_text()

    assert [scheme for scheme in SCHEMES if f"`{scheme}://" not in text and scheme != "postgres"] == []
