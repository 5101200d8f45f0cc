"""How long `rulewright validate` of one payload takes, beside `python -c pass`.

python tests/benchmarks/startup.py

Warm: an earlier run kept what it read and generated (docs/batches.md, "Starting fast"). Payloads that are
accepted, refused, or undecided for want of a store are then decided by what was kept; one that is YAML is
told of by the whole command, from rules that were read before. Cold: every run reads the rules again. The
runs of all are interleaved; the best of each is compared, because other work on the machine only adds. The
goal: warm, under six bare starts of Python.
"""

from __future__ import annotations

import json
import os
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


def main() -> None:
    """Print milliseconds and ratios."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in PAYLOADS.items():
            Path(folder, name).write_text(json.dumps(content))
        store = open_store(f"sqlite:///{folder}/intake.db")
        store.prepare(load().tables)
        store.close()
        runs = _runs(Path(folder))
        for words, environment, status in runs.values():
            # The first finds nothing kept; afterwards the status says that the case is the one meant.
            _time(words, environment, folder)
            assert _run(words, environment, folder) == status, words
        found: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(ROUNDS):
            for name, (words, environment, _) in runs.items():
                found[name].append(_time(words, environment, folder))
    base = found["python -c pass"]
    print(f"{'':28}{'best ms':>9}{'median':>9}{'x pass (best)':>15}{'(median)':>10}")
    for name, times in found.items():
        best, middle = min(times), statistics.median(times)
        ratios = f"{best / min(base):>15.1f}{middle / statistics.median(base):>10.1f}"
        print(f"{name:28}{best * 1000:>9.0f}{middle * 1000:>9.0f}{ratios}")


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


def _time(words: list[str], environment: dict[str, str], folder: str) -> float:
    begun = time.perf_counter()
    _run(words, environment, folder)
    return time.perf_counter() - begun


def _run(words: list[str], environment: dict[str, str], folder: str) -> int:
    command = [sys.executable, *words]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, check=False).returncode


if __name__ == "__main__":
    main()
