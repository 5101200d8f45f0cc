"""The pages in docs/ name everything there is, and what they show is what happens."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
import yaml
from doc_blocks import DOCS, ROOT, Block, blocks_of, code_spans, rows, run, section, sessions
from problem_pages import render

from rulewright import RuleFileError, cel, load
from rulewright.cel.macros import MACRO_NAMES
from rulewright.checks import load_rules
from rulewright.checks.subject import RESERVED_NAMES
from rulewright.cli import main
from rulewright.plugins import built_in
from rulewright.problem import CODES
from rulewright.reader import behaviour_shape, field_shape, file_shape
from rulewright.reader.shapes import Shape
from rulewright.scenarios import Runner, read_file
from rulewright.scenarios import shapes as shapes_of_scenarios
from rulewright.source import read_source, to_plain
from rulewright_adapters.memory import MemoryStore

RULES, CEL, PROBLEMS, SCENARIOS = (DOCS / f"{name}.md" for name in ("rules", "cel", "problems", "scenarios"))
PAGES = (RULES, CEL, PROBLEMS, SCENARIOS)
BLOCKS = [block for page in PAGES for block in blocks_of(page)]
FILES = {block.file: block.text for block in BLOCKS if block.file is not None}
FRAGMENTS = [block for block in BLOCKS if block.kind.startswith("yaml") and block.file is None]

# Where rules.md is about the keywords of each map.
TYPES = built_in().types
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "FieldShape": ("Fields",),
    "CheckShape": ("Checks",),
    "ErrorShape": ("The vendor's own error",),
    "ReferenceShape": ("References",),
    "UniqueShape": ("Unique values",),
    "ComputeShape": ("Values that the system supplies",),
    "LookUpShape": ("Look-ups",),
    "EffectShape": ("Effects",),
    "VariantShape": ("Variants",),
    "NamedVariantShape": ("Variants",),
    "WorkflowShape": ("Workflow",),
    "StateShape": ("Workflow",),
    "EventShape": ("Workflow",),
    "TransitionShape": ("Workflow",),
    "ReactionShape": ("Reactions and timeouts",),
    "TimeoutShape": ("Reactions and timeouts",),
    "InferenceShape": ("Inference",),
    "FindingShape": ("Inference",),
    "OperationShape": ("Operations",),
    "ResponseShapeShape": ("Response",),
    "ResourceShape": ("A resource's file",),
    "ApiShape": ("api.yaml",),
    "AuthShape": ("Who may call",),
    "ErrorsShape": ("How refusals are written",),
    "IdempotencyShape": ("Calls that may be repeated",),
    "TargetShape": ("Messages and switches",),
    "SettingShape": ("Messages and switches",),
}


def shapes(*modules: ModuleType) -> dict[str, type[Shape]]:
    """Every map of keywords that the reader knows, or those of some modules."""
    return {
        name: value
        for module in modules or (behaviour_shape, field_shape, file_shape)
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Shape) and value is not Shape
    }


def keywords(shape: type[Shape]) -> set[str]:
    return set(shape.keywords)


def otherwise_said(shape: type[Shape], of_section: list[list[str]]) -> Iterator[str]:
    """The keywords whose meaning is in none of the rows about them; a row about several has its own words."""
    for keyword, kind in shape.keywords.items():
        about = [row for row in of_section if keyword in code_spans(row[0])]
        is_shared = any(len(code_spans(row[0])) > 1 for row in about)
        said = {without_links(row[-1]) for row in about}
        if not kind.meaning or (about and not is_shared and kind.meaning not in said):
            yield keyword


def without_links(cell: str) -> str:
    """The text of a cell: a link that only leads on goes, another leaves its words."""
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", re.sub(r": \[[^]]*\]\([^)]*\)\.$", ".", cell))


def parsed(text: str) -> Any:
    """YAML as rule files are read: `on` is text."""
    node, problems = read_source(text.encode(), "page.md")
    assert problems == ()
    assert node is not None
    return to_plain(node)


def keys_in(value: object) -> Iterator[str]:
    """Every key of the maps in a parsed YAML value."""
    if isinstance(value, Mapping):
        yield from map(str, value)
        for part in value.values():
            yield from keys_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from keys_in(part)


def names_in_first_column(text: str) -> set[str]:
    return {name for row in rows(text) for name in code_spans(row[0])}


def yaml_keys(text: str, page: str) -> set[str]:
    return {
        key
        for block in BLOCKS
        if block.page == page and block.kind.startswith("yaml") and block.text in text
        for key in keys_in(parsed(block.text))
    }


# What the pages name


@pytest.mark.parametrize("name", sorted(shapes()))
def test_every_keyword_is_explained(name: str) -> None:
    """Each keyword of the reader stands in a table of its section."""
    said = {word for heading in SECTIONS[name] for word in names_in_first_column(section(RULES, heading))}

    assert keywords(shapes()[name]) - said == set()


@pytest.mark.parametrize("name", sorted(shapes()))
def test_a_keyword_means_to_editors_what_the_page_says(name: str) -> None:
    """Where a row is about one keyword, its words are those that the reader's table has."""
    of_section = [row for heading in SECTIONS[name] for row in rows(section(RULES, heading)) if len(row) == 2]

    assert list(otherwise_said(shapes()[name], of_section)) == []


@pytest.mark.parametrize("name", sorted(shapes(shapes_of_scenarios)))
def test_a_keyword_of_scenarios_means_to_editors_what_the_page_says(name: str) -> None:
    """The same for scenarios.md, where parts of what is expected have their keys in one row."""
    heading = "What must come out" if name == "ExpectShape" else "What a scenario says"
    parts = ("ProblemShape", "ChangeShape", "MessageShape", "StoreShape", "ResponseShape")
    of_section = [] if name in parts else rows(section(SCENARIOS, heading))

    assert list(otherwise_said(shapes(shapes_of_scenarios)[name], of_section)) == []


def test_no_keyword_is_explained_that_does_not_exist() -> None:
    """A keyword that is gone from the reader goes from the page."""
    known = {keyword for shape in shapes().values() for keyword in keywords(shape)}
    tables = {heading for headings in SECTIONS.values() for heading in headings}
    named = {
        name
        for heading in tables
        for row in rows(section(RULES, heading))
        if row[0].startswith("`") and len(row) == 2
        for name in code_spans(row[0])
    }

    assert named - known == set()


@pytest.mark.parametrize("name", sorted(shapes()))
def test_every_keyword_has_an_example(name: str) -> None:
    """Each keyword is used in a YAML block of rules.md, and all of those load."""
    heading = "A folder of rules" if name == "ResourceShape" else SECTIONS[name][0]
    top = {"ResourceShape": RULES.read_text()}.get(name, section(RULES, heading))

    assert keywords(shapes()[name]) - yaml_keys(top, "rules.md") == set()


def test_every_field_type_is_in_the_table() -> None:
    """The table of types is the one that the engine has, with its examples."""

    def row(name: str) -> list[str]:
        kind = TYPES[name]
        wrong = "NaN" if isinstance(kind.wrong, float) and math.isnan(kind.wrong) else json.dumps(kind.wrong)
        return [f"`{name}`", kind.meaning, f"`{json.dumps(kind.example)}`", f"`{wrong}`"]

    table = rows(section(RULES, "Field types"))[1:]

    assert [cells[:4] for cells in table] == [row(name) for name in TYPES]
    assert {cells[0].strip("`"): frozenset(code_spans(cells[4])) for cells in table} == {
        name: kind.keywords for name, kind in TYPES.items()
    }


def test_every_problem_code_is_in_the_table() -> None:
    """The table of codes has each code once, and no other."""
    listed = [code_spans(row[0])[0] for row in rows(section(RULES, "Problem codes"))[1:]]

    assert sorted(listed) == sorted(CODES)


# What the pages show


def test_every_yaml_block_says_what_it_is() -> None:
    """No YAML escapes the tests: a block is a named file, or a fragment of a known kind."""
    kinds = {"yaml fields", "yaml resource", "yaml api", "yaml scenarios", "yaml wrong"}

    assert [str(block) for block in FRAGMENTS if block.kind not in kinds] == []


def write_world(folder: Path) -> Path:
    """Write the files that the pages show; the root of their rules."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "rules"


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A folder with the files that the pages show."""
    write_world(tmp_path)
    return tmp_path


def test_the_files_of_the_pages_have_no_mistake(world: Path) -> None:
    """The rule files that the pages show load without a warning."""
    checked = load_rules(world / "rules")

    assert [f"{problem.span}: {problem.message}" for problem in checked.warnings] == []


def test_the_diagram_of_the_page_is_what_is_printed(world: Path) -> None:
    """The block that GitHub draws."""
    (shown,) = (block.text for block in BLOCKS if block.kind == "mermaid")

    printed = run("rulewright export diagram library --rules rules", world)

    assert printed == shown


def merge(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """The fragment's keys in place of the base's; maps are joined one level deep."""
    joined = {
        key: {**base[key], **value} if isinstance(value, dict) and isinstance(base.get(key), dict) else value
        for key, value in more.items()
    }
    return {**base, **joined}


def wrap(block: Block) -> dict[str, Any]:
    """The rule file that a fragment becomes, put into what it is a part of."""
    name = f"example_{block.page.removesuffix('.md')}_{block.line}"
    fragment = parsed(block.text.replace("library/example", f"library/{name}"))
    head = {"rulewright": 1, "resource": f"library/{name}", "key": "id"}
    if block.kind == "yaml fields":
        number = {"type": "integer", "readonly": "ignore", "generate": "sequence"}
        return {**head, "fields": {"id": number, **fragment}}
    loan = parsed(FILES["rules/library/loan.yaml"])
    return merge({**head, "fields": loan["fields"]}, fragment)


def test_fragments_load(world: Path) -> None:
    """Every fragment is sound where it belongs; all are loaded together, because each load takes its time."""
    folder = world / "rules" / "library"
    api = parsed((folder / "api.yaml").read_text())
    for block in FRAGMENTS:
        if block.kind == "yaml api":
            api = merge(api, parsed(block.text))
        elif block.kind in ("yaml fields", "yaml resource"):
            content = wrap(block)
            file = f"{content['resource'].partition('/')[2]}.yaml"
            (folder / file).write_text(yaml.safe_dump(content, sort_keys=False))
    (folder / "api.yaml").write_text(yaml.safe_dump(api, sort_keys=False))

    try:
        load(world / "rules")
        problems = []
    except RuleFileError as error:
        problems = [f"{one.span.file}: {one.code}: {one.message}" for one in error.problems]

    assert problems == []


@pytest.mark.parametrize("block", [block for block in FRAGMENTS if block.kind == "yaml scenarios"], ids=str)
def test_scenarios_shown_pass(block: Block, world: Path) -> None:
    """Scenarios of a page pass on the library's records."""
    path = world / "shown.test.yaml"
    given = FILES["rules/library/loan.test.yaml"].partition("\nscenarios:")[0]
    shown = "".join(f"  {line}\n" if line else "\n" for line in block.text.splitlines())
    path.write_text(f"{given}\nscenarios:\n{shown}")

    assert failures(world / "rules", path) == []


def failures(rules: Path, path: Path) -> list[str]:
    """What a scenario file has that does not pass."""
    program = load(rules)
    file = read_file(path, program.compiled)
    results = list(Runner(program, MemoryStore).run_all(file.scenarios))
    assert results
    return [
        *(problem.message for problem in file.problems),
        *(f"{result.name}: {one}" for result in results for one in result.mismatches),
    ]


@pytest.mark.parametrize(
    "name", sorted(name for name in FILES if name.startswith("rules/") and name.endswith(".test.yaml"))
)
def test_scenario_files_shown_pass(name: str, world: Path) -> None:
    """A scenario file of a page passes on the rules of the pages."""
    assert failures(world / "rules", world / name) == []


@pytest.mark.parametrize(
    ("command", "output"), [pair for page in PAGES for pair in sessions(page)], ids=lambda text: text[:40]
)
def test_console_blocks_show_what_is_printed(command: str, output: str, world: Path) -> None:
    """Each command prints what its page shows."""
    assert run(command, world) == output


# The points of the four APIs

NUMBERS = {"1a": 13, "2a": 13, "3a": 11, "4a": 12}
POINTS = [
    *(f"{part}.{number}" for part, last in NUMBERS.items() for number in range(1, last + 1)),
    *(f"2a.T{number}" for number in range(1, 10)),
]
HOMES = {
    "Rubixx: a scheme engagement": "rubixx/engagement.test.yaml",
    "Goodstack: an eligibility subscription": "goodstack/eligibility_subscription.test.yaml",
    "Plannr: a case": "plannr/case.test.yaml",
    "CT/OI: a case": "ct_oi/case.test.yaml",
}


@cache
def names_of(file: Path) -> list[str]:
    """The names of a file's scenarios."""
    return [scenario["name"] for scenario in parsed(file.read_text())["scenarios"]]


def point_rows() -> Iterator[tuple[str, str, str, list[str]]]:
    """The file, the point, its last cell and the scenarios that the cell names."""
    for heading, home in HOMES.items():
        for first, _, last in rows(section(RULES, heading)):
            if first in ("point", "reading"):
                continue
            spans = code_spans(last)
            other = [span for span in spans if span.endswith(".test.yaml")]
            file = str(Path(home).with_name(other[0])) if other else home
            yield file, first, last, [span for span in spans if span not in other and " " in span]


@pytest.mark.parametrize("point", POINTS)
def test_every_point_has_a_row(point: str) -> None:
    """Each numbered point has a row; one in several parts has one for each, named by letters."""
    found = [last for _, first, last, _ in point_rows() if first.rstrip("abcdefgh") == point]

    assert found
    assert all(found)


@pytest.mark.parametrize("heading", HOMES)
def test_every_scenario_named_exists(heading: str) -> None:
    """The scenarios that the rows name are there, under exactly these names."""
    api = HOMES[heading].partition("/")[0]
    missing = [
        name
        for file, _, _, names in point_rows()
        for name in names
        if file.startswith(f"{api}/") and name not in names_of(ROOT / "rules" / file)
    ]

    assert missing == []


def test_a_point_without_a_scenario_says_why() -> None:
    """A row of the points names a scenario, or gives a reason."""
    bare = [first for _, first, last, names in point_rows() if not names and len(last) < 20]

    assert bare == []


# Our own readings

READINGS = Path(__file__).parent / "readings"


def test_the_readings_are_as_said() -> None:
    """The scenarios of the readings pass."""
    assert failures(READINGS / "rules", READINGS / "thing.test.yaml") == []


def test_every_reading_is_proved() -> None:
    """The table of readings names scenarios that exist."""
    known = names_of(READINGS / "thing.test.yaml")
    named = [name for row in rows(section(RULES, "Our own readings"))[1:] for name in code_spans(row[2])]

    assert [name for name in named if name not in known] == []
    assert sorted(set(named)) == sorted(known)


def test_without_a_store_sequences_start_at_1() -> None:
    """The one reading that a scenario can't show: a scenario always has a store."""
    outcome = load(READINGS / "rules").evaluate("reading/thing", {"name": "Ann"})

    assert outcome.record is not None
    assert outcome.record["id"] == 1


# Expressions


def expression_rows(heading: str) -> list[list[str]]:
    """The rows of a section of cel.md that end with a true expression."""
    return [row for row in rows(section(CEL, heading)) if row[-1] != "true"]


@pytest.mark.parametrize("heading", ["Operators", "Macros", "Functions"])
def test_expressions_of_the_tables_are_true(heading: str) -> None:
    """Each row ends with an expression that is true."""
    texts = [code_spans(row[-1])[0].replace("\\|", "|") for row in expression_rows(heading)]

    assert texts
    assert [text for text in texts if cel.evaluate(cel.parse(text), {"thing": {}}) is not True] == []


def test_every_function_and_macro_has_a_row() -> None:
    """Each function that expressions have is in a table and called in its row; operators likewise."""
    operators = " ".join(row[0] for row in expression_rows("Operators"))
    listed = {code_spans(row[0])[0]: row for row in expression_rows("Functions")}
    macros = section(CEL, "Macros")
    names = {name for name in cel.ALL_FUNCTIONS if not name.startswith(("_", "!", "-", "@"))}
    symbols = [name.strip("_@") for name in cel.ALL_FUNCTIONS if name not in names]

    assert set(listed) == names
    assert [name for name, row in listed.items() if f"{name}(" not in row[-1]] == []
    assert [
        symbol for symbol in symbols if f" {symbol} " not in operators and f"`{symbol}a`" not in operators
    ] == []
    assert [name for name in MACRO_NAMES if f"{name}(" not in macros] == []


def test_every_name_of_expressions_is_listed() -> None:
    """The names that every expression has are in the table."""
    assert names_in_first_column(section(CEL, "Names")) >= RESERVED_NAMES


def test_the_limits_are_those_of_the_engine() -> None:
    """The table of limits shows the defaults."""
    shown = [int(row[1].replace(",", "")) for row in rows(section(CEL, "Limits"))[1:]]
    limits = cel.DEFAULT_LIMITS

    assert shown == [limits.characters, limits.depth, limits.nodes, limits.steps]


def test_python_of_the_pages_runs(tmp_path: Path) -> None:
    """The library's examples run as they stand, and print what their comments say."""
    for block in BLOCKS:
        if block.kind == "python":
            (tmp_path / "example.py").write_text(block.text)
            said = re.findall(r"^print\(.*\)  # (.*)$", block.text, re.MULTILINE)

            assert run("python example.py", tmp_path).splitlines() == said


def test_the_public_names_of_cel_exist() -> None:
    """What the page promises to developers is there."""
    named = names_in_first_column(section(CEL, "For developers"))

    assert named - {"rulewright.cel"} - set(cel.__all__) == set()


# Mistakes in rule files


def test_every_mistake_has_its_page() -> None:
    """problems.md holds the page of each code; `python tests/docs/problem_pages.py` writes it."""
    start, _, _ = render().partition("\n")

    shown = PROBLEMS.read_text()

    assert shown[shown.index(start) :] == render()


# Scenarios and commands


def test_every_keyword_of_scenarios_is_explained() -> None:
    """Each keyword of scenario files stands in a table of scenarios.md."""
    said = {span for row in rows(SCENARIOS.read_text()) for cell in row for span in code_spans(cell)}
    known = {
        keyword
        for value in vars(shapes_of_scenarios).values()
        if isinstance(value, type) and issubclass(value, Shape) and value is not Shape
        for keyword in keywords(value)
    }

    assert known - said == set()


@pytest.mark.parametrize(("name", "page"), [("test", SCENARIOS), ("check", PROBLEMS)])
def test_every_option_is_explained(name: str, page: Path) -> None:
    """The options of the commands that these pages are about."""
    command = main.get_command(click.Context(main), name)
    assert command is not None
    options = [option.opts[0] for option in command.params if isinstance(option, click.Option)]

    text = page.read_text()

    assert [option for option in options if f"`{option}" not in text and option != "--help"] == []


def test_links_lead_somewhere() -> None:
    """Links to files and headings of this repository are right."""
    broken = []
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
            name, _, anchor = target.partition("#")
            if "://" in target:
                continue
            path = (page.parent / name).resolve() if name else page
            headings = (
                re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE) if path.suffix == ".md" else []
            )
            anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            if not path.exists() or (anchor and anchor not in anchors):
                broken.append(f"{page.name}: {target}")

    assert broken == []
