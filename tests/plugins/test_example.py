"""The package in examples/plugin_charity, installed by pip and used, without any change to the engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugin_charity"
DONATION = {"charity": "SC005336", "amount": 1000, "taxpayer": True}


class Desk:
    """Runs commands where the example is installed."""

    def __init__(self, site: Path, folder: Path) -> None:
        self.site = site
        self.folder = folder

    def run(self, *words: str, plugins: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `python ...` in the folder."""
        environment = {**os.environ, "PYTHONPATH": str(self.site), "RULEWRIGHT_CACHE": "off"}
        environment |= {} if plugins else {"RULEWRIGHT_NO_PLUGINS": "1"}
        command = [sys.executable, *words]
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )

    def rulewright(self, *words: str) -> str:
        """Run a command that must succeed; what it prints."""
        done = self.run("-m", "rulewright", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The example, built and installed into a folder of its own, as pip installs it."""
    site, folder = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("desk")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", str(site), str(EXAMPLE)], check=True)
    (folder / "rules").symlink_to(EXAMPLE / "rules")
    (folder / "good.json").write_text(json.dumps(DONATION))
    (folder / "bad.json").write_text(json.dumps({**DONATION, "charity": "5336"}))
    return Desk(site, folder)


def test_it_is_listed_with_what_it_adds_and_where_it_is_from(desk: Desk) -> None:
    """`rulewright plugins --format json`."""
    listed = json.loads(desk.rulewright("plugins", "--format", "json"))

    assert listed[-1] == {
        "name": "charity",
        "distribution": "rulewright-charity",
        "version": "1.0.0",
        "file": str(desk.site / "rulewright_charity" / "__init__.py"),
        "shipped": False,
        "adds": {
            "field type": ["uk_charity_number"],
            "function": ["charity_register"],
            "check": ["charity-number-type"],
            "effect": ["gift_aid"],
            "dialect": ["reasons"],
        },
    }


def test_its_rule_files_are_sound_and_its_scenarios_pass(desk: Desk) -> None:
    """`check --strict` and `test`."""
    desk.rulewright("check", "rules", "--strict")

    assert "4 passed, 0 failed" in desk.rulewright("test", "rules", "--rules", "rules")


def test_without_the_plug_in_each_word_of_it_is_unknown(desk: Desk) -> None:
    """RULEWRIGHT_NO_PLUGINS leaves it out; the messages say where each word stands."""
    done = desk.run("-m", "rulewright", "check", "rules", plugins=False)

    lines = [line for line in done.stdout.splitlines() if "error[" in line]
    words = ("the type uk_charity_number", "the function charity_register", "gift_aid", "the dialect reasons")
    assert done.returncode == 1
    assert [word for word in words if word not in done.stdout] == []
    assert all(line.startswith("rules/giving/") for line in lines)


def test_its_own_check_warns(desk: Desk, tmp_path: Path) -> None:
    """A plug-in's check reports like any other, with its own code."""
    (tmp_path / "giving").mkdir()
    (tmp_path / "giving" / "fund.yaml").write_text(
        "rulewright: 1\nresource: giving/fund\nkey: id\nfields:\n"
        "  id: {type: integer, readonly: ignore, generate: sequence}\n  charity_number: {type: integer}\n"
    )

    printed = desk.rulewright("check", str(tmp_path))

    assert "fund.yaml:6:26: warning[charity-number-type]: charity_number is kept as integer" in printed


def test_it_is_validated_on_the_fast_path(desk: Desk) -> None:
    """The generated program asks the type's own check, and surely accepts what that finds true."""
    source = desk.rulewright("export", "program", "giving/donation", "--rules", "rules")
    quick = desk.run(
        "-c",
        "from rulewright import load\n"
        "from rulewright.hotpath import deciding\n"
        "from rulewright_adapters import open_store\n"
        "program, store = load('rules'), open_store('sqlite://')\n"
        "store.prepare(program.tables)\n"
        f"inputs = program.inputs({DONATION!r})\n"
        "outcome = deciding.decide_quickly(program.compiled, 'giving/donation', inputs, store)\n"
        "print(outcome.verdict, outcome.record)\n",
    )

    assert "check_" in next(line for line in source.splitlines() if line.strip().startswith("p.charity = "))
    assert quick.stdout.startswith("accepted {'id': 1, 'charity': 'SC005336', 'amount': 1000,"), quick.stderr


def test_payloads_are_decided_with_it(desk: Desk) -> None:
    """The effect and the function on the one that is accepted, the message on the other."""
    good = desk.rulewright(
        "validate", "giving/donation", "good.json", "--rules", "rules", "--format", "jsonl"
    )
    bad = desk.run("-m", "rulewright", "validate", "giving/donation", "bad.json", "--rules", "rules")
    outcome = json.loads(good)

    assert outcome["record"]["register"] == "Scotland"
    assert [(one["resource"], one["set"].get("amount")) for one in outcome["changes"]] == [
        ("giving/donation", 1000),
        ("giving/claim", 250),
    ]
    assert bad.returncode == 1
    assert "error[format] /charity: charity must be a UK charity number, like SC005336" in bad.stdout


def test_it_is_explained_exported_and_documented(desk: Desk) -> None:
    """`explain`, `export jsonschema` and `export docs` know it."""
    told = desk.rulewright("explain", "giving/donation", "good.json", "--rules", "rules")
    schema = json.loads(desk.rulewright("export", "jsonschema", "giving/donation", "--rules", "rules"))
    page = desk.rulewright("export", "docs", "giving/donation", "--rules", "rules")

    assert "✓ type: uk_charity_number" in told
    assert 'charity_register(record.charity) = "Scotland"' in told
    assert schema["properties"]["charity"]["pattern"].startswith("^([1-9]")
    assert schema["properties"]["charity"]["x-rulewright"] == {"type": "uk_charity_number"}
    assert (
        '### uk_charity_number\n\nMust be a UK charity number, like `"SC005336"`; `"5336"` is refused.'
        in page
    )
    assert "`charity_register(string)` gives string" in page
    assert (
        "| `claim` | `create` | `(record.taxpayer == true) && (given(record.amount))` | create `giving/"
        in page
    )


def test_its_page_is_shown(desk: Desk) -> None:
    """`explain CODE` for the code of a plug-in's check."""
    assert "As an integer it loses the letters" in desk.rulewright("explain", "charity-number-type")


def test_its_own_tests_pass(desk: Desk) -> None:
    """The package tests itself."""
    done = desk.run("-m", "pytest", "-q", "-p", "no:cacheprovider", str(EXAMPLE / "tests"))

    assert done.returncode == 0, done.stdout
