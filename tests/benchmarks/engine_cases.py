"""The cases that engines are compared on: payloads, callers and the records that they look up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

CASE: dict[str, Any] = {
    "first_name": "Ann",
    "middle_name": "Mary",
    "last_name": "O'Neill",
    "suffix": "Sr",
    "nickname": "Annie",
    "date_of_birth": "1950-12-03",
    "ss_number": "111223333",
    "email": "ann@example.org",
    "deceased": False,
    "private": False,
    "yearly_income": 24000,
    "yearly_expenses": 20000,
    "mailing_address": "1 High Street",
    "mailing_city": "Mobile",
    "mailing_state": "AL",
    "mailing_zip_code": "02134",
    "street_address": "1 High Street",
    "street_city": "Mobile",
    "street_state": "AL",
    "street_zip_code": "02134",
    "street_county": 3,
    "household": 1001,
    "head_of_household": False,
}
# Two wrong types, a wrong date, an unknown field and a county that is not there.
WRONG_CASE = {
    **CASE,
    "first_name": 5,
    "yearly_income": "24000",
    "date_of_birth": "3/12/1950",
    "zip": "x",
    "street_county": 9,
}
CASE_ACTOR = {"agent": 3, "group": 9}
CASE_RECORDS: dict[str, list[dict[str, Any]]] = {
    "ct_oi/county": [{"id": number, "name": f"County {number}"} for number in range(1, 6)],
    "ct_oi/household": [{"id": 1001, "head_of_household": 7}],
    "ct_oi/case": [{"id": 7, "household": 1001, "head_of_household": True, "first_name": "Bob"}],
}

# An update of a stored case, which another case heads the household of.
PATCH: dict[str, Any] = {"last_name": "Byrne", "nickname": None, "yearly_income": 26000, "street_county": 4}
# A wrong type, a county that is not there, and a field that is set by the system.
WRONG_PATCH = {**PATCH, "yearly_income": "26000", "street_county": 9, "mod_agent": 3}
PATCHED = 8
PATCH_RECORDS: dict[str, list[dict[str, Any]]] = {
    **CASE_RECORDS,
    "ct_oi/case": [
        *CASE_RECORDS["ct_oi/case"],
        {**CASE, "id": PATCHED, "entry_agent": 4, "mod_agent": 4, "group": 9},
    ],
}

# A subscription that its partner cancels, and one that was cancelled before.
CANCELLED = "sub_1"
CANCELLED_BEFORE = "sub_2"
PARTNER = {"partnerId": "partner_1", "configurationId": "conf_1"}
SUBSCRIPTION_RECORDS: dict[str, list[dict[str, Any]]] = {
    "goodstack/organisation": [
        {"id": "organisation_1", "name": "Aid", "active": True, "classification": "classified"}
    ],
    "goodstack/partner_configuration": [{"id": "conf_1", "partnerId": "partner_1"}],
    "goodstack/eligibility_subscription": [
        {
            "id": key,
            **PARTNER,
            "organisationId": "organisation_1",
            "status": status,
            "results": {"eligibilityStatus": "pass", "confirmedActivitySubTags": []},
        }
        for key, status in ((CANCELLED, "live"), (CANCELLED_BEFORE, "cancelled"))
    ],
}

ENGAGEMENT: dict[str, Any] = {
    "startDate": "01/02/2025",
    "status": "Active",
    "owner": "Sam Lee",
    "uorn": None,
    "referredPersonReference": "P0000000175",
    "address": {"addressLineOne": "1 High Street", "addressLineTwo": "Upper flat", "postcode": "SW1A 1AA"},
}
# A wrong option, a date in the wrong format, an unknown part of the address, an owner who is no member.
WRONG_ENGAGEMENT = {
    **ENGAGEMENT,
    "startDate": "2025-02-01",
    "status": "active",
    "owner": "Nobody",
    "address": {"addressLineOne": "1 High Street", "postCode": "SW1A 1AA", "postcode": "SW1A 1AA"},
}
ENGAGEMENT_ACTOR = {"permissions": ["SupportPlans.EditSupportSchemes"]}
ENGAGEMENT_PATH = {"schemeReference": "SS0000000001"}
ENGAGEMENT_RECORDS: dict[str, list[dict[str, Any]]] = {
    "rubixx/support_scheme": [
        {"reference": "SS0000000001", "name": "Floating support", "members": ["Sam Lee", "Jo Ray"]}
    ],
    "rubixx/person": [
        {"reference": "P0000000175", "name": "Ann", "address": None, "occupancyReference": None}
    ],
    "rubixx/occupancy": [{"uorn": "U1", "address": None}],
    "rubixx/engagement": [],
}


# What a store would have an index for, beside the keys.
INDEXED = {"ct_oi/case": ("household", "ss_number", "last_name", "email")}


class DictStore:
    """A whole store over dicts, for reading: what a look-up in a dict costs, and no more, for all alike."""

    def __init__(self, records: Mapping[str, Sequence[Mapping[str, Any]]], keys: Mapping[str, str]) -> None:
        self.by_key = {name: {one[keys[name]]: one for one in found} for name, found in records.items()}
        self.keys = keys
        self.indexed: dict[tuple[str, str], dict[Any, list[Mapping[str, Any]]]] = {}
        for name, fields in INDEXED.items():
            for field in fields:
                index = self.indexed[name, field] = {}
                for one in records.get(name, ()):
                    index.setdefault(one.get(field), []).append(one)

    @contextmanager
    def recorded(self) -> Iterator[list[tuple[Callable[..., Any], tuple[Any, ...]]]]:
        """Note each call, with what it is given."""
        calls: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []

        def noting(method: Callable[..., Any]) -> Callable[..., Any]:
            def note(*given: Any) -> Any:
                calls.append((method, given))
                return method(*given)

            return note

        names = ("find", "count", "extreme", "last_in_sequence")
        vars(self).update({name: noting(getattr(self, name)) for name in names})
        try:
            yield calls
        finally:
            for name in names:
                del vars(self)[name]

    def find(
        self, resource: str, where: Mapping[str, Any], limit: int | None = None
    ) -> list[Mapping[str, Any]]:
        """Return the matching records, by the key or the index at once."""
        records = self.by_key.get(resource)
        if not records:
            return []
        key = where.get(self.keys[resource])
        if key is not None and key.__class__ is not list:
            record = records.get(key)
            return [record] if record is not None and (len(where) == 1 or _fits(record, where)) else []
        for field in INDEXED.get(resource, ()):
            if field in where:
                found = self.indexed[resource, field].get(where[field], [])
                return found if len(where) == 1 else [one for one in found if _fits(one, where)]
        return [one for one in records.values() if _fits(one, where)][:limit]

    def count(self, resource: str, where: Mapping[str, Any]) -> int:
        """Return how many records match."""
        return len(self.find(resource, where))

    def extreme(self, resource: str, where: Mapping[str, Any], field: str, which: str) -> Any:
        """Return the least or greatest value."""
        values = [one[field] for one in self.find(resource, where) if one.get(field) is not None]
        return (min if which == "min" else max)(values, default=None)

    def last_in_sequence(self, resource: str, field: str, prefix: str) -> int:
        """Return the number last given, which a real store keeps at hand."""
        return 41


def _fits(record: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    for name, wanted in where.items():
        value = record.get(name)
        if value not in wanted if wanted.__class__ is list else value != wanted:
            return False
    return True
