"""A process of its own that writes a household with its head case per transaction.

    python writer.py URL COUNT

It prints the number it drew from the sequence once the transaction has ended: acknowledged.
"""

from __future__ import annotations

import sys

from rulewright.testing import CASE, HOUSEHOLD, TABLES
from rulewright_adapters import open_store


def main(url: str, count: int) -> None:
    """Write `count` pairs, one transaction each."""
    store = open_store(url)
    store.prepare(TABLES)
    for _ in range(count):
        with store.transaction() as transaction:
            number = transaction.last_in_sequence(CASE, "reference", "C") + 1
            transaction.insert(HOUSEHOLD, {"id": number, "head": number})
            case = {"id": number, "household": number, "is_head": True, "reference": f"C{number:08}"}
            transaction.insert(CASE, case)
        print(number, flush=True)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
