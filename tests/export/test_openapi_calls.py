"""`export openapi`: what is sent and answered is what the document says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from agreement import cases_of
from calls import NOW, DictRecords, Seed
from situations import situations_of

from rulewright import Program, load
from rulewright.evaluation import Inputs, decide
from rulewright.export import openapi
from rulewright.export.http.records import record_schema
from rulewright.outcome import Outcome

TESTS = Path(__file__).parents[1]
WIDE = TESTS / "hotpath" / "wide"
# Each has scenarios; None are the rules that ship.
FOLDERS = (None, WIDE, *sorted(one.parent for one in (TESTS / "language").glob("*/lang")))

Operation = dict[str, Any]


@cache
def program_of(folder: Path | None) -> Program:
    return load(folder) if folder is not None else load()


@cache
def document_of(folder: Path | None) -> dict[str, Any]:
    return openapi(program_of(folder).compiled)


def operations_of(folder: Path | None) -> Iterator[Operation]:
    for path in document_of(folder)["paths"].values():
        yield from path.values()


def rules_of(operation: Operation) -> tuple[str, str]:
    """The resource, and what is decided."""
    said = operation["x-rulewright"]
    return said["resource"], said["operation"]


def request_schema(document: Mapping[str, Any], operation: Operation) -> dict[str, Any]:
    """The schema of what is sent, with all that it refers to."""
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    return {**schema, "components": document["components"]}


@cache
def played(folder: Path | None, resource: str, name: str) -> list[tuple[Any, Outcome]]:
    """What scenarios send to an operation, and what becomes of it."""
    program = program_of(folder)
    seeds = situations_of(program, folder, name)[resource]
    # Calls that send nothing are made for every record that any scenario leaves; some of them are enough.
    empty = [seed for seed in seeds if not seed.payload]
    calls = [*(seed for seed in seeds if seed.payload), *empty[:: max(1, len(empty) // 20)]]
    return [
        (seed.payload, decided(program, resource, name, seed, number)) for number, seed in enumerate(calls)
    ]


def decided(program: Program, resource: str, name: str, seed: Seed, number: int) -> Outcome:
    inputs = Inputs(
        operation=name,
        payload=seed.payload,
        now=NOW,
        # Other ids than those that the scenarios have made.
        seed=1000 + number,
        key=seed.key,
        actor=seed.actor,
        request=seed.request,
    )
    return decide(program.compiled, resource, inputs, whole(program, seed.records))


def whole(program: Program, stored: Mapping[str, Any]) -> DictRecords:
    """Records with all that the rules would have made of them; scenarios give no more than they need."""
    made = {}
    for name, records in stored.items():
        resource = program.compiled.resources[name]
        schemas: Any = record_schema(resource)["properties"]
        samples = {
            field.name: schemas[field.name].get("enum", [field.type.example])[0]
            for field in resource.fields.values()
            if "null" not in schemas[field.name].get("type", "null")
        }
        made[name] = [
            {**one, **{key: value for key, value in samples.items() if one.get(key) is None}}
            for one in records
        ]
    return DictRecords(made, {name: one.key for name, one in program.compiled.resources.items()})


class Answers:
    """Judges the outcomes of one operation by what the document says of it."""

    def __init__(self, document: Mapping[str, Any], operation: Operation) -> None:
        self.said = operation["responses"]
        self.schemas = {
            status: jsonschema_rs.Draft202012Validator(
                {**media["schema"], "components": document["components"]}
            )
            for status, response in self.said.items()
            for media in response.get("content", {}).values()
        }

    def wrong(self, outcome: Outcome) -> str | None:
        """What is wrong with an answer, if anything is."""
        response = outcome.response
        if response is None:
            return None
        status = str(response.status)
        if status not in self.said:
            return f"{status} is not said"
        if not outcome.accepted and _first_code(outcome) not in self.said[status]["description"]:
            return f"{_first_code(outcome)} is not said of {status}"
        if response.body is None or status not in self.schemas:
            return (
                None if response.body is None and status not in self.schemas else f"{status}: {response.body}"
            )
        body = json.loads(json.dumps(response.body))
        return next(
            (
                f"{status} {one.instance_path}: {one.message}"
                for one in self.schemas[status].iter_errors(body)
            ),
            None,
        )


def _first_code(outcome: Outcome) -> str:
    """The code that the status is of."""
    refused = [one for one in outcome.problems if one.severity == "error"]
    return (refused or [one for one in outcome.problems if one.code == "undecided"])[0].code


def told(folder: Path | None) -> str:
    return "shipped" if folder is None else folder.name


@pytest.mark.parametrize("folder", FOLDERS, ids=told)
def test_answers_are_as_the_document_says(folder: Path | None) -> None:
    """Of every call of every scenario: the status, the problem's code, and the body."""
    document, judged, wrong = document_of(folder), 0, []
    for operation in operations_of(folder):
        answers = Answers(document, operation)
        for payload, outcome in played(folder, *rules_of(operation)):
            judged += 1
            if (found := answers.wrong(outcome)) is not None:
                wrong.append(f"{operation['operationId']} {payload}: {found}")

    assert judged
    assert wrong == []


@pytest.mark.parametrize("folder", [None, WIDE], ids=told)
def test_answers_to_generated_creates_are_as_the_document_says(folder: Path | None) -> None:
    """Payloads at the edges of what is taken, good and bad."""
    program, document, accepted, wrong = program_of(folder), document_of(folder), 0, []
    for operation in operations_of(folder):
        resource, name = rules_of(operation)
        if name != "create":
            continue
        answers = Answers(document, operation)
        for case in cases_of(program, resource, name, 60, Random(5), folder):
            records = whole(program, case.records.records) if case.records is not None else None
            outcome = decide(program.compiled, resource, case.inputs, records)
            accepted += outcome.accepted
            if (found := answers.wrong(outcome)) is not None:
                wrong.append(f"{operation['operationId']} {case.inputs.payload}: {found}")

    assert accepted
    assert wrong == []


def test_what_scenarios_send_and_is_accepted_is_valid() -> None:
    """By a validator of others: the request schemas refuse nothing that the rules take."""
    accepted, wrong = 0, []
    for folder in FOLDERS:
        document = document_of(folder)
        for operation in operations_of(folder):
            validator = jsonschema.Draft202012Validator(request_schema(document, operation))
            for payload, outcome in played(folder, *rules_of(operation)):
                if outcome.accepted:
                    accepted += 1
                    found = validator.iter_errors(payload)
                    wrong += [f"{operation['operationId']}: {one.message}" for one in found]

    assert accepted > 500
    assert wrong == []
