"""How long `rulewright validate` of one payload and other short commands take, beside `python -c pass`.

python tests/benchmarks/startup.py

Warm: an earlier run kept what it read and generated (docs/batches.md, "Starting fast"). Payloads that are
accepted, refused, or undecided for want of a store are then decided by what was kept; one that is YAML is
told of by the whole command, from rules that were read before. Cold: every run reads the rules again. The
runs of all are interleaved; the best of each is compared, because other work on the machine only adds. The
goal: warm, under six bare starts of Python.

The other commands are whole ones: on the rules that ship, and on a folder of one small file. Of each the
processor time is told, too, which other work disturbs less.
"""

from __future__ import annotations

import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rulewright import load
from rulewright_adapters import open_store

ROUNDS = 15
ACTORS = {
    "ct_oi": '{"agent": 3, "group": 9}',
    "goodstack": '{"partnerId": "p1", "configurationId": "c1"}',
    "plannr": '{"account": "5d0f6a3e-2a0b-4b55-9a51-6d1c63f0f0a1", "firm": "f1"}',
}
PAYLOADS = {
    "subscription.json": {"organisationId": "o1"},
    "plannr.json": {"name": "Ann Lee", "participants": ["5d0f6a3e-2a0b-4b55-9a51-6d1c63f0f0a1"]},
    "case.json": {"first_name": "Ann", "last_name": "Lee"},
    "county.json": {"name": "Kent"},
    "refused.json": {"first_name": "Ann", "last_name": 5},
    "dangling.json": {"first_name": "Ann", "last_name": "Lee", "street_county": 9, "colour": "red"},
    "records.json": {
        "ct_oi/county": [{"id": 1, "name": "Kent"}],
        "goodstack/organisation": [
            {"id": "o1", "name": "Good", "active": True, "classification": "classified"},
        ],
        "goodstack/partner_configuration": [{"id": "c1"}],
        "plannr/account": [
            {"uuid": "5d0f6a3e-2a0b-4b55-9a51-6d1c63f0f0a1", "firm": "f1", "type": "client", "name": "Ann"},
        ],
    },
}
# One small file with a workflow, its scenarios, and a payload.
TICKET = """\
rulewright: 1
resource: shop/ticket
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  title: {type: string, required: true, max_length: 80}
  email: {type: email, required: true}
  due: {type: date}
  reason: {type: string, required_if: given(payload.due)}
  status: {type: string, readonly: ignore}
checks:
  - {id: past, check: "!given(payload.due) || payload.due >= today", path: /due, message: due is over}
workflow:
  field: status
  initial: open
  states: {open: {}, closed: {final: true}}
  events: {close: {fields: {reason: {required: true}}}}
  transitions: [{event: close, from: open, to: closed}]
"""
SCENARIOS = """\
resource: shop/ticket
scenarios:
  - {name: taken, payload: {title: Help, email: ann@example.org}, expect: {verdict: accepted}}
  - {name: no title, payload: {email: ann@example.org}, expect: {verdict: rejected}}
  - name: closed
    given: {shop/ticket: [{id: 1, title: Help, email: ann@example.org, status: open}]}
    steps: [{event: close, key: 1, payload: {reason: done}, expect: {verdict: accepted}}]
"""


def main() -> None:
    """Print milliseconds and ratios."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in PAYLOADS.items():
            Path(folder, name).write_text(json.dumps(content))
        store = open_store(f"sqlite:///{folder}/intake.db")
        store.prepare(load().tables)
        store.close()
        _put_tickets(Path(folder))
        runs = _runs(Path(folder)) | _whole_runs(Path(folder))
        for words, environment, status in runs.values():
            # The first finds nothing kept; afterwards the status says that the case is the one meant.
            _time(words, environment, folder)
            assert _run(words, environment, folder) == status, words
        found: dict[str, list[float]] = {name: [] for name in runs}
        busy = dict.fromkeys(runs, math.inf)
        for _ in range(ROUNDS):
            for name, (words, environment, _) in runs.items():
                before = _processor_time()
                found[name].append(_time(words, environment, folder))
                busy[name] = min(busy[name], _processor_time() - before)
    base = found["python -c pass"]
    print(f"{'':28}{'best ms':>9}{'median':>9}{'x pass (best)':>15}{'(median)':>10}{'processor ms':>14}")
    for name, times in found.items():
        best, middle = min(times), statistics.median(times)
        ratios = f"{best / min(base):>15.1f}{middle / statistics.median(base):>10.1f}"
        print(f"{name:28}{best * 1000:>9.0f}{middle * 1000:>9.0f}{ratios}{busy[name] * 1000:>14.0f}")


def _put_tickets(folder: Path) -> None:
    rules = folder / "small" / "shop"
    rules.mkdir(parents=True)
    (rules / "ticket.yaml").write_text(TICKET)
    (rules / "ticket.test.yaml").write_text(SCENARIOS)
    (folder / "ticket.json").write_text('{"title": "Help", "email": "ann@example.org"}')
    program = load(folder / "small")
    store = open_store(f"sqlite:///{folder}/tickets.db")
    program.apply("shop/ticket", {"title": "Help", "email": "ann@example.org"}, store=store)
    store.close()


def _runs(folder: Path) -> dict[str, tuple[list[str], dict[str, str], int]]:
    """Name -> words, environment, exit status."""

    def validate(resource: str, *more: str) -> list[str]:
        api = resource.partition("/")[0]
        return ["-m", "rulewright", "validate", resource, "--actor", ACTORS[api], *more]

    # Bytecode is kept, as it is wherever Rulewright is installed, but not in this checkout.
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    usual["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    warm = usual | {"RULEWRIGHT_CACHE": str(folder / "cache")}
    cold = usual | {"RULEWRIGHT_CACHE": "off"}
    records, store = ("--records", "records.json"), ("--store", "sqlite:///intake.db")
    whole, subscription = ("--format", "json"), "goodstack/eligibility_subscription"
    return {
        "python -c pass": (["-c", "pass"], warm, 0),
        "rulewright --help": (["-m", "rulewright", "--help"], warm, 0),
        "accepted, no look-ups": (validate("ct_oi/county", "county.json"), warm, 0),
        "accepted, --records": (validate("ct_oi/case", "case.json", *records), warm, 0),
        "accepted, --store sqlite": (validate("ct_oi/case", "case.json", *store), warm, 0),
        "accepted, --format json": (validate("ct_oi/case", "case.json", *records, *whole), warm, 0),
        "accepted, three files": (validate("ct_oi/county", *3 * ["county.json"]), warm, 0),
        "refused, a type": (validate("ct_oi/case", "refused.json", *records), warm, 1),
        "refused, two rules": (validate("ct_oi/case", "dangling.json", *records), warm, 1),
        "refused, --store sqlite": (validate("ct_oi/case", "refused.json", *store), warm, 1),
        "refused, --format json": (validate("ct_oi/case", "dangling.json", *records, *whole), warm, 1),
        "undecided, no store": (validate("ct_oi/case", "case.json"), warm, 1),
        "Goodstack, accepted": (validate(subscription, "subscription.json", *records), warm, 0),
        "Goodstack, refused": (validate(subscription, "case.json", *records), warm, 1),
        "Goodstack, undecided": (validate(subscription, "subscription.json"), warm, 1),
        "Plannr, accepted": (validate("plannr/case", "plannr.json", *records), warm, 0),
        "Plannr, refused": (validate("plannr/case", "case.json", *records), warm, 1),
        "Plannr, undecided": (validate("plannr/case", "plannr.json"), warm, 1),
        "accepted, --records, cold": (validate("ct_oi/case", "case.json", *records), cold, 0),
    }


def _whole_runs(folder: Path) -> dict[str, tuple[list[str], dict[str, str], int]]:
    """As `_runs`, of commands that have no warm start."""
    usual = _runs(folder)["python -c pass"][1]
    edited = usual | {"RULEWRIGHT_CACHE": "off"}
    small, tickets = ("--rules", "small"), ("--store", "sqlite:///tickets.db")
    payload = ("shop/ticket", "ticket.json", *small, *tickets)
    commands: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
        "--version": ((), usual),
        "check": ((), usual),
        "check small": (("small",), usual),
        "test": ((), usual),
        "test small": (small, usual),
        "test small, edited": (small, edited),
        "apply": (payload, usual),
        "plan": (payload, usual),
        "explain": (payload, usual),
        "transitions": (("shop/ticket", "1", *small, *tickets), usual),
        # Refused: one that is accepted would need a store of its own in each round.
        "fire": (("shop/ticket", "1", "close", *small, *tickets), usual),
    }
    return {
        name: (["-m", "rulewright", name.split()[0], *words], environment, int(name == "fire"))
        for name, (words, environment) in commands.items()
    }


def _processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _time(words: list[str], environment: dict[str, str], folder: str) -> float:
    begun = time.perf_counter()
    _run(words, environment, folder)
    return time.perf_counter() - begun


def _run(words: list[str], environment: dict[str, str], folder: str) -> int:
    command = [sys.executable, *words]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, check=False).returncode


if __name__ == "__main__":
    main()
