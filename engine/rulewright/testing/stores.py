"""The contract that every store keeps, as test methods. Derive from StoreContract and run them."""

from __future__ import annotations

from rulewright.testing.store_constraints import ConstraintContract
from rulewright.testing.store_many import ManyContract
from rulewright.testing.store_reading import ReadingContract
from rulewright.testing.store_writing import WritingContract


class StoreContract(ReadingContract, WritingContract, ManyContract, ConstraintContract):
    """What a store must do. `open_store` is the one thing to provide."""
