"""Plug-ins that do at import, or in a hook, what none should: the command names them, or goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from installing import Install

from rulewright import PluginError
from rulewright.plugins.loading import build_registry

WORD = """
    def rulewright_field_types():
        {}
        check = lambda text: text == "x"
        return [text_type("word", "a word", check=check, example="x", wrong="y", docs="A word.")]
"""
ORDER = """
rulewright: 1
resource: shop/order
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  item: {type: word, required: true}
"""


def complaint() -> str:
    """What is said of the plug-ins that are installed."""
    with pytest.raises(PluginError) as raised:
        build_registry()
    return str(raised.value)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise GeneratorExit", "odd 1.0) can't be imported: GeneratorExit; RULEWRIGHT_NO_PLUGINS=1"),
        ("raise StopIteration", "odd 1.0) can't be imported: StopIteration; RULEWRIGHT_NO_PLUGINS=1"),
        (WORD.format("raise GeneratorExit"), "odd 1.0): rulewright_field_types() fails: GeneratorExit"),
        (WORD.format("while True: yield 5"), "rulewright_field_types() gives more than 10,000, maybe"),
        ("def rulewright_field_types(): return rulewright_field_types()", "fails: RecursionError"),
    ],
)
def test_whatever_it_raises_is_held_against_it(source: str, said: str, install: Install) -> None:
    """Only KeyboardInterrupt ends a command: GeneratorExit ended it with a traceback."""
    install("odd", source)

    assert said in complaint()


@pytest.mark.parametrize(
    "source",
    [
        "raise ValueError('no' * 1_000_000)",
        "import rulewright\ndef rulewright_field_types(): return rulewright.load()",
    ],
)
def test_what_is_told_of_it_is_bounded(source: str, install: Install) -> None:
    """One that loads rules itself calls itself, and each time's error quoted the next one's."""
    install("odd", source)

    assert len(complaint()) < 1_500


@pytest.mark.parametrize("value", ["x", "x =", "x = no module!"])
def test_an_entry_point_that_names_no_module_is_told_with_its_package(value: str, install: Install) -> None:
    """It was an internal error of ours."""
    file = install("odd", WORD.format("pass"))
    (file.parent / "odd-1.0.dist-info" / "entry_points.txt").write_text(f"[rulewright]\n{value}\n")

    assert complaint().startswith("the entry points of odd can't be read: ")


@pytest.mark.parametrize(
    "does",
    [
        "print('HELLO')",
        "import sys; sys.stdout.write('HELLO')",
        "import sys; sys.stdout.buffer.write(b'HELLO')",
        "import sys; sys.stdout.close()",
        "import sys; sys.stdout = None",
    ],
)
@pytest.mark.parametrize("place", ["import", "hook"])
def test_what_it_prints_is_no_result(does: str, place: str, install: Install, tmp_path: Path) -> None:
    """It stood before the JSON; and a plug-in that closed stdout ended the command."""
    source = f"{does}\n" if place == "import" else ""
    site = install("odd", WORD.format("pass" if source else does)).parent
    (site / "odd.py").write_text(source + (site / "odd.py").read_text())
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "order.yaml").write_text(ORDER)

    done = _validate(site, tmp_path, '{"item": "x"}\n')

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdict"] == "accepted"
    assert ("HELLO" in done.stderr) == ("HELLO" in does)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_it_prints_while_payloads_are_decided_is_no_result(
    workers: str, install: Install, tmp_path: Path
) -> None:
    """In other processes either."""
    made = WORD.format("print_it = lambda text: print('HELLO') or text == 'x'").replace(
        "check=check", "check=print_it"
    )
    site = install("odd", made).parent
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "order.yaml").write_text(ORDER)

    done = _validate(site, tmp_path, '{"item": "x"}\n' * 3, "--workers", workers)

    assert [json.loads(line)["verdict"] for line in done.stdout.splitlines()] == ["accepted"] * 3
    assert "HELLO" in done.stderr


def _validate(site: Path, rules: Path, payloads: str, *more: str) -> subprocess.CompletedProcess[str]:
    """Validate lines in a process of its own, which has the plug-in installed."""
    (rules / "p.jsonl").write_text(payloads)
    words = ["validate", "shop/order", "p.jsonl", "--rules", ".", "--format", "jsonl", *more]
    return subprocess.run(
        [sys.executable, "-c", _RUN.format(str(site)), *words],
        cwd=rules,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# Worker processes that start anew read the path from the environment, forked ones have it.
_RUN = """
import os, sys
os.environ["PYTHONPATH"] = os.pathsep.join([{0!r}, *sys.path])
sys.path.insert(0, {0!r})
if __name__ == "__main__":
    from rulewright.__main__ import main
    main()
"""
