"""Which backend runs, what is said where there is none, and that it makes no difference which it is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner
from random_sessions import BACKENDS

from rulewright import load
from rulewright.cli import main
from rulewright.cli.rule_files.scenario_run import examine
from rulewright.errors import ConfigurationError, RuleFileError
from rulewright.inference import CHOICE, choose_backend, installed_backends, make_matcher
from rulewright.program import shipped_rules
from rulewright.scenarios import find_files
from rulewright_adapters.memory import MemoryStore

HERE = Path(__file__).parent
# As on a machine where neither is installed.
WITHOUT = """
import sys
sys.modules.update({"clips": None, "durable_rules_engine": None})
from rulewright.cli import main
main()
"""


def run_without(*arguments: str, cache: Path) -> subprocess.CompletedProcess[str]:
    """Run the command where no backend is installed."""
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, *arguments],
        capture_output=True,
        text=True,
        env={"RULEWRIGHT_CACHE": str(cache), "PATH": ""},
        check=False,
    )


def test_durable_rules_is_the_default_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every backend that this Python can have is installed for the tests."""
    monkeypatch.delenv(CHOICE, raising=False)

    assert sorted(installed_backends()) == sorted(BACKENDS)
    assert choose_backend() == max(BACKENDS)


def test_the_environment_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    """By name, and only one that exists."""
    monkeypatch.setenv(CHOICE, "clips")
    assert choose_backend() == "clips"

    monkeypatch.setenv(CHOICE, "prolog")
    with pytest.raises(
        ConfigurationError, match="RULEWRIGHT_INFERENCE is prolog; it may be durable or clips"
    ):
        choose_backend()


def test_a_chosen_backend_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not silently replaced by another."""
    monkeypatch.setattr("rulewright.inference.backends._is_installed", lambda module: False)
    monkeypatch.setenv(CHOICE, "durable")

    with pytest.raises(
        ConfigurationError,
        match=r"durable, which is not installed for this Python: .*rulewright\[durable\].* or unset",
    ):
        choose_backend()


@pytest.mark.parametrize("form", ["text", "json"])
def test_check_refuses_a_choice_that_is_none(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `validate` does; rules without `infer` have no use for a choice."""
    monkeypatch.setenv(CHOICE, "clisp")
    refused = CliRunner().invoke(main, ["check", str(HERE / "rules"), "--format", form])
    passed = CliRunner().invoke(main, ["check", str(shipped_rules() / "rubixx"), "--format", form])

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "RULEWRIGHT_INFERENCE is clisp; it may be durable or clips" in refused.stderr
    assert passed.exit_code == 0


def test_without_a_backend_infer_is_refused_when_it_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the place of the first rule, with both extras; also where the rules were read before."""
    load(HERE / "rules")
    monkeypatch.setattr("rulewright.inference.backends._is_installed", lambda module: False)

    with pytest.raises(RuleFileError) as caught:
        load(HERE / "rules")

    (problem,) = caught.value.problems
    assert problem.code == "no-inference"
    assert problem.span.file.endswith("shop/line.yaml")
    assert problem.hint is not None
    assert "rulewright[infer]" in problem.hint
    assert "rulewright[durable]" in problem.hint


def test_rules_without_infer_need_no_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked of a machine that it has no use for."""
    monkeypatch.setattr("rulewright.inference.backends._is_installed", lambda module: False)

    assert load(shipped_rules() / "rubixx").resources


@pytest.fixture
def unloadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both libraries are there and neither loads, as durable-rules compiled on Python 3.13."""
    for name in ("durable_rules_engine", "clips"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('undefined symbol: PyEval_CallObject')\n")
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("unloadable")
def test_a_backend_that_does_not_load_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """And refused where it is asked for, with what to do."""
    monkeypatch.delenv(CHOICE, raising=False)
    assert choose_backend() == "clips"

    monkeypatch.setenv(CHOICE, "durable")
    with pytest.raises(ConfigurationError, match="not installed for this Python"):
        choose_backend()


@pytest.mark.usefixtures("unloadable")
@pytest.mark.parametrize("backend", ["clips", "durable"])
def test_a_library_that_does_not_load_is_no_internal_error(backend: str) -> None:
    """It names the backend, the reason and how it is installed."""
    said = rf"{backend} does not load here \(undefined symbol: .*\); install it anew: pip install 'rulewright"

    with pytest.raises(ConfigurationError, match=said):
        make_matcher(backend)([])


def test_commands_say_what_to_install(tmp_path: Path) -> None:
    """`validate` ends with 2 and `check` with 1; no traceback."""
    payload = tmp_path / "line.json"
    payload.write_text('{"order": 1}')
    rules = str(HERE / "rules")

    decided = run_without("validate", "shop/line", str(payload), "--rules", rules, cache=tmp_path)
    checked = run_without("check", rules, cache=tmp_path)

    assert (decided.returncode, checked.returncode) == (2, 1)
    for said in (decided.stdout + decided.stderr, checked.stdout + checked.stderr):
        assert "infer needs an inference backend, and none is installed" in said
        assert "pip install 'rulewright[infer]' (CLIPS)" in said
        assert "Traceback" not in said


def test_shipped_scenarios_pass_on_every_backend(chosen: str) -> None:
    """The same findings and effects, whatever finds the joins."""
    report = examine(load(), find_files([shipped_rules()])).report

    assert report.failed == 0
    assert report.passed > 200


@pytest.mark.skipif(len(BACKENDS) < 2, reason="there is one backend for this Python")
def test_backends_give_the_same_outcomes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Problems with all that is told of them, records and changes, of payloads that share what they can."""
    store = MemoryStore(
        {
            "ct_oi/county": [{"id": 1}],
            "ct_oi/household": [{"id": 1, "head_of_household": 1}, {"id": 2, "head_of_household": 5}],
            "ct_oi/case": [*stored_cases()],
        }
    )
    outcomes = []
    for backend in BACKENDS:
        monkeypatch.setenv(CHOICE, backend)
        program = load()
        outcomes.append(
            [
                program.evaluate("ct_oi/case", payload, store=store, actor=ACTOR, as_of=AS_OF, seed=1)
                for payload in payloads()
            ]
        )

    assert outcomes[0] == outcomes[1]
    assert sum(len(one.problems) for one in outcomes[0]) > 100


ACTOR = {"agent": 3, "group": 9}
AS_OF = "2025-01-15T00:00:00Z"


def people() -> Iterator[dict[str, object]]:
    """Few names, numbers and addresses, so that many share some."""
    for number, birthday, email in product(("111223333", None), ("1980-01-02", None), ("a@b.example", None)):
        one = {"ss_number": number, "date_of_birth": birthday, "email": email}
        yield {"first_name": "Ann", "last_name": "Lee", **one}


def stored_cases() -> Iterator[dict[str, object]]:
    """Two households."""
    for key, person in enumerate(people(), 1):
        yield {
            "id": key,
            "household": 1 + key // 5,
            "head_of_household": key in (1, 5),
            "yearly_income": key,
            **person,
        }


def payloads() -> Iterator[dict[str, object]]:
    """Everybody again, in each household and in none."""
    for person, household, county in product(people(), (1, 2, None), (1, None)):
        yield {**person, "household": household, "street_county": county}
