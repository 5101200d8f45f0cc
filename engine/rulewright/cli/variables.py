"""The environment variables that are read, and a word about those that look like one and are none."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from rulewright.configuration import Configuration

_PREFIX: Final = "RULEWRIGHT_"
# What commands take from the environment: options by their names, then switches of the whole.
KNOWN: Final = frozenset(
    {
        *(
            "RULES",
            "STORE",
            "RECORDS",
            "ACTOR",
            "AS_OF",
            "FORMAT",
            "COLOR",
            "MAX_ERRORS",
            "WORKERS",
            "OUTBOX",
        ),
        *("NO_PLUGINS", "CACHE", "INFERENCE", "DEBUG"),
    }
)
_ALL: Final = ", _".join(sorted(KNOWN))
# Those of the tests of this repository.
_OF_TESTS: Final = ("TEST_", "UPDATE_GOLDEN", "AGREEMENT", "CEL_CONFORMANCE")
# A header in api.yaml may name a variable, which is not known before the rules are read.
_OF_SECRETS: Final = ("TOKEN", "SECRET", "KEY", "PASSWORD", "ACCOUNT")


def warn_of_unknown_variables(configuration: Configuration) -> None:
    """Say on stderr which RULEWRIGHT_ variables nobody reads."""
    for name in _unknown(configuration):
        # Most environments have none.
        from difflib import get_close_matches  # noqa: PLC0415

        from rulewright.report.text import show_text  # noqa: PLC0415

        near = get_close_matches(name, KNOWN, n=1)
        hint = f"did you mean {_PREFIX}{near[0]}?" if near else f"there are {_PREFIX}{_ALL}"
        told = show_text(f"{_PREFIX}{name} is no variable of rulewright, and not read; {hint}")
        click.echo(f"warning: {told}", err=True)


def _unknown(configuration: Configuration) -> Iterator[str]:
    for variable, value in os.environ.items():
        if not variable.startswith(_PREFIX) or not value:
            continue
        name = variable.removeprefix(_PREFIX)
        if name in KNOWN or name.startswith(_OF_TESTS) or name.endswith(_OF_SECRETS):
            continue
        if variable not in _named(configuration.targets):
            yield name


def _named(targets: Mapping[str, Mapping[str, object]]) -> set[str]:
    """The variables that targets name, for tokens and the like."""
    told = {value for target in targets.values() for value in target.values() if isinstance(value, str)}
    return {value.removeprefix("$") for value in told}
