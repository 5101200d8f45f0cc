"""The outbox: messages kept with the results that they tell of, and sent until they have arrived.

A module imports only from those that stand before it in this list:

  letters              what is kept of a message
  clock                when it is due
  claiming             who may send it: one deliverer at a time leases it
  forwarding, keeping  how messages come into the outbox, in the result's transaction
  sending, refusals    sending one, and what a receiver's refusal says
  settling             what becomes of it then
  deliverer, worker    who sends: threads of ours, or jobs that the store hands out
  editing, pruning     looking after messages by hand, and forgetting those that are settled

The names below are imported when first asked for: whoever only decides sends nothing.
"""

from typing import TYPE_CHECKING

from rulewright.lazy_imports import lazy_names

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
