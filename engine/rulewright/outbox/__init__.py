"""The outbox: messages kept with the results that they tell of, and sent until they have arrived.

The names below are imported when first asked for: whoever only decides sends nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rulewright.outbox.clock import ATTEMPTS, now_of
    from rulewright.outbox.deliverer import Deliverer
    from rulewright.outbox.editing import count_letters, drop, find_letter, list_letters, retry
    from rulewright.outbox.forwarding import forwarded
    from rulewright.outbox.keeping import keep_messages
    from rulewright.outbox.letters import LEASE, MESSAGES, STATES, Letter, State
    from rulewright.outbox.pruning import PRUNABLE, SETTLED, prune
    from rulewright.outbox.settling import Settled
    from rulewright.outbox.worker import Worker

__all__ = [
    "ATTEMPTS",
    "LEASE",
    "MESSAGES",
    "PRUNABLE",
    "SETTLED",
    "STATES",
    "Deliverer",
    "Letter",
    "Settled",
    "State",
    "Worker",
    "count_letters",
    "drop",
    "find_letter",
    "forwarded",
    "keep_messages",
    "list_letters",
    "now_of",
    "prune",
    "retry",
]

_HOMES = {
    "ATTEMPTS": "clock",
    "Deliverer": "deliverer",
    "LEASE": "letters",
    "Letter": "letters",
    "MESSAGES": "letters",
    "PRUNABLE": "pruning",
    "SETTLED": "pruning",
    "STATES": "letters",
    "Settled": "settling",
    "State": "letters",
    "Worker": "worker",
    "count_letters": "editing",
    "drop": "editing",
    "find_letter": "editing",
    "forwarded": "forwarding",
    "keep_messages": "keeping",
    "list_letters": "editing",
    "now_of": "clock",
    "prune": "pruning",
    "retry": "editing",
}


def __getattr__(name: str) -> object:
    """Import what is asked for, and keep it here."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
