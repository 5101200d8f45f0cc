"""The option --older-than, and ages such as 30d."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

import click

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Age(click.ParamType):
    """A number and a unit: 30d, 12h, 2w, 90m."""

    name = "AGE"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read an age."""
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"([0-9]{1,6})([mhdw])", str(value).strip())
        if found is None:
            self.fail(f"{value!r} is no age: write 30d, 12h, 2w or 90m (m is minutes)", param, ctx)
        return timedelta(**{_UNITS[found[2]]: int(found[1])})


older_than_option = click.option(
    "--older-than", metavar="AGE", type=Age(), required=True, help="For example 30d, 12h or 52w."
)
