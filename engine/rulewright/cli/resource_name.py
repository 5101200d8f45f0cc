"""The argument RESOURCE of commands that read files: who names a file there has swapped the two."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import click

_FILE: Final = re.compile(r"-|.*\.(json|jsonl|ndjson|ya?ml|csv|tsv|xlsx)(:.*)?", re.IGNORECASE)
# How a rule file begins.
_LOOKED_AT: Final = 10_000
_RULES: Final = re.compile(rb"^rulewright:", re.MULTILINE)
_RESOURCE: Final = re.compile(rb"^resource: *([A-Za-z_][A-Za-z0-9_/]*)", re.MULTILINE)


class ResourceName(click.ParamType[str]):
    """The name of a resource. It has no ending, so a file is not taken for one."""

    name = "resource"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse what is a file, with the command as it was probably meant."""
        text = str(value)
        if _FILE.fullmatch(text) is None:
            return text
        command = ctx.command_path if ctx is not None else "rulewright validate"
        if (resource := _resource_of(Path(text))) is not None:
            told = f"{text} is a rule file; name its resource, like: {command} {resource} FILE"
        else:
            kind = "standard input" if text == "-" else "a file"
            told = f"{text} is {kind}; the resource comes before it, like: {command} ct_oi/case {text}"
        raise click.UsageError(told, ctx)


def _resource_of(path: Path) -> str | None:
    """The resource that a rule file is about; None for another file."""
    if path.suffix not in (".yaml", ".yml") or not path.is_file():
        return None
    with path.open("rb") as file:
        text = file.read(_LOOKED_AT)
    found = _RESOURCE.search(text)
    return found[1].decode() if found is not None and _RULES.search(text) is not None else None
