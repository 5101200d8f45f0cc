"""Payloads some at a time: what they will look up is read by the many before they are decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from rulewright.batch.forecast import Forecast
from rulewright.cli.deciding.remembered import RememberedRecords
from rulewright.cli.desk.desk import Desk
from rulewright.inputs import Item, Payload

# Payloads that are decided before they are told of.
GROUP: Final = 128
# For fewer, to read ahead takes more questions than it saves.
_FEW: Final = 4


def grouped(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Some items at a time; those that were read before something could not be read are decided first."""
    rest, is_read = iter(items), False
    while not is_read:
        group: list[Item] = []
        try:
            for item in rest:
                group.append(item)
                if len(group) == GROUP:
                    break
            else:
                is_read = True
        except Exception:
            if group:
                yield group
            raise
        if group:
            yield group


def forecast_of(desk: Desk) -> Forecast:
    """What payloads of the desk's resource look up."""
    tables = {table.resource: table for table in desk.program.tables}
    return Forecast(desk.program.compiled.resources[desk.resource], tables)


def foresee(desk: Desk, items: Iterable[Item | None], forecast: Forecast, records: RememberedRecords) -> None:
    """Look up by the many what some payloads will look up."""
    payloads = [one.value for one in items if isinstance(one, Payload)]
    if len(payloads) >= _FEW:
        records.foresee(forecast, [*map(desk.key_of, payloads)])
