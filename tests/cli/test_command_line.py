"""The command as a whole: what there is, where settings come from, how errors end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from pkgutil import iter_modules

import click
import pytest
from workplace import RULES, Run, Write

from rulewright.cli import commands, main
from rulewright.cli.command_line import COMMANDS
from rulewright.cli.desk.caller import named_values
from rulewright.cli.variables import KNOWN
from rulewright.program import shipped_rules


def test_help_lists_commands_and_imports_little() -> None:
    """`--help` needs click alone: marshmallow, yaml and the engine are not imported."""
    script = (
        "import sys; from rulewright.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(*sorted(sys.modules))"
    )

    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

    names, modules = {line.split()[0] for line in shown.splitlines() if line.strip()}, shown.split()
    assert {"check", "validate", "plan", "apply"} <= names
    assert not {"marshmallow", "yaml", "sqlite3", "rulewright.program", "rulewright.cel"} & {*modules}


def test_each_command_is_in_the_module_of_its_name() -> None:
    """The table of commands and the folder of their modules list the same."""
    found = {module.name for module in iter_modules(commands.__path__)}

    assert found == {*COMMANDS}


@pytest.mark.parametrize(
    ("words", "unwanted"),
    [
        (
            ["check"],
            {"marshmallow", "rulewright.evaluation", "rulewright.program", "importlib.metadata", "hashlib"},
        ),
        (
            ["transitions", "goodstack/organisation", "o1", "--records", "records.json"],
            {"marshmallow", "rulewright.hotpath.quick"},
        ),
        (
            ["test", str(shipped_rules() / "ct_oi" / "county.test.yaml")],
            {"rulewright.hotpath.quick", "rulewright.hotpath.writing.build"},
        ),
    ],
    ids=lambda one: one[0] if isinstance(one, list) else "",
)
def test_a_command_imports_what_it_needs(words: list[str], unwanted: set[str], write: Write) -> None:
    """`check` decides nothing, `transitions` judges no payload, `test` has too few to generate code for."""
    organisation = {"id": "o1", "name": "Good", "active": True, "classification": "classified"}
    write("records.json", {"goodstack/organisation": [organisation]})
    script = (
        "import atexit, sys\n"
        "from rulewright.__main__ import main\n"
        "atexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr))\n"
        "main()"
    )
    # The first run may have to read the rules; they are kept then.
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", script, *words, "--rules", str(shipped_rules())],
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 0
    assert "rulewright.model" in done.stderr.split()
    assert unwanted & {*done.stderr.split()} == set()


SNOWMAN = """
rulewright: 1
resource: desk/note
key: id
fields:
  id: {type: integer}
  text: {type: string}
checks:
  - {id: cold, check: "!given(payload.text) || payload.text == '\u2603'", message: "not \u2603"}
"""
MELTED = """
resource: desk/note
scenarios: [{name: "\u2603 melts", payload: {text: "\u2603"}, expect: {verdict: undecided}}]
"""


@pytest.mark.parametrize(
    "words",
    [
        ("test", "desk/note.test.yaml", "--format", "pretty"),
        ("test", "desk/note.test.yaml", "--format", "json"),
        ("export", "program", "desk/note"),
        ("explain", "desk/note", "n.json"),
        ("validate", "desk/note", "n.json", "--format", "jsonl"),
        ("new", "plugin", "snow", "--folder", "\u2603"),
    ],
    ids=" ".join,
)
def test_results_are_utf_8_whatever_the_locale_says(write: Write, words: tuple[str, ...]) -> None:
    """Windows, for example, has a code page for what goes into files."""
    Path("desk").mkdir()
    write("desk/note.yaml", SNOWMAN)
    write("desk/note.test.yaml", MELTED)
    write("n.json", {"text": "\u2603"})
    write("rulewright.toml", "rules = 'desk'\n")
    command = [sys.executable, "-X", "utf8=0", "-m", "rulewright", *words]

    ran = subprocess.run(
        command, capture_output=True, check=False, env={**os.environ, "PYTHONIOENCODING": "latin-1"}
    )

    assert ran.returncode in (0, 1), ran.stderr
    assert "\u2603" in ran.stdout.decode()


def test_every_command_has_help(run: Run) -> None:
    """Each command of the table that is there explains itself, without a readable configuration."""
    Path("rulewright.toml").write_text("wrong = [")
    names = main.list_commands(click.Context(main))

    assert {name: run(name, "--help").code for name in names} == dict.fromkeys(names, 0)


def test_python_m_and_version() -> None:
    """`python -m rulewright` is the same command."""
    shown = subprocess.run(
        [sys.executable, "-m", "rulewright", "--version"], capture_output=True, text=True, check=True
    )

    assert shown.stdout.startswith("rulewright, version ")


def test_no_time_is_spent_on_circles(write: Write) -> None:
    """Python doesn't look for circles of objects, neither during a short command nor at its end."""
    write("county.yaml", {"name": "Kent"})
    script = (
        "import atexit, gc\n"
        "from rulewright.__main__ import main\n"
        "count = lambda: sum(one['collections'] for one in gc.get_stats())\n"
        "begun = count()\n"
        "atexit.register(lambda: print(count() - begun, gc.get_freeze_count() > 10_000))\n"
        "main()"
    )
    words = ["validate", "ct_oi/county", "county.yaml", "--actor", '{"agent": 3, "group": 9}']

    ran = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=False)

    assert ran.stdout.splitlines()[-1] == "0 True", ran


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["validte"], "did you mean validate?"),
        (["validate", "desk/tickt", "t.json"], "did you mean desk/ticket?"),
        (["validate", "desk/ticket", "t.json", "--rules", "nowhere"], "there is no such file or folder"),
        (["validate", "desk/ticket", "t.json", "--store", "ftp://x"], "no store has the URL"),
        (["validate", "desk/ticket", "t.json", "--store", "sqlite:///x.db?mode=ro"], "takes no options"),
        (["validate", "desk/ticket", "t.json", "--store", "sqlite:///x\0.db"], "NUL"),
        (["validate", "desk/ticket", "t.json", "--actor", "{bad"], "--actor:1:2: this is no JSON"),
        (["validate", "desk/ticket", "t.json", "--actor", "[1]"], "the actor must be an object"),
        (["validate", "desk/ticket", "t.json", "--param", "x"], "--param must be NAME=VALUE"),
        (
            ["validate", "desk/ticket", "t.json", "--param", "x=1", "--param", "x=2"],
            "--param x is given twice",
        ),
        (
            ["validate", "desk/ticket", "t.json", "--query", "q=1", "--query", "q=1"],
            "--query q is given twice",
        ),
        (["validate", "desk/ticket", "t.json", "--header", "A: 1", "--header", "a=2"], "--header a is given"),
        (["apply", "desk/ticket", "t.json", "--store", "memory://", "--dry-run"], "rulewright plan"),
        (["validate", "desk/ticket", "t.json", "--as-of", "yesterday"], "as_of must be a datetime or ISO"),
        (["validate", "desk/ticket", "t.json", "--format", "xml"], "'xml' is not one of"),
        (["validate", "desk/ticket", "t.json", "--operation", "update"], "needs --key"),
        (["validate", "desk/ticket", "t.json", "--key", "7"], "--key needs --operation update"),
        (
            ["validate", "desk/ticket", "t.json", "--operation", "update", "--key", "ID"],
            "the key must be a whole number, or the field that holds it (id), not 'ID'",
        ),
        (["apply", "desk/ticket", "t.json", "--store", "memory://", "--key", "7"], "--key needs --operation"),
        (["validate", "desk/ticket", "t.json", "--workers", "99999"], "is not in the range 1<=x<=256"),
        (["apply", "desk/ticket", "t.json", "./t.json", "--store", "memory://"], "t.json is named twice"),
        (["validate", "desk/ticket", "t.json", "--rejected", "t.json"], "it would be overwritten"),
        (["validate", "desk/ticket", "t.json", "--rejected", "no/x"], "no/x: No such file"),
        (["validate", "desk/ticket", "t.json", "--rejected", ""], 'error: "": No such file'),
        (["validate", "desk/ticket", "t.json", "--records", "t.json", "--store", "memory://"], "exclude"),
        (["apply", "desk/ticket", "t.json"], "--store URL is needed"),
        (["apply", "desk/ticket", "-", "--store", "memory://", "--resume"], "can be read again"),
        (["check", "nowhere"], "there is no such file or folder"),
    ],
)
def test_wrong_usage(run: Run, write: Write, words: list[str], message: str) -> None:
    """What makes no sense ends with 2 and a message on stderr."""
    write("t.json", {})

    ran = run(*words)

    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_a_switch_that_a_variable_gave_is_told_of_as_that(run: Run) -> None:
    """Also where it has no value on the command line."""
    ran = run("check", env={"RULEWRIGHT_NO_PLUGINS": "maybe"})

    assert (ran.code, "Invalid value for 'RULEWRIGHT_NO_PLUGINS'" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("RULEWRIGHT_ACTOR", "{bad", "RULEWRIGHT_ACTOR:1:2: this is no JSON"),
        ("RULEWRIGHT_ACTOR", "[1]", "RULEWRIGHT_ACTOR: the actor must be an object"),
        ("RULEWRIGHT_FORMAT", "xml", "Invalid value for 'RULEWRIGHT_FORMAT': 'xml' is not one of"),
        ("RULEWRIGHT_COLOR", "red", "Invalid value for 'RULEWRIGHT_COLOR'"),
        ("RULEWRIGHT_MAX_ERRORS", "few", "Invalid value for 'RULEWRIGHT_MAX_ERRORS'"),
        ("RULEWRIGHT_WORKERS", "all", "Invalid value for 'RULEWRIGHT_WORKERS'"),
    ],
)
def test_what_a_variable_gave_is_told_of_as_that(
    run: Run, write: Write, variable: str, value: str, message: str
) -> None:
    """Nobody looks for an option that was not typed; where it was typed, it is the option's."""
    option = "--" + variable.removeprefix("RULEWRIGHT_").replace("_", "-").lower()
    words = ("validate", "desk/ticket", write("t.json", {}))

    ran, typed = run(*words, env={variable: value}), run(*words, option, value, env={variable: value})

    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert message.replace(variable, option) in typed.err


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (
            "desk/ticket:\n - {id: 1, titel: A}",
            "r.yaml:2:19: desk/ticket has no field titel; did you mean title?",
        ),
        ("desk/tickt: []", "r.yaml:1:13: there is no rule file for desk/tickt; did you mean desk/ticket?"),
        ("desk/ticket: {id: 1}", "r.yaml:1:14: desk/ticket must be a list of records"),
        ("desk/ticket: [5]", "r.yaml:1:15: a record of desk/ticket must be an object"),
        ("desk/ticket: [{title: A}]", "r.yaml:1:15: this record of desk/ticket has no id"),
        ("desk/ticket: [{id: one}]", "r.yaml:1:20: desk/ticket.id is kept as integer"),
        ("desk/ticket: [{id: 1}, {id: 1}]", "r.yaml:1:29: record 1 of desk/ticket has this id already"),
        ("- 1", "r.yaml:1:1: records must be a map"),
    ],
)
def test_wrong_records(run: Run, write: Write, records: str, message: str) -> None:
    """A mistake in --records is told with its place."""
    ran = run("validate", "desk/ticket", write("t.json", {}), "--records", write("r.yaml", records))

    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_all_mistakes_in_records_are_told(run: Run, write: Write) -> None:
    """One run is enough to mend a file of records."""
    records = "desk/ticket: [{id: one}, {title: A}]\ndesk/tickt: []\n"

    ran = run("validate", "desk/ticket", write("t.json", {}), "--records", write("r.yaml", records))

    places = [line.removeprefix("error: ").partition(": ")[0] for line in ran.err.splitlines()]
    assert places[:1] == ["r.yaml:1:20"]
    assert len([place for place in places if place.startswith("r.yaml:")]) == 3


def test_apply_offers_no_records(run: Run) -> None:
    """Help names what can be used."""
    assert "--records" not in run("apply", "--help").out
    assert "--records" in run("plan", "--help").out


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("RULEWRIGHT_STOER", "did you mean RULEWRIGHT_STORE?"),
        ("RULEWRIGHT_RULES_DIR", "did you mean RULEWRIGHT_RULES?"),
        ("RULEWRIGHT_VERBOSE", "there are RULEWRIGHT_ACTOR, _AS_OF, _CACHE, "),
    ],
)
def test_variables_that_nobody_reads_are_warned_of(run: Run, write: Write, name: str, hint: str) -> None:
    """The command does what it does all the same."""
    ran = run("validate", "desk/ticket", write("t.json", {"title": "a"}), env={name: "x"})

    assert ran.code == 0
    assert ran.err.startswith(f"warning: {name} is no variable of rulewright, and not read; {hint}")


@pytest.mark.parametrize(
    "name",
    ["RULEWRIGHT_TEST_PG", "RULEWRIGHT_UPDATE_GOLDEN", "RULEWRIGHT_DESK_TOKEN", "RULEWRIGHT_WHO", "RULE_X"],
)
def test_variables_that_others_read_are_not(run: Run, write: Write, name: str) -> None:
    """Those of tests, of secrets, of a target that names one, and those of other programs."""
    configured = Path("rulewright.toml").read_text()
    write(
        "rulewright.toml", f'{configured}[targets.x]\nurl = "https://x.org"\ntoken_env = "RULEWRIGHT_WHO"\n'
    )

    ran = run("validate", "desk/ticket", write("t.json", {"title": "a"}), env={name: "x"})

    assert (ran.code, "warning" in ran.err) == (0, False)


def test_every_variable_of_an_option_is_known() -> None:
    """Else the environment of somebody who does all right would be warned of."""
    context = click.Context(main)
    options = [
        option
        for name in main.list_commands(context)
        for command in [main.get_command(context, name)]
        for one in [command, *getattr(command, "commands", {}).values()]
        for option in one.params
    ]
    told = {option.envvar for option in [*main.params, *options] if option.envvar}

    assert told <= {f"RULEWRIGHT_{name}" for name in KNOWN}
    assert {name for name in KNOWN if f"RULEWRIGHT_{name}" not in told} == {"CACHE", "INFERENCE", "DEBUG"}


def test_flag_environment_file(run: Run, write: Write) -> None:
    """A flag goes before the environment, the environment before the configuration file."""
    with Path("rulewright.toml").open("a") as file:
        file.write('format = "json"\nstore = "memory://"\n')
    words = ("validate", "desk/ticket", write("t.jsonl", [{}]))

    from_file = run(*words).out
    from_environment = run(*words, env={"RULEWRIGHT_FORMAT": "jsonl"}).out
    from_flag = run(*words, "--format", "junit", env={"RULEWRIGHT_FORMAT": "jsonl"}).out

    assert [text[:2] for text in (from_file, from_environment, from_flag)] == ["[\n", '{"', "<?"]


def test_settings_and_pyproject(run: Run, write: Write) -> None:
    """The nearest configuration upwards counts, and its settings override those of api.yaml."""
    Path("rulewright.toml").unlink()
    table = f"[tool.rulewright]\nrules = {json.dumps(str(RULES))}\nactor = {{name = 'Ann'}}\n"
    Path("pyproject.toml").write_text(f"{table}[tool.rulewright.settings.desk]\ntitle_required = true\n")

    ran = run("validate", "desk/ticket", write("t.json", {}), "--store", "memory://")

    assert "error[required] /title" in ran.out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ruls = 'x'", "there is no setting ruls; did you mean rules?"),
        ("rules = 5", "rules must be a text"),
        ("format = 'xml'", "format must be one of pretty"),
        ("rules = [", "rulewright.toml: "),
        ("rules = mine", "rulewright.toml: Invalid value (at line 1, column 9); a text must stand in quotes"),
        ("# Zo\xeb", "rulewright.toml: byte 5 is not UTF-8 text; save it as UTF-8"),
        ("[settings.desk]\ntitel = true", "desk has no setting titel"),
    ],
)
def test_wrong_configuration(run: Run, write: Write, text: str, message: str) -> None:
    """A mistake in the configuration is told."""
    Path("rulewright.toml").write_bytes(text.encode("latin-1"))

    ran = run("validate", "desk/ticket", write("t.json", {}), "--rules", str(RULES))

    assert ran.code == 2
    assert message in ran.err


def test_request_options(run: Run, write: Write) -> None:
    """--param, --query and --header reach the rules; a header may be written as in HTTP."""
    assert named_values("--header", ["Accept: a=b", "X-Y=c:d"]) == {"accept": "a=b", "x-y": "c:d"}
    assert named_values("--param", ["id=5=6", "u=http://x"]) == {"id": "5=6", "u": "http://x"}


def test_a_caller_who_lacks_a_part_is_warned_of(run: Run, write: Write) -> None:
    """What auth.actor declares and --actor leaves out is null to the rules; stderr says so, each time."""
    write("t.json", {"title": "a"})

    ran = [run("validate", "desk/ticket", "t.json", "--actor", "{}", "--format", "text") for _ in range(2)]

    message = "warning: the actor has no name, which auth.actor of api.yaml declares\n"
    assert [one.err for one in ran] == [message] * 2
    assert run("validate", "desk/ticket", "t.json", "--format", "text").err == ""


def test_without_records_look_ups_are_undecided(run: Run, write: Write) -> None:
    """Without a store nothing that must be looked up is taken for true or false."""
    ran = run("validate", "desk/ticket", write("t.json", {"assignee": 7}), "--format", "json")

    assert json.loads(ran.out)["verdict"] == "undecided"
    assert ran.code == 1


def test_reading_makes_no_store(run: Run, write: Write) -> None:
    """`plan` against a SQLite file that is not there yet leaves it so."""
    ran = run("plan", "desk/ticket", write("t.json", {}), "--store", "sqlite:///new.db")

    assert (ran.code, Path("new.db").exists()) == (0, False)


def test_internal_error(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug of ours is one line, and a traceback only where it was asked for."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("rulewright.cli.deciding.skimming.decide", broken)
    words = ("validate", "desk/ticket", write("t.json", {}))

    ran, debugged = run(*words), run(*words, env={"RULEWRIGHT_DEBUG": "1"})

    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert ran.err.startswith("internal error: ZeroDivisionError: oops (please report)")
    assert "Traceback" in debugged.err


def test_closed_pipe(write: Write) -> None:
    """Whoever reads only the beginning of the results leaves no complaint behind."""
    lines = write("t.jsonl", [{"title": "x" * 20}] * 300)
    words = [sys.executable, "-m", "rulewright", "validate", "desk/ticket", lines, "--format", "json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()

    said = process.stderr.read()
    process.stderr.close()

    assert (process.wait(), said) == (141, b"")


@pytest.mark.parametrize("words", ["validate", "apply --store sqlite:///t.db"])
def test_closed_stderr(words: str, write: Write) -> None:
    """Whoever wants to hear nothing gets the results and the status all the same, after a warm start too."""
    file = write("t.jsonl", [{"title": "x"}, {"title": 5}])
    command = f"{sys.executable} -m rulewright {words} desk/ticket {file} 2>&-"

    for number in range(2):
        ran = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)

        assert (ran.returncode, "must be text" in ran.stdout) == (1, True), number


def test_closed_stdin(write: Write) -> None:
    """Nothing can be read from it; a file needs none."""
    command = f"{sys.executable} -m rulewright validate desk/ticket"
    file = write("t.json", {"title": "x"})

    nothing = subprocess.run(f"{command} - <&-", shell=True, capture_output=True, text=True, check=False)
    read = subprocess.run(f"{command} {file} <&-", shell=True, capture_output=True, text=True, check=False)

    assert (nothing.returncode, read.returncode) == (2, 0)
    assert nothing.stderr == "error: <stdin>:1:1: the file is empty: there is no payload in it\n"


@pytest.mark.parametrize("words", [("validate",), ("explain",), ("validate", "--format", "json")])
def test_configured_rules_are_named_from_here(
    run: Run, write: Write, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if they had been named by `--rules` here; from beside them in full."""
    shutil.copytree(RULES, "rules")
    Path("other").mkdir()
    Path("rulewright.toml").write_text("rules = 'rules'\nactor = {name = 'Ann'}\n")
    pretty = (*(words[1:] or ("--format", "pretty")), "--as-of", "2025-01-15T00:00:00Z")
    name = write("t.json", {"title": 1})

    configured = run(words[0], "desk/ticket", name, *pretty)
    named = run(words[0], "desk/ticket", name, *pretty, "--rules", "rules")
    monkeypatch.chdir("rules")
    inside = run(words[0], "desk/ticket", f"../{name}", *pretty)
    monkeypatch.chdir("../other")
    beside = run(words[0], "desk/ticket", f"../{name}", *pretty)

    assert " rules/desk/ticket.yaml:" in configured.out.replace('"', " ")
    assert configured == named
    assert " desk/ticket.yaml:" in inside.out.replace('"', " ")
    assert f"{Path.cwd().parent}/rules/desk/ticket.yaml:" in beside.out


@pytest.mark.parametrize("form", ["diagram", "docs", "jsonschema", "openapi", "program"])
def test_export_takes_the_configured_rules(form: str, run: Run) -> None:
    """Those of rulewright.toml, as `--rules` names them."""
    configured = run("export", form, "desk/ticket")

    assert configured.code == 0, configured.err
    assert configured == run("export", form, "desk/ticket", "--rules", str(RULES))


@pytest.mark.parametrize(
    "words",
    [
        ("replay", "--store", "sqlite:///desk.db"),
        ("history", "desk/ticket", "1", "--store", "sqlite:///desk.db"),
        ("plugins",),
    ],
    ids=lambda words: words[0],
)
def test_a_format_that_a_command_lacks(run: Run, write: Write, words: tuple[str, ...]) -> None:
    """Typed, it is refused; said for all commands, it leaves this one with its default."""
    run("apply", "desk/ticket", write("t.json", {"title": "a"}), "--store", "sqlite:///desk.db")
    default = run(*words)

    typed = run(*words, "--format", "sarif")
    in_environment = run(*words, env={"RULEWRIGHT_FORMAT": "sarif"})
    Path("rulewright.toml").write_text(Path("rulewright.toml").read_text() + "format = 'sarif'\n")
    in_file = run(*words)

    assert (typed.code, typed.out) == (2, "")
    assert "'sarif' is not one of 'pretty', 'text', 'json', 'jsonl'" in typed.err
    assert (in_environment, in_file) == (default, default)
    assert "Traceback" not in default.err


@pytest.mark.parametrize("buffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize(("lines", "blocks"), [(1000, 16), (50, 1)], ids=["many", "few"])
def test_results_that_do_not_fit(
    lines: int, blocks: int, buffered: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no space for all of them that is told, and none is left out in silence."""
    monkeypatch.setenv("PYTHONUNBUFFERED", buffered)
    monkeypatch.setenv("RULEWRIGHT_CACHE", "off")
    file = write("t.jsonl", [{"title": 5}] * lines)
    command = f"{sys.executable} -m rulewright validate desk/ticket {file} > out"

    for more in ("", "--workers 2"):
        limited = f"ulimit -f {blocks}; {command} {more}"
        ran = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, check=False)

        assert (ran.returncode, ran.stderr) == (2, "error: the results: File too large\n")


def test_stderr_that_takes_nothing(write: Write) -> None:
    """Its disk is full, for example: the results come, and the status is that of a failure, as for stdout."""
    command = f"{sys.executable} -m rulewright validate desk/ticket"
    lines = write("t.jsonl", [{"title": 5}, {"title": "x"}])

    told = subprocess.run(f"{command} {lines} 2>/dev/full", shell=True, capture_output=True, check=False)
    wrong = subprocess.run(f"{command} none.json 2>/dev/full", shell=True, capture_output=True, check=False)

    assert (told.returncode, told.stdout.count(b"\n"), wrong.returncode) == (2, 1, 2)


def test_copies_that_do_not_fit(run: Run, write: Write) -> None:
    """The file is named that the disk has no space for; it is not the results."""
    lines = write("t.jsonl", [{"title": "x"}] * 2)

    ran = run("validate", "desk/ticket", lines, "--accepted", "/dev/full")

    assert (ran.code, ran.err.splitlines()[-1]) == (2, "error: /dev/full: No space left on device")


@pytest.mark.parametrize(
    ("words", "sought"),
    [
        (["replay"], "is the history"),
        (["prune", "--older-than", "1d"], "is the history"),
        (["history", "desk/ticket", "1"], "is the history"),
        (["outbox", "list"], "is the outbox"),
        (["fire", "desk/ticket", "1", "close"], "is the record"),
        (["tick"], "are the records"),
        (["apply", "desk/ticket", "tickets.jsonl"], "is it to be stored"),
    ],
    ids=lambda one: one[0] if isinstance(one, list) else "",
)
def test_without_a_store_it_is_said_what_is_sought_there(words: list[str], sought: str, run: Run) -> None:
    """Each command asks for the store that it is about."""
    ran = run(*words)

    assert f"--store URL is needed: where {sought}?" in ran.err
    assert ran.code == 2
