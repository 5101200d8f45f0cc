"""The keyword gift_aid: a claim for the tax that was paid on a donation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_KEYS = {"into", "amount", "donation"}


def claim_gift_aid(written: Any) -> list[dict[str, object]]:
    """Write `gift_aid: {into, amount, donation}` out as an effect that creates the claim.

    `into` is the resource of claims, `amount` the donation's amount in pence, `donation` its key.
    """
    if not isinstance(written, Mapping) or not {"into", "amount"} <= written.keys() <= _KEYS:
        raise ValueError("write into: (the resource of claims), amount: and, if you like, donation:")
    return [
        {
            "when": f"given({written['amount']})",
            "create": written["into"],
            # 25p for every pound; HMRC takes whole pence.
            "set": {"amount": f"({written['amount']}) / 4", "donation": written.get("donation", "record.id")},
        }
    ]
