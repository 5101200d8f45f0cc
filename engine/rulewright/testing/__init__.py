"""Test suites for what others write against Rulewright's ports.

A store of your own passes if a class derived from StoreContract does, under pytest or by hand:

    class TestMyStore(StoreContract):
        def open_store(self) -> Store:
            return MyStore(...)        # empty, and another one each time

In the same way a forwarder derives from ForwarderContract.
"""

from rulewright.testing.forwarders import Arrival, ForwarderContract
from rulewright.testing.refusals import refused
from rulewright.testing.store_fixture import CASE, HOUSEHOLD, TABLES, plain
from rulewright.testing.stores import StoreContract

__all__ = [
    "CASE",
    "HOUSEHOLD",
    "TABLES",
    "Arrival",
    "ForwarderContract",
    "StoreContract",
    "plain",
    "refused",
]
