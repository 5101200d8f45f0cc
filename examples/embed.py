"""Embed the engine in a script: decide a payload, look at the outcome, store it.

Run it from anywhere: python examples/embed.py
"""

from __future__ import annotations

import json
from pathlib import Path

from rulewright import Outcome, load
from rulewright_adapters import open_store

PAYLOADS = Path(__file__).parent / "payloads"
CALLER = {"agent": 3, "group": 9}


def main() -> None:
    """Decide two payloads and store the one that is accepted."""
    program = load()  # the rules that ship with Rulewright
    store = open_store("sqlite://")  # in memory; sqlite:///cases.db keeps a file
    store.prepare(program.tables)
    with store.transaction() as transaction:
        transaction.insert("ct_oi/county", {"id": 1, "name": "Kings"})

    wrong = {"first_name": "Omar", "street_county": "Kings", "head_of_household": "false"}
    show(program.evaluate("ct_oi/case", wrong, store=store, actor=CALLER))

    case = json.loads((PAYLOADS / "ct_oi-case.json").read_text())
    receipt = program.apply("ct_oi/case", case, store=store, actor=CALLER)
    show(receipt.outcome)

    for household in store.find("ct_oi/household", {}):
        print(f"in the store: household {household['id']}, headed by case {household['head_of_household']}")
    store.close()


def show(outcome: Outcome) -> None:
    """Print what was decided, why, and what it leads to."""
    print(outcome.verdict)
    for problem in outcome.problems:
        print(f"  {problem.path}: {problem.message} ({problem.rule}, {problem.rule_at})")
    for change in outcome.changes:
        print(f"  {change.op} {change.resource} {change.key}")


if __name__ == "__main__":
    main()
