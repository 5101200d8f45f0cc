"""Many processes write into the same records: is every invariant kept, and nothing lost?

    python tests/faults/households.py [--processes 8] [--cases 2000] [--households 50] [--overrides 2000]
                                      [--store URL | --postgres]

First CT/OI cases join shared households, half of them as the new head; then Rubixx engagements override one
person's address. Every household must have exactly one head, no case may be lost, and the person's history
must be a chain in which each `before` is what was `set` last. Prints counts; ends with 0 if all is right.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from by_hand import call

from rulewright import load
from rulewright.history import history_of
from rulewright.ports import Store
from rulewright_adapters import open_store

_AGENT = {"agent": 3, "group": 9}
_EDITOR = {"permissions": ["SupportPlans.EditSupportSchemes"]}
_PERSON = "P0000000175"


def join_households(url: str, cases: int, households: int, seed: int) -> Counter[str]:
    """A child's share of the cases."""
    program, store, chance = load(), open_store(url), random.Random(seed)
    counts: Counter[str] = Counter()
    for number in range(cases):
        payload = {
            "first_name": f"{seed}-{number}",
            "household": chance.randint(1, households),
            "head_of_household": chance.random() < 0.5,
        }
        receipt = program.apply("ct_oi/case", payload, store=store, actor=_AGENT)
        counts["stored" if receipt.stored else "refused"] += 1
        if not receipt.stored:
            print(receipt.outcome.problems, file=sys.stderr)
    store.close()
    return counts


def override_addresses(url: str, overrides: int, households: int, seed: int) -> Counter[str]:
    """A child's share of the overrides."""
    program, store = load(), open_store(url)
    counts: Counter[str] = Counter()
    for number in range(overrides):
        payload = {
            "startDate": "01/02/2025",
            "status": "Active",
            "referredPersonReference": _PERSON,
            "address": {"addressLineOne": f"{number} Street of {seed}", "postcode": "AB1 2CD"},
        }
        receipt = program.apply(
            "rubixx/engagement",
            payload,
            store=store,
            actor=_EDITOR,
            request={"path": {"schemeReference": "SS1"}},
        )
        counts["stored" if receipt.stored else "refused"] += 1
        if not receipt.stored:
            print(receipt.outcome.problems, file=sys.stderr)
    store.close()
    return counts


_JOBS = {"join": join_households, "override": override_addresses}


def run(
    processes: int, cases: int, households: int, overrides: int, store: str | None = None
) -> Counter[str]:
    """Return what was counted."""
    with tempfile.TemporaryDirectory() as name:
        url = store or f"sqlite:///{Path(name) / 'shared.db'}"
        opened = open_store(url)
        _give(opened, households)
        counts = _spread("join", url, processes, cases, households)
        counts += _count_heads(opened, households)
        overridden = _spread("override", url, processes, overrides, households)
        counts["errors"] += overridden["errors"]
        counts["refused"] += overridden["refused"]
        counts["overridden"] = overridden["stored"]
        counts["in_chain"] = _chain(opened)
        opened.close()
    counts["cases"], counts["overrides"] = processes * cases, processes * overrides
    counts["households"] = households
    return counts


def _give(store: Store, households: int) -> None:
    program = load()
    store.prepare(program.tables)
    with store.transaction() as transaction:
        for number in range(1, households + 1):
            transaction.insert("ct_oi/household", {"id": number})
        address = {"addressLineOne": "0 First Street", "postcode": "AB1 2CD"}
        transaction.insert("rubixx/person", {"reference": _PERSON, "name": "Ann", "address": address})
        transaction.insert("rubixx/support_scheme", {"reference": "SS1", "name": "One", "members": []})


def _spread(job: str, url: str, processes: int, count: int, households: int) -> Counter[str]:
    words = [job, url, str(count), str(households)]
    children = [
        subprocess.Popen(
            [sys.executable, __file__, "--child", *words, str(seed)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in range(processes)
    ]
    total: Counter[str] = Counter(errors=0, refused=0)
    for child in children:
        told, said = child.communicate()
        if child.returncode or said:
            print(said, file=sys.stderr)
            total["errors"] += 1
        total.update(
            {name: int(number) for name, _, number in (word.partition("=") for word in told.split())}
        )
    return total


def _count_heads(store: Store, households: int) -> Counter[str]:
    cases = store.find("ct_oi/case", {})
    heads = Counter(case["household"] for case in cases if case.get("head_of_household") is True)
    members = Counter(case["household"] for case in cases)
    named = {one["id"]: one.get("head_of_household") for one in store.find("ct_oi/household", {})}
    own = {case["household"]: case["id"] for case in cases if case.get("head_of_household") is True}
    used = [number for number in range(1, households + 1) if members[number]]
    return Counter(
        found=len(cases),
        one_head=sum(heads[number] == 1 and named[number] == own.get(number) for number in used),
        used=len(used),
        without_history=sum(not history_of(store, "ct_oi/household", number) for number in used),
    )


def _chain(store: Store) -> int:
    """How many changes of the person's address follow each other without a break, up to what is stored."""
    steps = [
        change
        for decision in history_of(store, "rubixx/person", _PERSON)
        for change in decision.changes_of("rubixx/person", _PERSON)
    ]
    address = {"addressLineOne": "0 First Street", "postcode": "AB1 2CD"}
    for step in steps:
        if _given(step["before"]["address"]) != _given(address):
            return -1
        address = step["set"]["address"]
    (person,) = store.find("rubixx/person", {"reference": _PERSON})
    return len(steps) if _given(person["address"]) == _given(address) else -1


def _given(address: object) -> dict[str, object]:
    assert isinstance(address, dict)
    return {name: value for name, value in address.items() if value is not None}


def is_right(counts: Counter[str]) -> bool:
    """One head each, nothing lost, an unbroken chain."""
    return (
        counts["cases"] == counts["stored"] == counts["found"]
        and counts["one_head"] == counts["used"]
        and counts["overrides"] == counts["overridden"] == counts["in_chain"]
        and not counts["errors"] + counts["refused"] + counts["without_history"]
    )


def main() -> int:
    """Run as told on the command line; as a child, one of the jobs."""
    if sys.argv[1:2] == ["--child"]:
        job, url, *numbers = sys.argv[2:]
        counted = _JOBS[job](url, *map(int, numbers))
        print(*(f"{name}={number}" for name, number in counted.items()))
        return 0
    numbers = {"processes": 8, "cases": 2000, "households": 50, "overrides": 2000}
    return call(__doc__, run, is_right, any_store=True, **numbers)


if __name__ == "__main__":
    sys.exit(main())
