"""Read rules from another folder: a shop's own, in examples/own_rules.

Run it from anywhere: python examples/own_rules.py
"""

from __future__ import annotations

import sys
from pathlib import Path

from rulewright import RuleFileError, load
from rulewright_adapters.memory import MemoryStore

RULES = Path(__file__).parent / "own_rules"


def main() -> int:
    """Decide an order of a customer who pays by invoice."""
    try:
        program = load(RULES)
    except RuleFileError as error:
        for problem in error.problems:
            print(f"{problem.span}: {problem.message}")
        return 2
    customers = {"shop/customer": [{"id": 1, "name": "Harbour Café", "on_account": True}]}
    store = MemoryStore(customers, tables=program.tables)

    order = {"customer": 1, "lines": [{"article": "mug", "quantity": 6, "price": 450}]}
    for payload in (order, {**order, "purchase_order": "PO-77"}):
        outcome = program.evaluate("shop/order", payload, store=store)
        print(outcome.verdict, [problem.message for problem in outcome.problems])
        if outcome.record is not None:
            print(outcome.record["number"], outcome.record["dearest"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
