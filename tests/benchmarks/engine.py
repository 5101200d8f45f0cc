"""The engine beside what a Python user would pick instead: `python tests/benchmarks/engine.py`.

Prints medians of interleaved rounds in microseconds of processor time, and ratios within this run: above 1
the hot path is the faster one. Noise is the distance from the median to the lower quartile, in per cent. Of
what is refused only a peer that tells all errors does the same work.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import engine_cases as cases
import msgspec
from msgspec.structs import asdict, replace
from validators import FINISH, PEERS, TELLERS, Peer, finish_update

from rulewright import load
from rulewright.evaluation import Inputs, Request
from rulewright.evaluation import decide as decide_plainly
from rulewright.hotpath import decide
from rulewright.hotpath.deciding import decide_quickly, quick_for
from rulewright.hotpath.writing.build import Generated
from rulewright.outcome import Outcome

NOT_MEASURED = {
    "durable_rules": "joins facts by rules and has no types or records; see tests/benchmarks/inference.py",
}


def timed(functions: dict[str, Callable[[], Any]], rounds: int, calls: int) -> dict[str, tuple[float, float]]:
    """Medians and noise, the functions taking turns so that all meet the same neighbours."""
    found: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            count = max(calls // (20 if "plain" in name or "cerberus" in name else 1), 1)
            start = time.process_time()
            for _ in range(count):
                function()
            found[name].append((time.process_time() - start) / count * 1e6)
    results = {}
    for name, values in found.items():
        median = statistics.median(values)
        results[name] = (median, (median - statistics.quantiles(values, n=4)[0]) / median * 100)
    return results


def show(title: str, results: dict[str, tuple[float, float]], base: str) -> None:
    """Print a table, with ratios to the hot path."""
    print(f"\n### {title}\n\n| | us | noise | ratio to {base} |\n|---|---|---|---|")
    for name, (median, noise) in results.items():
        print(f"| {name} | {median:.2f} | {noise:.0f} % | {median / results[base][0]:.2f} |")


def measure(name: str, rounds: int, calls: int) -> None:
    """All tables of one case."""
    prefix = "CASE" if name == "ct_oi/case" else "ENGAGEMENT"
    payload, wrong = getattr(cases, prefix), getattr(cases, f"WRONG_{prefix}")
    actor = getattr(cases, f"{prefix}_ACTOR")
    request = Request(path=getattr(cases, f"{prefix}_PATH", {}))
    rules = load().compiled
    store = cases.DictStore(
        getattr(cases, f"{prefix}_RECORDS"), {key: one.key for key, one in rules.resources.items()}
    )
    quick = quick_for(rules, rules.resources[name])
    assert quick is not None
    code, now = quick.code, datetime.now(UTC)
    good = Inputs(operation="create", payload=payload, now=now, seed=7, actor=actor, request=request)
    bad = Inputs(operation="create", payload=wrong, now=now, seed=7, actor=actor, request=request)
    data = json.dumps(payload).encode()
    peers = list(available(name, store, PEERS))

    def record() -> Any:
        return code.accept(code.convert(payload, code.struct), payload, store, actor, request, now, 7).record

    def record_of_bytes() -> Any:
        read = msgspec.json.decode(data) if code.reads_payload else None
        return code.accept(code.decode(data), read, store, actor, request, now, 7).record

    accepted: dict[str, Callable[[], Any]] = {
        "hot path: record": record,
        "floor: the same look-ups, the payload read and copied": floor_of(record, store, code, payload),
        "hot path: Outcome": lambda: quick.decide(good, store),
        "plain evaluator: Outcome": lambda: decide_plainly(rules, name, good, store),
    }
    accepted |= {peer.name: lambda peer=peer: peer.accept(payload) for peer in peers}
    show(f"{name}: dict to accepted record", timed(accepted, rounds, calls), "hot path: record")
    decoding: dict[str, Callable[[], Any]] = {"hot path: record": record_of_bytes}
    decoding |= {peer.name: lambda peer=peer: peer.decode(data) for peer in peers if peer.decode is not None}
    show(f"{name}: JSON bytes to accepted record", timed(decoding, rounds, calls), "hot path: record")
    assert quick.decide(bad, store) == decide_plainly(rules, name, bad, store)
    # Parts of a problem wait until they are read, so what is compared is read: each problem's rule, code,
    # path and message.
    refused: dict[str, Callable[[], Any]] = {
        "hot path: Outcome": lambda: told(quick.decide(bad, store)),
        "plain evaluator: Outcome": lambda: told(decide_plainly(rules, name, bad, store)),
    }
    for peer in [*available(name, store, TELLERS), *peers]:
        if peer.errors is not None:
            refused[f"{peer.name} ({count_errors(peer, wrong)})"] = lambda peer=peer: peer.errors(wrong)
    count = len(told(quick.decide(bad, store)))
    show(
        f"{name}: refused, all errors (there are {count}; in brackets how many a peer tells)",
        timed(refused, rounds, calls),
        "hot path: Outcome",
    )


def floor_of(
    decide: Callable[[], Any], store: cases.DictStore, code: Generated, payload: dict[str, Any]
) -> Callable[[], Any]:
    """What any engine does that judges types in C, looks up what the rules name and gives a record."""
    with store.recorded() as calls:
        decide()

    def floor() -> Any:
        record = asdict(code.convert(payload, code.struct))
        for call, given in calls:
            call(*given)
        return record

    return floor


def measure_update(rounds: int, calls: int) -> None:
    """The table of an update: the stored record, what was sent merged into it, the changes."""
    name, payload = "ct_oi/case", cases.PATCH
    rules = load().compiled
    store = cases.DictStore(cases.PATCH_RECORDS, {key: one.key for key, one in rules.resources.items()})
    inputs = Inputs(
        operation="update",
        payload=payload,
        now=datetime.now(UTC),
        seed=7,
        key=cases.PATCHED,
        actor=cases.CASE_ACTOR,
    )
    quick, plain = decide_quickly(rules, name, inputs, store), decide_plainly(rules, name, inputs, store)
    assert quick == plain
    assert plain.accepted
    functions: dict[str, Callable[[], Any]] = {
        "hot path: Outcome with changes": lambda: written(decide(rules, name, inputs, store)),
        "plain evaluator: Outcome": lambda: decide_plainly(rules, name, inputs, store),
    }

    def finish(read: Any, store: cases.DictStore) -> Any:
        # Some peers read what was not sent as null.
        return finish_update({field: read[field] for field in payload}, store)

    for make in PEERS:
        with suppress(ImportError):
            peer = make(name, store, finish)
            functions[peer.name] = lambda peer=peer: peer.accept(payload)
    show(f"{name}: update", timed(functions, rounds, calls), "hot path: Outcome with changes")
    # The peers have nothing to tell a part of a record by.
    bad = replace(inputs, payload=cases.WRONG_PATCH)
    assert decide_quickly(rules, name, bad, store) == decide_plainly(rules, name, bad, store)
    refused: dict[str, Callable[[], Any]] = {
        "hot path: Outcome": lambda: told(decide(rules, name, bad, store)),
        "plain evaluator: Outcome": lambda: told(decide_plainly(rules, name, bad, store)),
    }
    show(f"{name}: update, refused, all errors", timed(refused, rounds, calls), "hot path: Outcome")


def measure_event(rounds: int, calls: int) -> None:
    """The table of an event: the step, what it changes, the message it sends; no peer has a workflow."""
    name = "goodstack/eligibility_subscription"
    rules = load().compiled
    store = cases.DictStore(
        cases.SUBSCRIPTION_RECORDS, {key: one.key for key, one in rules.resources.items()}
    )
    for title, key in (("accepted", cases.CANCELLED), ("no transition", cases.CANCELLED_BEFORE)):
        inputs = Inputs(
            operation="cancel", payload={}, now=datetime.now(UTC), seed=7, key=key, actor=cases.PARTNER
        )
        quick = decide_quickly(rules, name, inputs, store)
        assert quick == decide_plainly(rules, name, inputs, store)
        functions: dict[str, Callable[[], Any]] = {
            "hot path: Outcome": lambda inputs=inputs: read(decide(rules, name, inputs, store)),
            "plain evaluator: Outcome": lambda inputs=inputs: read(
                decide_plainly(rules, name, inputs, store)
            ),
        }
        show(f"{name}: cancel, {title}", timed(functions, rounds, calls), "hot path: Outcome")


def read(outcome: Outcome) -> object:
    """What comes of an event."""
    return outcome.changes, outcome.messages, outcome.problems


def written(outcome: Outcome) -> object:
    """What an outcome changes."""
    return outcome.changes


def told(outcome: Outcome | None) -> list[tuple[str, str, str, str]]:
    """What an outcome says of each problem."""
    assert outcome is not None
    return [(one.rule, one.code, one.path, one.message) for one in outcome.problems]


def count_errors(peer: Peer, wrong: dict[str, Any]) -> int:
    """How many errors a peer tells of a payload."""
    assert peer.errors is not None
    return len(peer.errors(wrong))


def available(name: str, store: cases.DictStore, makers: Iterable[Callable[..., Peer]]) -> list[Peer]:
    """The peers that are installed; the others are named."""
    found = []
    for make in makers:
        try:
            found.append(make(name, store, FINISH[name]))
        except ImportError as error:
            print(f"not measured: {make.__name__}: {error}")
    return found


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--calls", type=int, default=400)
    choices = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}, {platform.system()}")
    for name, reason in NOT_MEASURED.items():
        print(f"not measured: {name}: {reason}")
    for name in FINISH:
        measure(name, choices.rounds, choices.calls)
    measure_update(choices.rounds, choices.calls)
    measure_event(choices.rounds, choices.calls)


if __name__ == "__main__":
    main()
