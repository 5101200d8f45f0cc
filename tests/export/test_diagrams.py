"""`export diagram`: states and relations, in Mermaid and in DOT, that programs which draw them can read."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from random import Random
from subprocess import PIPE, Popen
from sys import executable
from typing import Any

import pytest
from click.testing import CliRunner
from mermaid_grammar import read_diagram
from random_rules import write_rules

from rulewright import RulewrightError, load
from rulewright.cli import main
from rulewright.compiled import CompiledRules
from rulewright.export import diagram
from rulewright.export.diagrams.charts import charts_of
from rulewright.export.diagrams.relations import relations_of

with warnings.catch_warnings():
    # pydot calls functions of pyparsing by their former names when it is imported.
    warnings.simplefilter("ignore")
    import pydot
    import pydot.dot_parser

SHIPPED = load().compiled
ORDER = """
rulewright: 1
resource: shop/order
key: number
lookups:
  mine: {find: shop/order, by: {number: record.number}}
fields:
  number: {type: integer, readonly: ignore, generate: sequence}
  customer: {type: integer, required: true, references: {resource: shop/customer, as: buyer}}
  lines:
    type: list
    items: {type: object, fields: {item: {type: string, references: {resource: shop/item}}}}
  status: {type: string}
effects:
  - {id: bill, create: shop/bill}
  - {id: count_up, update: buyer, set: {orders: 1}}
  - {id: tell, on: [send], send: desk, body: record.number}
workflow:
  field: status
  initial: open
  states: {open: {title: Being filled}, sent: , "end: lost": {final: true}}
  events: {send: , lose: }
  transitions:
    - {event: send, from: open, to: sent, guard: given(record.lines)}
    - {event: send, from: open, to: open}
    - {event: lose, from: '*', to: 'end: lost'}
  timeouts:
    - {state: sent, after: 36h, fire: lose}
  reactions:
    - {after: shop/customer.update, for_each: {find_all: shop/order, by: {customer: source.id}}, fire: lose}
"""
OTHERS = {
    "api": "rulewright: 1\napi: shop\ntargets: {desk: {method: POST, url: 'https://desk.example/?a=\"1\"'}}",
    "customer": "fields: {id: {type: integer}, orders: {type: integer, nullable: true}}",
    "item": "fields: {id: {type: string}, pk: {type: string, unique: true}}",
    "bill": "fields: {id: {type: integer, readonly: ignore, generate: sequence}}",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The rules of a shop, in a folder."""
    folder = tmp_path / "shop_rules" / "shop"
    folder.mkdir(parents=True)
    (folder / "order.yaml").write_text(ORDER)
    for name, text in OTHERS.items():
        head = "" if name == "api" else f"rulewright: 1\nresource: shop/{name}\nkey: id\n"
        (folder / f"{name}.yaml").write_text(head + text)
    return folder.parent


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines()]


def test_a_workflow_is_drawn_whole(shop: Path) -> None:
    """States with titles, first and last ones, guards, times, and what other resources fire."""
    drawn = diagram(load(shop).compiled, ["shop/order"])

    assert lines_of(drawn) == [
        "stateDiagram-v2",
        'state "open" as s_open',
        "s_open : Being filled",
        'state "sent" as s_sent',
        'state "end#58; lost" as s_end_lost',
        "[*] --> s_open",
        "s_open --> s_sent : send [given(record.lines)]",
        "s_open --> s_open : send [else]",
        "s_open --> s_end_lost : lose",
        "s_sent --> s_end_lost : lose (by itself after 36h)",
        "s_end_lost --> [*]",
        "note right of s_open : customer.update fires lose",
    ]


def test_relations_are_drawn_whole(shop: Path) -> None:
    """Keys, references however deep, and one line for all that a resource has to do with another."""
    drawn = diagram(load(shop).compiled, ["shop/order"], "relations")

    assert lines_of(drawn) == [
        "erDiagram",
        *('"bill" {', "integer id PK", "}"),
        *('"customer" {', "integer id PK", "}"),
        *('"item" {', "string id PK", "string *pk UK", "}"),
        '"order" {',
        'integer number PK "looks others up"',
        "integer customer FK",
        'list lines FK "lines.item"',
        "}",
        '"desk (target)" {',
        'POST url "https#58;//desk.example/?a=#34;1#34;"',
        "}",
        '"order" }o--|| "customer" : "customer<br/>order updates it and reacts to it"',
        '"order" }o--o{ "item" : "lines.item"',
        '"order" }o..|| "bill" : "order creates it"',
        '"order" }o..|| "desk (target)" : "order sends to it"',
    ]


def test_what_others_react_to_is_noted() -> None:
    """An event that moves records elsewhere says so at the state it leads to."""
    (chart,) = charts_of(SHIPPED, ["goodstack/organisation"])

    notes = {state.name: state.notes for state in chart.states if state.notes}

    assert notes == {
        "classified": ("classify fires eligibility_subscription.organisation_classified",),
        "unclassifiable": ("mark_unclassifiable fires eligibility_subscription.organisation_unclassifiable",),
    }


def test_an_expression_that_gives_the_first_state_is_taken_apart() -> None:
    """Each state that it may give has its condition; with `state_from`, what nothing leads to is first."""
    subscription, request = charts_of(
        SHIPPED, ["goodstack/eligibility_subscription", "goodstack/validation_request"]
    )

    starts = {one.to: one.labels for one in subscription.arrows if one.start is None}

    assert starts["s_eligibility_subscription_pending"] == ("[!given(organisation.classification)]", "[else]")
    assert len(starts) == 5
    assert [one.to for one in request.arrows if one.start is None] == ["s_validation_request_pending"]


def test_an_expression_that_may_give_any_state_leads_to_all(shop: Path) -> None:
    """What can't be told is not guessed."""
    path = shop / "shop" / "order.yaml"
    path.write_text(ORDER.replace("initial: open", "initial_from: string(record.number)"))

    (chart,) = charts_of(load(shop).compiled, ["shop/order"])

    assert [one.to for one in chart.arrows if one.start is None] == ["s_open", "s_sent", "s_end_lost"]


def test_a_time_after_which_nothing_moves_is_noted(shop: Path) -> None:
    """It has no arrow to stand at."""
    path = shop / "shop" / "order.yaml"
    path.write_text(ORDER.replace("state: sent, after: 36h", "state: 'end: lost', after: 48h"))

    drawn = diagram(load(shop).compiled, ["shop/order"])

    assert "note right of s_end_lost : lose fires by itself after 2d, and moves nothing\n" in drawn


def test_a_long_guard_is_cut_at_an_operator(shop: Path) -> None:
    """The page of `export docs` has it whole."""
    long = " && ".join(["record.number > 1000000"] * 9)
    path = shop / "shop" / "order.yaml"
    path.write_text(ORDER.replace("given(record.lines)", long))

    drawn = diagram(load(shop).compiled, ["shop/order"])

    assert (
        "send [record.number #62; 1000000 && record.number #62; 1000000 && record.number #62; 1000000 …]"
        in drawn
    )


def test_several_workflows_stand_in_frames() -> None:
    """An API's workflows are one diagram, and what is one state in each has an id in each."""
    drawn = diagram(SHIPPED, ["goodstack"], "workflow")

    assert drawn.count("state ") == 3 + 6 + 3 + 3
    assert "s_validation_request_pending : Not handled yet" in drawn
    assert "s_eligibility_subscription_pending : Waiting" in drawn


def test_several_apis_have_their_names_whole() -> None:
    """Where everything is drawn, two resources may have one name."""
    drawn = relations_of(SHIPPED, [*SHIPPED.resources])

    names = [one.name for one in drawn.boxes]

    assert names == [*SHIPPED.resources, "goodstack/webhook (target)"]


def drawings(rules: CompiledRules, language: Any) -> list[str]:
    """Everything together, each resource alone, and all workflows in one."""
    moving = [name for name, one in rules.resources.items() if one.workflow is not None]
    drawn = [diagram(rules, (), "relations", language)]
    drawn += [diagram(rules, [one], None, language) for one in rules.resources]
    return drawn + ([diagram(rules, moving, "workflow", language)] if moving else [])


def random_rules(folder: Path, seed: int) -> CompiledRules:
    write_rules(folder, Random(seed))
    return load(folder).compiled


def states_of(rules: CompiledRules, names: Sequence[str]) -> set[str]:
    return {state.name for chart in charts_of(rules, names) for state in chart.states}


@pytest.mark.parametrize("seed", range(24))
def test_mermaid_of_random_rules_keeps_to_a_small_grammar(seed: int, tmp_path: Path) -> None:
    """Whatever names and texts hold, and every state is shown by its name."""
    rules = random_rules(tmp_path, seed)

    read = [read_diagram(text) for text in drawings(rules, "mermaid")]

    assert states_of(rules, [*rules.resources]) <= set().union(*read)


def test_mermaid_of_what_ships_keeps_to_the_grammar() -> None:
    """All resources of all APIs are there."""
    whole, *single = drawings(SHIPPED, "mermaid")

    assert read_diagram(whole) >= SHIPPED.resources.keys()
    assert all(read_diagram(one) for one in single)


def labels_of(graph: Any) -> set[str]:
    """What the nodes of a graph, and of those in it, show as plain text."""
    own = {one.get("label") or '""' for one in graph.get_nodes() if one.get_name().startswith("s")}
    plain = {
        unescape(one[1:-1].replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")) for one in own
    }
    return plain.union(*map(labels_of, graph.get_subgraphs()))


@pytest.mark.parametrize("seed", range(100, 106))
def test_dot_of_random_rules_is_read(seed: int, tmp_path: Path) -> None:
    """By a parser of DOT, whatever names and texts hold."""
    rules = random_rules(tmp_path, seed)

    for text in drawings(rules, "dot"):
        (graph,) = pydot.graph_from_dot_data(text) or [None]

        assert graph is not None, text


def test_dot_shows_texts_as_they_are(shop: Path) -> None:
    """Quotes, backslashes and what looks like HTML's entities."""
    path = shop / "shop" / "order.yaml"
    path.write_text(ORDER.replace("Being filled", """'5" \\d &amp; <b> {x|y}'"""))

    (graph,) = pydot.graph_from_dot_data(diagram(load(shop).compiled, ["shop/order"], None, "dot")) or [None]

    assert graph is not None
    assert labels_of(graph) == {'open\n5" \\d &amp; <b> {x|y}\n', "sent\n", "end: lost\n"}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            ["goodstack/organization"],
            "no resource or API goodstack/organization; did you mean goodstack/organisation?",
        ),
        (["case"], "no resource or API case; did you mean ct_oi/case or plannr/case?"),
        (["planner"], "no resource or API planner; did you mean plannr?"),
        (["zzz"], "no resource or API zzz; the rules have: ct_oi, "),
    ],
)
def test_an_unknown_name_is_told_of(names: list[str], message: str) -> None:
    """With what it may have meant."""
    with pytest.raises(RulewrightError) as told:
        diagram(SHIPPED, names)

    assert message in str(told.value)


def test_no_workflow_to_draw_is_told_of(tmp_path: Path) -> None:
    """A workflow without states is none, and an API without resources has nothing at all."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "api.yaml").write_text("rulewright: 1\napi: a\n")
    nothing = load(tmp_path).compiled

    with pytest.raises(RulewrightError, match="there is no workflow in rubixx; its relations can be drawn"):
        diagram(SHIPPED, ["rubixx"], "workflow")
    with pytest.raises(RulewrightError, match="nothing to export: a has no resources"):
        diagram(nothing, ["a"])


def test_the_command_prints_it(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the language that is chosen for it, whatever format the configuration gives to other commands."""
    monkeypatch.chdir(shop.parent)
    (shop.parent / "rulewright.toml").write_text("rules = 'shop_rules'\nformat = 'jsonl'\n")
    run = CliRunner().invoke

    mermaid = run(main, ["export", "diagram", "shop/order"])
    dot = run(main, ["export", "diagram", "shop", "--format", "dot"])
    wrong = run(main, ["export", "diagram", "shop", "--kind", "workflow", "--format", "json"])

    assert (mermaid.exit_code, mermaid.stdout) == (0, diagram(load(shop).compiled, ["shop/order"]))
    assert (dot.exit_code, dot.stdout) == (0, diagram(load(shop).compiled, ["shop"], None, "dot"))
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "'json' is not one of 'mermaid', 'dot'" in wrong.stderr


def test_a_reader_that_goes_away_is_no_mistake() -> None:
    """`rulewright export diagram | head -1` says nothing on stderr."""
    command = [executable, "-m", "rulewright", "export", "diagram"]
    with Popen(command, stdout=PIPE, stderr=PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        said = running.stderr.read()

    assert (running.returncode, said) == (141, b"")
