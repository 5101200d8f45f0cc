"""What a vendor says about a refusal becomes problems at the payload's paths."""

from __future__ import annotations

import re
from typing import Any

import pytest

from rulewright import load
from rulewright.dialects import DIALECTS, reason_phrase, rfc9457
from rulewright.outbox.refusals import Refused, problems_of
from rulewright.ports import Reply
from rulewright.problem import Because, Problem

SENT = {
    "name": "X",
    "participants": [{"uuid": "a"}, {"uuid": "b"}],
    "address": {"postcode": "AB1"},
    "a/b": 1,
}
FIELDS = ("name", "organisationId", "startDate", "household", "street_county")


def read(dialect: str | None, body: object, status: int = 400) -> list[tuple[str, str, str]]:
    problems = problems_of(Reply(status, body), dialect, Refused("api/thing", "vendor", SENT, FIELDS))
    return [(one.code, one.path, one.message) for one in problems]


@pytest.mark.parametrize(
    ("dialect", "body", "expected"),
    [
        (
            "laravel",
            {
                "message": "The name field is required. (and 1 more error)",
                "errors": {"name": ["The name field is required."], "participants.1": ["Unknown."]},
            },
            [("required", "/name", "The name field is required."), ("check", "/participants/1", "Unknown.")],
        ),
        (
            "problem_details",
            {"title": "One or more validation errors occurred.", "errors": {"Address.Postcode": ["Bad."]}},
            [("check", "/address/postcode", "Bad.")],
        ),
        (
            "problem_details",
            {"errors": {"$.participants[1].uuid": ["Bad."], "": ["All bad."]}},
            [("check", "/participants/1/uuid", "Bad."), ("check", "", "All bad.")],
        ),
        (
            "drf",
            {"street_county": ['Invalid pk "99" - object does not exist.'], "non_field_errors": ["Odd."]},
            [
                ("check", "/street_county", 'Invalid pk "99" - object does not exist.'),
                ("check", "", "Odd."),
            ],
        ),
        (
            "drf",
            {"participants": [{}, {"uuid": ["This field may not be blank."]}]},
            [("required", "/participants/1/uuid", "This field may not be blank.")],
        ),
        (
            "goodstack",
            {
                "error": {
                    "code": "bad_request",
                    "message": "One or more of the inputs were invalid",
                    "reasons": ["organisationId is required", "something else"],
                }
            },
            [("required", "/organisationId", "organisationId is required"), ("check", "", "something else")],
        ),
        (
            "rfc9457",
            {
                "errors": [
                    {"pointer": "#/address/postcode", "detail": "Bad."},
                    {"pointer": "#/a~1b", "detail": "B"},
                ]
            },
            [("check", "/address/postcode", "Bad."), ("check", "/a~1b", "B")],
        ),
        (None, {"errors": {"name": ["Bad."]}}, [("check", "/name", "Bad.")]),
        # A webhook's receiver writes in a dialect of its own.
        ("rfc9457", {"errors": {"name": ["Bad."]}}, [("check", "/name", "Bad.")]),
        ("goodstack", {"errors": [{"pointer": "#/name", "detail": "Bad."}]}, [("check", "/name", "Bad.")]),
    ],
)
def test_each_dialect_is_read(dialect: str | None, body: object, expected: list[object]) -> None:
    """apis.md 1d, 2d, 3d, 4d."""
    assert read(dialect, body) == expected


@pytest.mark.parametrize(
    ("dialect", "status", "body", "expected"),
    [
        ("drf", 401, {"detail": "Invalid token."}, ("unauthenticated", "", "Invalid token.")),
        ("laravel", 401, {"message": "Unauthenticated."}, ("unauthenticated", "", "Unauthenticated.")),
        ("problem_details", 403, {"title": "Forbidden"}, ("permission", "", "Forbidden")),
        ("drf", 404, {"detail": "Not found."}, ("not_found", "", "Not found.")),
        ("goodstack", 401, None, ("unauthenticated", "", "the receiver answered 401")),
        ("drf", 400, "<html>junk", ("check", "", "the receiver answered 400")),
        ("drf", 400, [1, 2], ("check", "", "the receiver answered 400")),
        (None, 409, {"error": "taken"}, ("conflict", "", "taken")),
    ],
)
def test_a_refusal_of_the_whole_is_one_problem(
    dialect: str | None, status: int, body: object, expected: object
) -> None:
    """With what the receiver said, as far as it said anything."""
    assert read(dialect, body, status) == [expected]


def test_the_vendor_s_own_code_is_kept() -> None:
    """Goodstack's codes are more telling than ours."""
    body = {"error": {"code": "eligibility_subscription/entity_not_found", "title": "T", "message": "No."}}
    (problem,) = problems_of(Reply(400, body), "goodstack", Refused("api/thing", "vendor", SENT))

    assert problem.vendor_code == "eligibility_subscription/entity_not_found"


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_what_we_write_we_can_read(dialect: str) -> None:
    """A refusal written in a dialect and read again blames the same fields."""
    problems = [
        Problem("r", "required", "/name", "name is required"),
        Problem("r", "check", "/participants/1", "participants is odd"),
    ]

    found = read(dialect, DIALECTS[dialect](422, problems), 422)

    named = {"/name", "/participants"} if dialect == "goodstack" else {"/name", "/participants/1"}
    assert {path for _, path, _ in found} == named


@pytest.mark.parametrize("name", ["café", "a b", "100%", "ein#zwei", 'say "a"', "~1/~0"])
def test_a_pointer_is_written_as_the_fragment_of_a_uri(name: str) -> None:
    """Whatever a field is called, what follows `#` is percent-encoded, and read again for the same field."""
    path = "/" + name.replace("~", "~0").replace("/", "~1")
    body: Any = rfc9457(422, [Problem("r", "unknown_field", path, "unknown field")])

    (pointer,) = [one["pointer"] for one in body["errors"]]
    assert re.fullmatch(r"#/([A-Za-z0-9~._-]|%[0-9A-F]{2})*", pointer)
    sent = {name: 1}
    found = problems_of(Reply(422, body), "rfc9457", Refused("api/thing", "vendor", sent))
    assert [one.path for one in found] == [path]


def test_statuses_are_called_alike_on_every_python() -> None:
    """Python 3.13 renamed some; what a caller is answered does not rest on who runs it."""
    assert [reason_phrase(status) for status in (400, 413, 422, 599)] == [
        "Bad Request",
        "Request Entity Too Large",
        "Unprocessable Entity",
        "Error",
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"errors": 5},
        {"errors": {"name": 5}},
        {"errors": [1, None, {"pointer": 5, "detail": {}}]},
        {"errors": [{"pointer": "#/%ff%zz", "detail": "odd"}]},
        {"error": []},
        {"error": {"code": 5, "reasons": "x"}},
        {"errors": {"participants.99999999999999999999.x": ["Bad."]}},
        {"errors": {f"participants.{'9' * 5_000}": ["Bad."]}},
        {"a": {"b": [[["x"]], {"c": {"d": ["deep"]}}]}},
        {str(number): ["x"] for number in range(5_000)},
    ],
)
@pytest.mark.parametrize("dialect", [None, *sorted(DIALECTS)])
def test_any_body_is_survived(dialect: str | None, body: object) -> None:
    """A receiver may send anything; it is never more than a hundred problems."""
    assert 1 <= len(read(dialect, body)) <= 100


def test_each_shipped_api_names_a_dialect_that_is_read() -> None:
    """So that its refusals come back at the payload's fields."""
    from rulewright.outbox.refusals import READERS  # noqa: PLC0415 - only here

    apis = load().compiled.rules.apis.values()

    assert {api.errors.dialect for api in apis if api.errors is not None} <= set(READERS)


@pytest.mark.parametrize(
    ("dialect", "code", "message", "written"),
    [
        ("drf", "required", "county is required", {"county": ["This field is required."]}),
        ("drf", "required", "county is required here", {"county": ["county is required here"]}),
        (
            "drf",
            "reference",
            "county names no existing county",
            {"county": ['Invalid pk "99" - object does not exist.']},
        ),
        ("drf", "reference", "no such county", {"county": ["no such county"]}),
        ("goodstack", "required", "county is required", ["county is a required field"]),
        ("goodstack", "min", "county must be at least 3", ["county must be greater than or equal to 3"]),
        ("goodstack", "min", "a county of at least 3", ["a county of at least 3"]),
    ],
)
def test_each_vendor_has_words_of_its_own(dialect: str, code: str, message: str, written: object) -> None:
    """apis.md 2d and 4d; what a rule file says in its own words stays."""
    because = Because(values={"payload.county": 99})
    problem = Problem(f"shop/order.county.{code}", code, "/county", message, because=because)

    body: Any = DIALECTS[dialect](400, [problem])

    assert (body["error"]["reasons"] if dialect == "goodstack" else body) == written
