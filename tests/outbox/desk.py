"""What the tests of the outbox share: an API whose orders are told to a vendor, and a forwarder to watch."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rulewright import load
from rulewright.outbox import Deliverer, Settled
from rulewright.ports import Reply, Sending, Store
from rulewright.program import Program

API = """
rulewright: 1
api: shop
errors: {dialect: laravel}
targets:
  vendor:
    url: https://vendor.example/orders
    headers: {X-Shop: ours, X-Key: $VENDOR_KEY}
    ordered_by: record.customer
    write_back: {vendor_id: 'reply.body.id'}
  mail: {url: https://mail.example/send}
"""
ORDER = """
rulewright: 1
resource: shop/order
key: id
operations:
  create: {method: POST, path: /api/orders}
  update: {method: PATCH, path: '/api/orders/{id}'}
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  customer: {type: string, nullable: true}
  item: {type: string, required: true}
  card: {type: string, sensitive: true}
  vendor_id: {type: integer, readonly: ignore}
effects:
  - id: tell_vendor
    send: vendor
    body: {item: record.item, number: record.id, card: record.card, price: '1.0'}
"""


def make_program(folder: Path, *, audit: bool = True) -> Program:
    """Write the rule files and load them."""
    api = folder / "shop"
    api.mkdir(exist_ok=True)
    (api / "api.yaml").write_text(API)
    (api / "order.yaml").write_text(ORDER)
    return load(folder, audit=audit)


Answer = Callable[[Sending], Reply]


def taken(sending: Sending) -> Reply:
    """A receiver that takes everything."""
    return Reply(201, {"id": 77})


@dataclass
class Receiver:
    """A forwarder that keeps what it is given, and answers as it is told."""

    answer: Answer = taken
    sent: list[Sending] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, sending: Sending) -> Reply:
        """Keep and answer."""
        with self._lock:
            self.sent.append(sending)
        return self.answer(sending)

    def close(self) -> None:
        """Nothing to release."""


def deliver(program: Program, store: Store, receiver: Receiver, **options: int) -> list[Settled]:
    """Send all that is due."""
    return list(Deliverer(store, receiver, program.compiled, workers=1).run(**options))
