"""What no scenario can say of the shipped rules: which calls there are, and what made ids look like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from rulewright import load
from rulewright.export import openapi
from rulewright_adapters.memory import MemoryStore

PROGRAM = load()
# apis.md 2, 2a, 2b and 3, 3b: the address of each call, and the status of an accepted one.
CALLS = {
    "goodstack/eligibility_subscription": {
        "POST /v1/eligibility-subscriptions": "200",
        "PATCH /v1/eligibility-subscriptions/{id}": "200",
        "POST /v1/eligibility-subscriptions/{id}/cancel": "200",
    },
    "goodstack/validation_request": {"POST /v1/validation-requests": "200"},
    "plannr/case": {
        "POST /api/v1/cases": "200",
        "PUT /api/v1/cases/{uuid}": "200",
        "POST /api/v1/cases/{uuid}/participants": "200",
    },
    "plannr/case_status": {"POST /api/v1/cases-status": "200"},
}
REQUEST = {"name": "N", "registryName": "R", "registryId": "1", "website": "w", "countryCode": "POL"}
CREATES: Mapping[str, Mapping[str, Any]] = {
    "eligibilitysubscription": {"organisationId": "organisation_1"},
    "validationrequest": REQUEST,
    "organisation": {"name": "N"},
    "activitysubtag": {"name": "N"},
    "partnerconfiguration": {},
}


@pytest.mark.parametrize("resource", CALLS)
def test_the_vendors_calls_are_there(resource: str) -> None:
    """Each with its method, its path and its status."""
    paths = openapi(PROGRAM.compiled, [resource])["paths"]

    found = {
        f"{method.upper()} {path}": next(status for status in call["responses"] if status < "300")
        for path, calls in paths.items()
        for method, call in calls.items()
        if method != "parameters"
    }

    assert {name: found.get(name) for name in CALLS[resource]} == CALLS[resource]


@pytest.mark.parametrize("prefix", CREATES)
def test_ids_of_goodstack_are_a_prefix_and_29_characters(prefix: str) -> None:
    """apis.md 2b: prefix + "_" + 29 characters of base 62."""
    store = MemoryStore(
        {"goodstack/organisation": [{"id": "organisation_1", "active": True}]}, PROGRAM.tables
    )
    names = [name for name in PROGRAM.resources if name.replace("_", "") == f"goodstack/{prefix}"]

    caller = {"partnerId": "p", "configurationId": "c"}
    record = PROGRAM.evaluate(names[0], CREATES[prefix], store=store, actor=caller).record

    assert record is not None
    assert re.fullmatch(rf"{prefix}_[0-9A-Za-z]{{29}}", str(record["id"]))
