"""The option --older-than, and ages such as 30d."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

import click

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _age(context: click.Context, parameter: click.Parameter, value: str) -> timedelta:
    """Read a number and a unit: 30d, 12h, 2w, 90m."""
    found = re.fullmatch(r"([0-9]{1,6})([mhdw])", value.strip())
    if found is None:
        raise click.BadParameter(f"{value!r} is no age: write 30d, 12h, 2w or 90m (m is minutes)")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def before(now: datetime, age: timedelta) -> datetime:
    """The time that is so long ago. Raises UsageError where there is none."""
    try:
        return now - age
    except OverflowError:
        raise click.UsageError("nothing can be as old as --older-than says") from None


older_than_option = click.option(
    "--older-than", metavar="AGE", callback=_age, required=True, help="For example 30d, 12h or 52w."
)
