"""What generated functions call where the condition of a rule of `infer` is called as compiled CEL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rulewright.compiled import CompiledField
from rulewright.evaluation.stored_form import decode_value
from rulewright.evaluation.views import Layer, LazyRecord
from rulewright.hotpath.runtime.state import State, names_of


@dataclass(frozen=True, slots=True)
class Condition:
    """The condition of a rule over the own record and one other, which `name` stands for."""

    evaluate: Callable[[Mapping[str, object]], object]
    own: Mapping[str, str]
    name: str
    fields: Mapping[str, CompiledField]


def may_fire(state: State, found: Any, condition: Condition) -> bool:
    """Whether a condition holds for a record that was found, or can't be told."""
    names = names_of(state)
    own = {name: names[root] for name, root in condition.own.items()}
    for record in found if found.__class__ is list else (found,):
        seen = Layer({**own, condition.name: _seen(record, condition.fields)}, names)
        if condition.evaluate(seen) is not False:
            return True
    return False


def _seen(record: Mapping[str, object], fields: Mapping[str, CompiledField]) -> LazyRecord:
    """A stored record as expressions see it; most conditions read two or three of its fields."""
    return LazyRecord(fields.keys(), lambda name: decode_value(fields[name], record.get(name)))
