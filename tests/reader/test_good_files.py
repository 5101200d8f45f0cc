"""Good rule files: every keyword of the language ends up in the model."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from time import process_time

import pytest
from reader_cases import HERE

from rulewright.checks import load_rules
from rulewright.errors import RuleFileError
from rulewright.model import Expression, Field, Itself, RuleFile, RuleSet, TemplateList
from rulewright.problem import VendorError
from rulewright.reader.behaviour_shape import EffectShape, LookUpShape, TransitionShape, WorkflowShape
from rulewright.reader.field_shape import FieldShape
from rulewright.reader.file_shape import ApiShape, FindingShape, InferenceShape, ResourceShape
from rulewright.reader.shapes import Shape

GOOD = HERE / "good"


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load_rules(GOOD, display_root="rules").rules


@pytest.fixture(scope="module")
def order(rules: RuleSet) -> RuleFile:
    return rules.resources["shop/order"]


@pytest.fixture(scope="module")
def fields(order: RuleFile) -> Mapping[str, Field]:
    return {field.name: field for field in order.fields}


def test_good_files_have_no_warnings() -> None:
    """The file that uses every keyword is beyond reproach."""
    assert load_rules(GOOD).warnings == ()


@pytest.mark.parametrize(
    "shape",
    [
        FieldShape,
        ApiShape,
        ResourceShape,
        WorkflowShape,
        TransitionShape,
        EffectShape,
        LookUpShape,
        InferenceShape,
        FindingShape,
    ],
)
def test_every_keyword_is_used(shape: type[Shape]) -> None:
    """A keyword that no good file uses would be a keyword that nobody has tried."""
    text = "".join(path.read_text() for path in GOOD.rglob("*.yaml"))

    unused = {
        name for name, field in shape.keywords.items() if f"{field.data_key or name.strip('_')}:" not in text
    }

    assert unused == set()


def test_places_are_shown_below_the_display_root(order: RuleFile, fields: Mapping[str, Field]) -> None:
    """File, line and column of a keyword."""
    assert order.file == "rules/shop/order.yaml"
    assert str(fields["paid"].at["default"]) == "rules/shop/order.yaml:45:25"


def test_types_merge_beneath_own_keywords(fields: Mapping[str, Field]) -> None:
    """A shared type that uses a shared type gives what the field does not say itself."""
    tag = fields["tags"].items

    assert tag is not None
    assert (tag.type, tag.type_name, tag.pattern, tag.max_length) == ("string", "short_code", "[A-Z]+", 3)
    assert tag.at["pattern"].file == "rules/shop/api.yaml"


def test_type_of_an_object(fields: Mapping[str, Field]) -> None:
    """An object type brings its fields; `unknown` of the field wins over the API's."""
    address = fields["address"]

    assert address.fields is not None
    assert [field.name for field in address.fields] == ["street", "code"]
    assert (address.unknown, address.type, address.type_name) == ("ignore", "object", "address")


def test_formats_are_shared(fields: Mapping[str, Field]) -> None:
    """The API's formats stand where a field has none of its own."""
    assert (fields["ordered"].format, fields["sent"].format) == ("%d/%m/%Y", "iso")


def test_strict_typing(fields: Mapping[str, Field], order: RuleFile) -> None:
    """A date stays text, a number in a template means itself, a version is as written."""
    assert fields["ordered"].min == "2025-01-01"
    assert order.version == "1.0"
    assert isinstance(fields["constant"].compute.value if fields["constant"].compute else None, Itself)


def test_short_and_long_forms(fields: Mapping[str, Field], order: RuleFile) -> None:
    """compute, generate, unique, error, one_of and `on` in both of their forms."""
    double, reference, uid = fields["double"].compute, fields["reference"].generate, fields["uid"].generate
    assert double is not None
    assert double.on == ("create", "update")
    assert reference is not None
    assert (reference.kind, reference.options) == ("sequence", {"prefix": "OR", "width": 10})
    assert uid is not None
    assert (uid.kind, uid.options) == ("uuid", {})
    assert fields["kind"].one_of == ("a", "b")
    assert isinstance(fields["other_kind"].one_of, Expression)
    assert order.checks[0].on == ("create",)
    assert order.variants_error == VendorError("order/variant")
    owner = fields["owner"].references
    assert owner is not None
    assert owner.error == VendorError("a/b", "T", 404)


def test_prohibited_if_is_forbidden_if(fields: Mapping[str, Field]) -> None:
    """An alias ends up as the word it stands for."""
    condition = fields["fourth_kind"].forbidden_if

    assert condition is not None
    assert condition.text == "given(payload.kind)"


def test_look_ups(order: RuleFile) -> None:
    """A list in `by` is a list of templates; the verb is the kind."""
    newest = order.lookups[2]

    assert (newest.kind, newest.resource, newest.of) == ("max", "shop/order", "total")
    assert isinstance(newest.by.entries["status"], TemplateList)


def test_workflow(order: RuleFile) -> None:
    """Events inherit the resource's field, durations are seconds, `from` is always a list."""
    workflow = order.workflow

    assert workflow is not None
    note = workflow.events[0].fields[0]
    assert (note.type, note.required, note.max_length) == ("string", True, 100)
    assert workflow.timeouts[0].after_seconds == 30 * 86_400
    assert [move.from_states for move in workflow.transitions] == [("new",), ("paid",), ("*",)]
    assert (workflow.reactions[0].after_resource, workflow.reactions[0].after_event) == (
        "shop/person",
        "update",
    )
    assert workflow.reactions[1].for_each.name == "earlier"


def test_variants_as_a_list(tmp_path: Path) -> None:
    """Variants may be a list whose entries have a name."""
    shutil.copytree(GOOD, tmp_path, dirs_exist_ok=True)
    (tmp_path / "shop" / "person.yaml").write_text(
        (GOOD / "shop" / "person.yaml").read_text() + "variants: [{name: named, required: [name]}]\n"
    )

    variants = load_rules(tmp_path).rules.resources["shop/person"].variants

    assert [(variant.name, variant.required) for variant in variants] == [("named", ("name",))]


@pytest.mark.parametrize("part", ["", "shop", "shop/order.yaml"])
def test_what_a_path_stands_for(part: str) -> None:
    """A root, one API's folder and one file of it give the same resources."""
    rules = load_rules(GOOD / part if part else GOOD).rules

    assert sorted(rules.resources) == ["shop/order", "shop/person", "shop/request"]
    assert rules.resources["shop/order"].file == f"{GOOD.as_posix()}/shop/order.yaml"


def test_sha256_depends_on_the_bytes(tmp_path: Path) -> None:
    """The same files give the same digest wherever they lie; a comment more gives another."""
    shutil.copytree(GOOD, tmp_path, dirs_exist_ok=True)
    before = load_rules(tmp_path).rules.sha256
    with (tmp_path / "shop" / "person.yaml").open("a") as file:
        file.write("# a comment\n")

    after = load_rules(tmp_path).rules.sha256

    assert before == load_rules(GOOD).rules.sha256
    assert after != before


def test_scenario_files_are_not_rules(tmp_path: Path) -> None:
    """*.test.yaml is left alone, whatever it holds."""
    shutil.copytree(GOOD, tmp_path, dirs_exist_ok=True)
    (tmp_path / "shop" / "order.test.yaml").write_text("[")

    assert load_rules(tmp_path).rules.sha256 == load_rules(GOOD).rules.sha256


def test_api_file_is_optional(tmp_path: Path) -> None:
    """A resource without api.yaml has an API with the defaults."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "person.yaml").write_text(
        "rulewright: 1\nresource: shop/person\nkey: id\nfields: {id: {type: integer}}\n"
    )

    rules = load_rules(tmp_path).rules

    assert rules.apis["shop"].auth is None
    assert rules.resources["shop/person"].unknown == "reject"


def test_many_values_are_checked_in_a_moment(tmp_path: Path) -> None:
    """Time grows with the number of values, not with its square: 20,000 once took a minute and more."""
    values = "".join(f"      - v{number}\n" for number in range(20_000))
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "ticket.yaml").write_text(
        "rulewright: 1\nresource: desk/ticket\nkey: id\nfields:\n  id: {type: integer}\n"
        f"  kind:\n    type: string\n    one_of:\n{values}"
    )
    before = process_time()

    checked = load_rules(tmp_path)

    assert checked.warnings == ()
    assert process_time() - before < 10


def test_other_yaml_may_lie_beside_the_apis(tmp_path: Path) -> None:
    """Records around the folders of the APIs make no API of the whole folder; a rule file there does."""
    shutil.copytree(GOOD / "shop", tmp_path / "shop")
    (tmp_path / "records.yaml").write_text("shop/order: [{id: 1}]\n")
    beside = load_rules(tmp_path).rules.resources
    (tmp_path / "order.yaml").write_text("rulewright: 1\n")
    with pytest.raises(RuleFileError) as wrong:
        load_rules(tmp_path)

    assert "shop/order" in beside
    assert "misplaced-file" in {problem.code for problem in wrong.value.problems}
