"""What plug-ins add, in the command: found by the configuration, told of where they fail."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from installing import Install

from rulewright import ConfigurationError, load
from rulewright.cli import main
from rulewright.cli.endings import failing_well
from rulewright.ports import Reply, Sending
from rulewright_adapters.forwarding import open_forwarder


def test_cells_of_a_table_are_read_as_the_basic_type(project: Path) -> None:
    """A CSV file holds text only; an amount in it is a number all the same."""
    file = project / "rules" / "shop" / "order.yaml"
    file.write_text(file.read_text() + "  fee: {type: money}\n")
    (project / "some.csv").write_text("id,fee\n7,250\n")

    done = run("validate", "shop/order", "some.csv", "--format", "jsonl")

    assert json.loads(done.stdout)["record"] == {"id": "7", "fee": 250}


FILE = """
from rulewright.plugins import *

def rulewright_formats():
    return [ReportFormat("verdicts", write_verdicts, "one a line")]

def write_verdicts(entries):
    return (f"{one.outcome.verdict}\\n" for one in entries)

def rulewright_field_types():
    return [text_type("code", "a code", check=str.isdigit, example="1", wrong="x", docs="Digits.")]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration that names a plug-in beside it."""
    (tmp_path / "rules" / "shop").mkdir(parents=True)
    order = "rulewright: 1\nresource: shop/order\nkey: id\nfields:\n  id: {type: code, required: true}\n"
    (tmp_path / "rules" / "shop" / "order.yaml").write_text(order)
    (tmp_path / "words.py").write_text(FILE)
    (tmp_path / "rulewright.toml").write_text('rules = "rules"\nplugins = ["words.py"]\n')
    (tmp_path / "some.jsonl").write_text('{"id": "1"}\n{"id": "x"}\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RULEWRIGHT_CACHE", "off")
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def test_plug_ins_of_the_configuration_are_used_by_every_command(project: Path) -> None:
    """A Python file beside rulewright.toml; a format of its own, in one process and in several."""
    validated = run("validate", "shop/order", "some.jsonl", "--format", "verdicts")
    in_parallel = run("validate", "shop/order", "some.jsonl", "--format", "verdicts", "--workers", "2")

    assert run("check").exit_code == 0
    assert validated.stdout == in_parallel.stdout == "accepted\nrejected\n"
    assert (validated.exit_code, in_parallel.exit_code) == (1, 1)
    assert "words  (" in run("plugins").stdout


@pytest.mark.parametrize("kind", [str, Path])
def test_a_program_is_given_a_file_by_text_or_a_path(project: Path, kind: type[str] | type[Path]) -> None:
    """As `load` takes the rules themselves."""
    program = load(Path("rules"), plugins=[kind("words.py")], installed=False)

    assert program.evaluate("shop/order", {"id": "1"}).accepted


def test_an_unknown_format_is_said_with_those_of_plug_ins(project: Path) -> None:
    """Formats of plug-ins are for decisions; other commands do not offer them."""
    wrong, other = (
        run("validate", "shop/order", "some.jsonl", "--format", "xml"),
        run("check", "--format", "verdicts"),
    )

    assert (wrong.exit_code, other.exit_code) == (2, 2)
    assert (
        "'xml' is not one of 'pretty', 'text', 'json', 'jsonl', 'github', 'junit', 'sarif', 'verdicts'"
        in wrong.output
    )
    assert "'verdicts' is not one of" in other.output


def test_a_plug_ins_format_may_be_the_projects(project: Path) -> None:
    """Commands that decide nothing write as they do without it; a misspelt one is told with what there is."""
    toml = project / "rulewright.toml"
    toml.write_text(f"{toml.read_text()}format = 'verdicts'\n")
    validated, checked, listed = (
        run("validate", "shop/order", "some.jsonl"),
        run("check"),
        run("outbox", "list", "--store", "memory://"),
    )
    toml.write_text(toml.read_text().replace("verdicts", "verdict"))
    wrong = run("check")

    assert validated.stdout == "accepted\nrejected\n"
    assert (checked.exit_code, "0 errors, 0 warnings" in checked.output) == (0, True)
    assert "verdicts" not in listed.output
    assert wrong.exit_code == 2
    assert "rulewright.toml: format must be one of pretty, text, " in wrong.output
    assert "sarif, verdicts" in wrong.output


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("plugins = 'words.py'", 'plugins must be a list of modules, like ["my_company.rules"]'),
        ("plugins = ['nothing.here']", "the plug-in nothing.here can't be imported: ModuleNotFoundError"),
        ("plugins = ['nothing.here']", ", or name a file by its path, like here.py"),
        ("plugins = ['needy.py']", "No module named 'nothing_here'; install what it needs where Rulewright"),
        ("plugins = ['gone.py']", "can't be imported: FileNotFoundError"),
        ("plugins = ['']", "a plug-in can't be named '': give a module, like acme.rules"),
        ("plugins = ['.']", "a plug-in can't be named '.': give a module, like acme.rules"),
        ("plugins = ['leaving.py']", "leaving.py can't be imported: SystemExit: 0"),
        ("plugins = ['mute.py']", "mute.py can't be imported: Mute (its text fails with"),
        ("plugins = ['odd.py']", "the plug-in odd can't be looked into: RuntimeError: odd"),
        ("plugins = ['json']", "the plug-in json adds nothing: it has none of the functions"),
    ],
)
def test_a_plug_in_that_is_none_is_a_message(written: str, expected: str, project: Path) -> None:
    """Status 2 and a sentence; never a traceback."""
    (project / "rulewright.toml").write_text(f'rules = "rules"\n{written}\n')
    (project / "leaving.py").write_text("raise SystemExit(0)\n")
    mute = "class Mute(Exception):\n    def __str__(self): raise ValueError\nraise Mute\n"
    (project / "mute.py").write_text(mute)
    (project / "needy.py").write_text("import nothing_here\n")
    (project / "odd.py").write_text("def __dir__():\n    raise RuntimeError('odd')\n")

    done = run("check")

    assert done.exit_code == 2
    assert expected in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("words", [("--no-plugins",), ()])
def test_installed_plug_ins_can_be_left_out(
    words: tuple[str, ...], install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a flag, or by RULEWRIGHT_NO_PLUGINS; then not even a broken one matters."""
    install("broken", "raise RuntimeError('on import')")
    if not words:
        monkeypatch.setenv("RULEWRIGHT_NO_PLUGINS", "1")

    done = run(*words, "plugins")

    assert done.exit_code == 0
    assert "broken" not in done.output
    monkeypatch.delenv("RULEWRIGHT_NO_PLUGINS", raising=False)
    assert "the plug-in broken (broken 1.0) can't be imported" in run("plugins").output


def test_nothing_ends_a_command_as_if_all_were_well(capsys: pytest.CaptureFixture[str]) -> None:
    """Where a plug-in's SystemExit comes from a place that nobody thought of."""
    with pytest.raises(click.exceptions.Exit) as left, failing_well(click.Context(click.Command("it"))):
        raise SystemExit(0)

    assert left.value.exit_code == 2
    assert "SystemExit: 0" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["text", "jsonl"])
def test_what_leaves_while_deciding_does_not_end_the_run(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check that fails leaves its field undecided, a function that fails its condition."""
    (tmp_path / "rules" / "shop").mkdir(parents=True)
    (tmp_path / "rules" / "shop" / "thing.yaml").write_text(LEFT_RULES)
    (tmp_path / "leaving.py").write_text(LEAVING)
    (tmp_path / "rulewright.toml").write_text("rules = 'rules'\nplugins = ['leaving.py']\n")
    lines = [{"word": "abc"}, {"word": "leave"}, {"word": "abc", "said": "leave"}]
    (tmp_path / "some.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in lines))
    monkeypatch.chdir(tmp_path)

    done = run("validate", "shop/thing", "some.jsonl", "--format", form)

    assert done.exit_code == 1
    assert "word can't be judged: the type leaver fails with SystemExit" in done.output
    assert "leaving() fails with SystemExit" in done.output
    assert "1 accepted" in done.stderr


LEFT_RULES = """
rulewright: 1
resource: shop/thing
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  word: {type: leaver}
  said: {type: string, checks: [{id: left, check: leaving(value)}]}
"""
LEAVING = """
from rulewright.plugins import *

def stay(text):
    if text == "leave":
        raise SystemExit(0)
    return text.isalpha()

def rulewright_field_types():
    return [text_type("leaver", "a word", check=stay, example="abc", wrong="1", docs="A word.")]

def rulewright_functions():
    return [CelFunction("leaving", ["string"], "bool", stay, ["leaving('a')"], "whether it is a word")]
"""


class Post:
    """Keeps what it was given to send."""

    sent: list[tuple[str, str]]

    def __init__(self, tables: Any) -> None:
        self.tables, self.sent, self.closed = dict(tables), [], 0

    def send(self, sending: Sending) -> Reply:
        self.sent.append((sending.names[0], sending.url))
        return Reply(200)

    def close(self) -> None:
        self.closed += 1


POST = """
from rulewright.plugins import ForwarderScheme
from rulewright.ports import Reply


class Post:
    def __init__(self, tables):
        self.tables = tables

    def send(self, sending):
        with open("box.txt", "a") as box:
            box.write(f"{sending.method} {sending.url} {sending.body}")
        return Reply(201, {})

    def close(self):
        pass


def rulewright_forwarders():
    return [ForwarderScheme("post", Post, "a box")]
"""


def test_payloads_are_forwarded_by_a_plug_in(project: Path) -> None:
    """The command finds it by the URL of the target."""
    (project / "post.py").write_text(POST)
    (project / "rulewright.toml").write_text(
        'rules = "rules"\nplugins = ["words.py", "post.py"]\n[targets.queue]\nurl = "post://box"\n'
    )
    file = project / "rules" / "shop" / "order.yaml"
    file.write_text(file.read_text() + "operations:\n  create: {method: POST, path: /orders, status: 201}\n")
    (project / "one.json").write_text('{"id": "7"}')

    done = run("forward", "shop/order", "one.json", "--to", "queue")

    assert done.exit_code == 0, done.output
    assert (project / "box.txt").read_text() == "POST /orders {'id': '7'}"


def test_targets_go_to_the_forwarder_of_their_scheme() -> None:
    """A plug-in's for its scheme; HTTP for the others; a target that nobody has is said."""
    post = Post({})
    opened: list[Any] = []
    opener = SimpleNamespace(open=lambda tables: opened.append(dict(tables)) or post)
    tables = {"queue": {"url": "post://box/1"}, "web": {"url": "http://127.0.0.1:9/"}}
    forwarder = open_forwarder(tables, {"post": opener})  # type: ignore[dict-item]

    reply = forwarder.send(Sending(("queue",), "POST", "/x", {}, {}, "k"))
    with pytest.raises(ConfigurationError, match="no target other is configured: there is queue, web"):
        forwarder.send(Sending(("other",), "POST", "/x", {}, {}, "k"))
    forwarder.close()
    forwarder.close()

    assert reply.status == 200
    assert (opened, post.sent, post.closed) == ([{"queue": {"url": "post://box/1"}}], [("queue", "/x")], 1)
