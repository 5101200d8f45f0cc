"""`export rule-schema`: a schema that refuses no file that `check` takes, and tells mistakes of shape."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from click.testing import CliRunner
from random_shapes import BESIDE, RandomFiles
from reader_cases import WRONG, case_names, lay_out, problems_of
from rule_file_mutants import Mutants, plain_of

from rulewright import load
from rulewright.checks import load_rules
from rulewright.cli import main
from rulewright.cli.rule_files.schemas import schema_of
from rulewright.errors import RuleFileError
from rulewright.export import shared_types
from rulewright.plugins import EffectKind, Registry, built_in
from rulewright.plugins.loading import build_registry
from rulewright.reader.field_shape import FieldShape
from rulewright.reader.scalars import Flag
from rulewright.scenarios.reading import read_scenarios
from rulewright.source import read_source

ROOT = Path(__file__).parents[2]
KINDS = ("resource", "api", "scenarios")
SCHEMAS = {kind: schema_of(kind, built_in(), None) for kind in KINDS}
VALIDATORS = {kind: jsonschema_rs.Draft202012Validator(schema) for kind, schema in SCHEMAS.items()}
GOOD = [ROOT / "rules", ROOT / "tests" / "reader" / "good", ROOT / "tests" / "hotpath" / "wide"]
FOLDERS = [
    *GOOD,
    *(path for path in sorted((ROOT / "tests" / "language").iterdir()) if (path / "lang").is_dir()),
    *(ROOT / "tests" / name / "rules" for name in ("cli", "explanation", "inference", "scenarios")),
    ROOT / "tests" / "scenarios" / "proofs",
    ROOT / "examples" / "own_rules",
]
HEAD = "rulewright: 1\nresource: a/b\nkey: id\nfields:\n  id: {type: integer}\n"


def kind_of(file: Path) -> str:
    if file.name.endswith(".test.yaml"):
        return "scenarios"
    return "api" if file.name == "api.yaml" else "resource"


def refusals(kind: str, text: str | bytes) -> list[str]:
    """What the schema has against a file, with the place."""
    return [
        f"{'/'.join(map(str, error.instance_path))}: {error.message}"
        for error in VALIDATORS[kind].iter_errors(plain_of(text))
    ]


def is_valid(registry: Registry, text: str, *, kind: str = "resource") -> bool:
    """Whether a file is valid under the schema of these plug-ins."""
    return jsonschema_rs.Draft202012Validator(schema_of(kind, registry, None)).is_valid(plain_of(text))


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_a_schema(kind: str) -> None:
    """Of 2020-12, with every reference in it leading somewhere."""
    jsonschema_rs.meta.validate(SCHEMAS[kind])

    assert SCHEMAS[kind]["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_check_takes_is_valid(folder: Path) -> None:
    """Every rule file, api.yaml and scenario file of folders that load."""
    load_rules(folder)
    files = [path for path in sorted(folder.rglob("*.yaml")) if "payloads" not in path.parts]

    assert files
    assert [
        (path.name, wrong) for path in files for wrong in refusals(kind_of(path), path.read_bytes())
    ] == []


def test_words_of_plug_ins_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The effect and the dialect of the example are words for those who have the plug-in."""
    example = ROOT / "examples" / "plugin_charity"
    monkeypatch.syspath_prepend(str(example))
    registry = build_registry(("rulewright_charity",), installed=False)
    files = list((example / "rules" / "giving").glob("*.yaml"))

    with_it = [is_valid(registry, path.read_text(), kind=kind_of(path)) for path in files]

    assert with_it == [True] * len(files)
    assert not all(is_valid(built_in(), path.read_text(), kind=kind_of(path)) for path in files)


# The codes of what is wrong with the shape of one map.
SHAPES = frozenset(
    (
        *(
            "unknown-keyword",
            "missing-keyword",
            "wrong-value",
            "not-an-expression",
            "bad-name",
            "bad-duration",
        ),
        *("keyword-for-type", "keyword-for-place", "effect-shape", "look-up-shape", "workflow-shape"),
        *("inference-shape", "generator-options", "language-version", "unknown-word", "cut-by-comma"),
    )
)
# The name of a file, and names that stand elsewhere in the file or in another.
OF_NO_SHAPE = {"file-name", "misspelt-source", "state-of-another"}


def is_sound(path: Path) -> bool:
    """Whether all files of a golden case can be read: the others are for the editor's own YAML."""
    files = path.rglob("*.yaml") if path.is_dir() else [path]
    return all(read_source(file.read_bytes(), "x.yaml")[1] == () for file in files)


NO_YAML = {path.stem for path in WRONG.iterdir() if path.suffix != ".report" and not is_sound(path)}


@pytest.mark.parametrize("name", [name for name in case_names() if name not in NO_YAML])
def test_the_wrong_files_of_the_reader_are_refused(name: str, tmp_path: Path) -> None:
    """Those that are wrong in shape; and none for which the reader has no error."""
    found = problems_of(lay_out(name, tmp_path))
    codes = {problem.code for problem in found if problem.severity == "error"}
    files = sorted((tmp_path / "shop").glob("*.yaml"))

    wrong = [refusals(kind_of(path), path.read_bytes()) for path in files]

    assert any(wrong) or not codes & SHAPES or name in OF_NO_SHAPE
    assert codes or not any(wrong)


def test_no_change_of_a_rule_file_is_refused_that_check_takes(tmp_path: Path) -> None:
    """Mutants of the rules that ship and of those that use every keyword."""
    files = [path for folder in GOOD for path in folder.rglob("*.yaml") if kind_of(path) != "scenarios"]
    mutants = Mutants(sorted(files), seed=20)
    stricter, refused = [], 0
    for number in range(150):
        file = mutants.random.choice(mutants.files)
        text = yaml.safe_dump(mutants.of(plain_of(file.read_bytes())), sort_keys=False)
        if wrong := refusals(kind_of(file), text):
            refused += 1
            if check_takes(file, text, tmp_path / str(number)):
                stricter.append((file, wrong))

    assert stricter == []
    assert refused > 75


def check_takes(file: Path, text: str, folder: Path) -> bool:
    """Whether `check` has no error for a folder in which one file reads so."""
    shutil.copytree(file.parent, folder / file.parent.name)
    (folder / file.parent.name / file.name).write_text(text)
    return loads(folder)


def test_no_keywords_together_are_refused_that_check_takes(tmp_path: Path) -> None:
    """Random fields, wherever fields stand, and random effects, look-ups, workflows and rules over facts."""
    made = RandomFiles(seed=9)
    (tmp_path / "a").mkdir()
    for name, text in BESIDE.items():
        (tmp_path / "a" / name).write_text(text)
    stricter, refused, taken = [], 0, 0
    for _ in range(300):
        text = yaml.safe_dump(made.resource(), sort_keys=False)
        (tmp_path / "a" / "b.yaml").write_text(text)
        wrong = refusals("resource", text)
        is_taken = loads(tmp_path)
        refused, taken = refused + bool(wrong), taken + is_taken
        if wrong and is_taken:
            stricter.append((text, wrong))

    assert stricter == []
    assert min(refused, taken) > 75


def loads(folder: Path) -> bool:
    """Whether `check` has no error for a folder."""
    try:
        load_rules(folder)
    except RuleFileError:
        return False
    return True


def test_no_change_of_a_scenario_file_is_refused_that_test_takes() -> None:
    """Mutants of the scenarios of the wide rules."""
    compiled = load(GOOD[-1]).compiled
    mutants = Mutants(sorted(GOOD[-1].rglob("*.test.yaml")), seed=4)
    stricter, refused = [], 0
    for _ in range(100):
        text = yaml.safe_dump(mutants.of(plain_of(mutants.random.choice(mutants.files).read_bytes())))
        if wrong := refusals("scenarios", text):
            refused += 1
            problems = read_scenarios(text, "x.test.yaml", compiled).problems
            if not any(problem.severity == "error" for problem in problems):
                stricter.append(wrong)

    assert stricter == []
    assert refused > 30


@pytest.mark.parametrize(
    "field",
    [
        "{type: string, min: 3}",
        "{type: integer, pattern: a}",
        "{type: list, unique: true}",
        "{type: object, fields: {x: {type: string, generate: sequence}}}",
        "{type: string, generate: {sequence: {width: many}}}",
        "{type: string, generate: prefixed_id}",
        "{type: string, default: a, default_from: b}",
        "{required: true}",
    ],
)
def test_keywords_that_do_not_fit_the_field_are_refused(field: str) -> None:
    """As `check` refuses them, and nothing else about the field."""
    assert refusals("resource", f"{HEAD}  x: {field}\n") != []


def test_a_shared_type_goes_before_a_type_of_its_name(tmp_path: Path) -> None:
    """What it is, only api.yaml says: `money` may be an object there, and takes what objects take."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "api.yaml").write_text(
        "api: a\ntypes: {money: {type: object, fields: {x: {type: string}}}}"
    )
    (tmp_path / "a" / "b.yaml").write_text(f"{HEAD}  x: {{type: money, unknown: ignore}}\n")
    load_rules(tmp_path)

    found = jsonschema_rs.Draft202012Validator(schema_of("resource", built_in(), str(tmp_path)))

    assert found.is_valid(plain_of((tmp_path / "a" / "b.yaml").read_bytes()))
    assert refusals("resource", (tmp_path / "a" / "b.yaml").read_bytes()) != []


def test_shared_types_that_no_field_uses_are_not_judged() -> None:
    """`check` says nothing of them either."""
    assert refusals("api", "types: {a: {type: string, min: 3, generate: nobody}, b: {min: 2}}") == []


def test_a_new_keyword_appears_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader's table is all there is; a copy of its keywords would go stale."""
    monkeypatch.setattr(
        FieldShape, "keywords", {**FieldShape.keywords, "brand_new": Flag("`true`: it is new.")}
    )

    assert is_valid(built_in(), f"{HEAD}  x: {{type: string, brand_new: true}}\n")
    assert not is_valid(built_in(), f"{HEAD}  x: {{type: string, brand_new: 5}}\n")


@pytest.mark.parametrize(("word", "meant"), [("enum", "one_of"), ("regex", "pattern")])
def test_words_of_other_languages_are_told_apart(word: str, meant: str) -> None:
    """Nothing is said of them but which one is meant."""
    told = {"properties": {word: False}, "errorMessage": f"did you mean {meant}?"}
    text = f"{HEAD}  x: {{type: string, {word}: a}}\n"

    assert told in SCHEMAS["resource"]["$defs"]["field"]["allOf"]
    assert len(refusals("resource", text)) == 1


def test_a_plug_ins_effect_stands_alone() -> None:
    """Beside its keyword stand id, when and on, as the reader has it."""
    kind = EffectKind("thank", lambda value: [{"set": {}}], "a", 5, "thanks somebody")
    registry = Registry(effects={"thank": kind})

    assert is_valid(registry, f"{HEAD}effects: [{{id: a, when: b, thank: {{x: 1}}}}]\n")
    assert not is_valid(registry, f"{HEAD}effects: [{{id: a, thank: c, set: {{x: 1}}}}]\n")


@pytest.mark.parametrize("kind", KINDS)
def test_every_keyword_is_described(kind: str) -> None:
    """Whatever an editor offers, it says what that means."""

    def nameless(part: object, path: str) -> list[str]:
        if isinstance(part, list):
            return [one for index, item in enumerate(part) for one in nameless(item, f"{path}/{index}")]
        if not isinstance(part, Mapping):
            return []
        found = part.get("properties")
        offered = {
            name: said
            # A keyword that is refused may be called so itself.
            for name, said in (found.items() if isinstance(found, Mapping) else ())
            if isinstance(said, Mapping)
            and not {"$ref", "doNotSuggest"} & {*said}
            and "/if/" not in f"{path}/"
        }
        bare = [f"{path}/{name}" for name, said in offered.items() if not described(said)]
        return bare + [one for name, below in part.items() for one in nameless(below, f"{path}/{name}")]

    def described(said: Mapping[str, Any]) -> bool:
        return bool(said.get("description") or said.get("markdownDescription"))

    assert nameless(SCHEMAS[kind], "") == []


@pytest.mark.parametrize(
    ("text", "known"), [("'a(': 5, b: {type: string}", {"b"}), ("a: {type: string}, '", set())]
)
def test_an_api_file_in_the_middle_of_writing_spoils_no_schema(
    text: str, known: set[str], tmp_path: Path
) -> None:
    """What can't be a name is no shared type, and a file that is no YAML has none."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "api.yaml").write_text(f"types: {{{text}}}\n")

    assert shared_types(tmp_path) == known


# The command


def test_the_command_prints_the_schema_of_a_kind() -> None:
    """Resource is the default; what it prints is what the library gives."""
    printed = CliRunner().invoke(main, ["export", "rule-schema"])
    of_scenarios = CliRunner().invoke(main, ["--no-plugins", "export", "rule-schema", "--kind", "scenarios"])

    assert (printed.exit_code, of_scenarios.exit_code) == (0, 0)
    assert plain_of(of_scenarios.stdout) == SCHEMAS["scenarios"]
    assert '"title": "Rulewright rule file"' in printed.stdout


@pytest.mark.parametrize("arguments", [["--kind", "rules"], ["--rules", "nowhere"], ["rubixx/person"]])
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    """A kind that there is not, a folder that there is not, and an argument too many."""
    assert CliRunner().invoke(main, ["export", "rule-schema", *arguments]).exit_code == 2


def test_shared_types_of_the_rules_are_offered(tmp_path: Path) -> None:
    """Those that api.yaml has, beside the types of the language; rules that are still to write have none."""
    printed = CliRunner().invoke(main, ["export", "rule-schema", "--rules", str(ROOT / "rules")]).stdout
    of_none = CliRunner().invoke(main, ["export", "rule-schema", "--rules", str(tmp_path)])

    assert '"address"' in printed
    assert of_none.exit_code == 0
    assert '"address"' not in of_none.stdout
