"""The outbox: messages kept with the results that they tell of, and sent until they have arrived.

The names below are imported when first asked for: whoever only decides sends nothing.
"""

from typing import TYPE_CHECKING

from rulewright.lazy_names import lazy_names

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

__getattr__ = lazy_names(
    __name__,
    {
        "clock": ("ATTEMPTS", "now_of"),
        "deliverer": ("Deliverer",),
        "editing": ("count_letters", "drop", "find_letter", "list_letters", "retry"),
        "forwarding": ("forwarded",),
        "keeping": ("keep_messages",),
        "letters": ("LEASE", "MESSAGES", "STATES", "Letter", "State"),
        "pruning": ("PRUNABLE", "SETTLED", "prune"),
        "settling": ("Settled",),
        "worker": ("Worker",),
    },
)
