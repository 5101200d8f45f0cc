"""docs/plugins.md says what is so: its files work, its commands print what it shows, nothing is left out."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from doc_blocks import DOCS, blocks_of, rows, run, section, sessions

from rulewright import load, plugins
from rulewright.plugins import built_in
from rulewright.plugins.verifying import VERIFIERS

PAGE = DOCS / "plugins.md"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the page shows; its commands run there in turn."""
    folder = tmp_path_factory.mktemp("shelf")
    for block in blocks_of(PAGE):
        name = block.kind.removeprefix("python ") if block.kind.startswith("python ") else block.file
        if name is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(block.text)
    return folder


@pytest.mark.parametrize(("command", "output"), list(sessions(PAGE)), ids=lambda text: text[:40])
def test_console_blocks_show_what_is_printed(command: str, output: str, shelf: Path) -> None:
    """Each command prints what the page shows."""
    assert run(command, shelf) == output


def test_what_is_installed_changes_no_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages are true on every machine, and these tests pass on one with plug-ins."""
    info = tmp_path / "shelves-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shelves\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[rulewright]\nshelves = shelves\n")
    (tmp_path / "shelves.py").write_text(blocks_of(PAGE)[0].text)
    before = run("rulewright plugins", tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")

    assert run("rulewright plugins", tmp_path) == before
    assert "shelves" in run("RULEWRIGHT_NO_PLUGINS=0 rulewright plugins", tmp_path)


def test_every_hook_has_a_row() -> None:
    """With the class of what it gives."""
    listed = {row[0].strip("`"): row[1] for row in rows(section(PAGE, "The hooks"))[1:]}

    assert listed.keys() == VERIFIERS.keys()
    assert [hook for hook, one in VERIFIERS.items() if f"`{one.type.__name__}`" not in listed[hook]] == []


def test_the_generator_of_the_page_makes_ids(shelf: Path, tmp_path: Path) -> None:
    """Four letters behind what the rule file says, and the same ones for the same seed."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.yaml").write_text(
        "rulewright: 1\nresource: a/b\nkey: id\nfields:\n"
        "  id: {type: string, readonly: ignore, generate: {mark: {prefix: M-}}}\n"
    )
    program = load(tmp_path, plugins=[shelf / "marks.py"], installed=False)

    made = [program.evaluate("a/b", {}, seed=seed).record for seed in (1, 1, 2)]

    assert all(one is not None and re.fullmatch("M-[A-Z]{4}", str(one["id"])) for one in made)
    assert made[0] == made[1] != made[2]


def test_every_class_of_a_hook_is_public() -> None:
    """What a plug-in has to import is in `rulewright.plugins`, with a docstring."""
    for verifier in VERIFIERS.values():
        assert verifier.type.__name__ in plugins.__all__
        assert verifier.type.__doc__


@pytest.mark.parametrize(
    "kind", [one for one in built_in().types.values() if one.base], ids=lambda one: one.name
)
def test_every_type_that_ships_has_its_section(kind: plugins.FieldType) -> None:
    """The page of the type itself, with its example and its wrong one."""
    text = section(PAGE, kind.name)

    assert kind.docs.strip() in text
    for value in (kind.example, kind.wrong):
        assert f"`{json.dumps(value, ensure_ascii=False)}`" in text


def test_links_lead_somewhere() -> None:
    """To files that exist."""
    targets = [one.partition("#")[0] for one in re.findall(r"\]\(([^)\s]+)\)", PAGE.read_text())]

    assert targets
    assert [one for one in targets if not (PAGE.parent / one).exists()] == []
