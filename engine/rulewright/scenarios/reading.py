"""Scenario files to `ScenarioFile`s: shape, then names, then what steps inherit from file and scenario."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast

from msgspec import Struct

from rulewright.compiled import CompiledRules
from rulewright.outcome import Verdict
from rulewright.problem import SourceProblem, Span
from rulewright.reader import sorted_problems
from rulewright.reader.parts import Part
from rulewright.reader.shape_check import sound_part
from rulewright.scenarios.checking import check_file, check_story
from rulewright.scenarios.model import (
    ABSENT,
    Expectation,
    Record,
    RequestParts,
    ResponseExpectation,
    Scenario,
    ScenarioFile,
    Step,
    StoreExpectation,
)
from rulewright.scenarios.shapes import ScenarioFileShape, story_shape
from rulewright.source import ListNode, MapNode, Node, Scalar, read_source, to_plain


def read_file(path: Path, rules: CompiledRules) -> ScenarioFile:
    """Read one scenario file; every mistake in it is one of its `problems`."""
    shown = str(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"the file can't be read: {error.strerror}"
        problem = SourceProblem("unreadable-file", message, Span(shown, 1, 1, 1, 1))
        return ScenarioFile(shown, (), (problem,))
    return read_scenarios(data, shown, rules)


def read_scenarios(data: str | bytes, file: str, rules: CompiledRules) -> ScenarioFile:
    """Read the text of a scenario file. `file` is how reports name it.

    A scenario that holds a mistake is left out; a mistake outside of them leaves all of them out.
    """
    node, found = read_source(data, file)
    if node is None:
        return ScenarioFile(file, (), found)
    problems = list(found)
    if not isinstance(node, MapNode):
        hint = "start with resource: <api>/<name>"
        problems.append(node.problem("wrong-value", "expected a map of keywords", hint=hint))
        return ScenarioFile(file, (), tuple(problems))
    sound, flaws = sound_part(ScenarioFileShape, node)
    problems.extend(flaws)
    if sound is None:
        return ScenarioFile(file, (), sorted_problems(problems))
    problems.extend(check_file(sound, rules))
    usable = not any(problem.severity == "error" for problem in problems)
    scenarios, not_run = _read_all(Part(sound), file, rules, problems)
    if not usable:
        scenarios, not_run = (), not_run + len(scenarios)
    return ScenarioFile(file, scenarios, sorted_problems(problems), not_run)


def _read_all(
    file: Part, shown: str, rules: CompiledRules, problems: list[SourceProblem]
) -> tuple[tuple[Scenario, ...], int]:
    """The sound scenarios, and how many are not."""
    scenarios: list[Scenario] = []
    listed = file.node_of("scenarios")
    nodes = listed.items if isinstance(listed, ListNode) else ()
    first = _first_of_each_name(nodes)
    for node in nodes:
        found = list(_problems_of(node, first, file, rules))
        problems.extend(found)
        if isinstance(node, MapNode) and not any(problem.severity == "error" for problem in found):
            scenarios.append(_scenario(Part(node), file, shown))
    return tuple(scenarios), len(nodes) - len(scenarios)


def _first_of_each_name(nodes: Iterable[Node]) -> Mapping[str, Span]:
    """Where each name stands first."""
    names = (node.get("name") for node in nodes if isinstance(node, MapNode))
    first: dict[str, Span] = {}
    for name in names:
        if isinstance(name, Scalar):
            first.setdefault(name.text, name.span)
    return first


def _problems_of(
    node: Node, first: Mapping[str, Span], file: Part, rules: CompiledRules
) -> Iterable[SourceProblem]:
    if not isinstance(node, MapNode):
        yield node.problem("wrong-value", "expected a scenario: a map of keywords")
        return
    name = node.get("name")
    if isinstance(name, Scalar) and name.span != first[name.text]:
        message = f'a scenario is named "{name.text}" already, in line {first[name.text].line}'
        # Both are run; only who chooses by name can't tell them apart.
        yield name.problem("duplicate-name", message, severity="warning")
    sound, flaws = sound_part(story_shape(node.keys()), node)
    yield from flaws
    if sound is not None:
        yield from check_story(sound, file.node, rules)


class _Surroundings(Struct, frozen=True):
    """What a step inherits: from its scenario, or else from the file."""

    parts: tuple[Part, ...]

    def node(self, keyword: str) -> Node | None:
        """The nearest value of a keyword."""
        return next((part.node_of(keyword) for part in self.parts if keyword in part), None)

    def text(self, keyword: str) -> str | None:
        """The nearest value of a keyword that takes a text."""
        found = self.node(keyword)
        return found.text if isinstance(found, Scalar) else None

    def plain(self, keyword: str) -> object:
        """The nearest value of a keyword as plain data; None where there is none."""
        found = self.node(keyword)
        return None if found is None else to_plain(found)


def _scenario(story: Part, file: Part, shown: str) -> Scenario:
    around = _Surroundings((story, file))
    steps = story.parts("steps") if "steps" in story else (story,)
    return Scenario(
        name=story.text("name") or "",
        resource=around.text("resource") or "",
        file=shown,
        span=(story.node_of("name") or story.node).span,
        given={**_given(file), **_given(story)},
        settings={**_map(file.node_of("settings")), **_map(story.node_of("settings"))},
        steps=tuple(_step(step, story, file) for step in steps),
    )


def _given(part: Part) -> dict[str, tuple[Record, ...]]:
    node = part.node_of("given")
    if not isinstance(node, MapNode):
        return {}
    return {entry.key.text: _records(entry.value) for entry in node.entries}


def _records(node: Node | None) -> tuple[Record, ...]:
    return tuple(_map(item) for item in node.items) if isinstance(node, ListNode) else ()


def _map(node: Node | None) -> Record:
    return cast(Record, to_plain(node)) if isinstance(node, MapNode) else {}


def _step(step: Part, story: Part, file: Part) -> Step:
    around = _Surroundings((step, story, file))
    expect = step.part("expect")
    assert expect is not None
    payload = step.node_of("update") or step.node_of("payload")
    return Step(
        resource=around.text("resource") or "",
        operation="update" if "update" in step else step.text("event") or "create",
        payload={} if payload is None else to_plain(payload),
        key=_plain(step.node_of("key")),
        actor=cast("Record | None", around.plain("actor")),
        request=cast(RequestParts, around.plain("request") or {}),
        as_of=around.text("as_of"),
        bind=step.text("bind"),
        name=step.text("name") if step is not story else None,
        expect=_expectation(expect),
        span=expect.span if step is story else step.span,
    )


def _plain(node: Node | None) -> object:
    return None if node is None else to_plain(node)


def _expectation(part: Part) -> Expectation:
    record = part.node_of("record")
    return Expectation(
        verdict=cast(Verdict, part.text("verdict")),
        problems=_entries(part, "problems"),
        record=ABSENT if record is None else to_plain(record),
        changes=_entries(part, "changes"),
        messages=_entries(part, "messages"),
        store=tuple(_store_expectations(part.node_of("store"))),
        response=_response(part.part("response")),
        replayed=part.flag("replayed") if "replayed" in part else None,
    )


def _entries(part: Part, keyword: str) -> tuple[Record, ...] | None:
    return _records(part.node_of(keyword)) if keyword in part else None


def _store_expectations(node: Node | None) -> Iterable[StoreExpectation]:
    for entry in node.entries if isinstance(node, MapNode) else ():
        wanted = entry.value.items if isinstance(entry.value, ListNode) else (entry.value,)
        for one in wanted:
            if isinstance(one, MapNode):
                part = Part(one)
                yield StoreExpectation(entry.key.text, _map(part.node_of("where")), part.whole("count") or 0)


def _response(part: Part | None) -> ResponseExpectation | None:
    if part is None:
        return None
    body, status = part.node_of("body"), part.node_of("status")
    return ResponseExpectation(
        status=ABSENT if status is None else to_plain(status),
        body=ABSENT if body is None else to_plain(body),
        absent=part.texts("absent"),
    )
