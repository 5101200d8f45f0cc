"""Who calls and with what: the options --actor, --param, --header and --query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from rulewright.compiled import CompiledResource
from rulewright.errors import PayloadError
from rulewright.evaluation import missing_parts
from rulewright.inputs import JsonFlaw, find_sources, parse_json, read_document


def read_actor(given: str | None, at: str = "--actor") -> Mapping[str, object] | None:
    """The actor as JSON text, or the file that holds it; null is nobody. `at` is what gave it.

    Raises PayloadError.
    """
    if given is None:
        return None
    if given.lstrip().startswith(("{", "[", '"')) or given.strip() == "null":
        try:
            value = parse_json(given)
        except JsonFlaw as flaw:
            raise PayloadError(flaw.message, f"{at}:1:{flaw.index + 1}") from None
    else:
        document = read_document(find_sources([given])[0])
        value, at = document.value, document.at
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise PayloadError('the actor must be an object, like {"agent": 3}', at)
    return value


def warn_of_missing_parts(resource: CompiledResource, actor: Mapping[str, object] | None) -> None:
    """Say on stderr what the caller lacks of what api.yaml declares; rules read it as null."""
    auth = resource.api.auth if resource.api is not None else None
    if auth is None or actor is None:
        return
    for name in missing_parts(auth, actor):
        click.echo(f"warning: the actor has no {name}, which auth.actor of api.yaml declares", err=True)


def named_values(option: str, given: Sequence[str]) -> dict[str, object]:
    """Texts like NAME=VALUE (a header also like `Name: value`) as a map."""
    found: dict[str, object] = {}
    for text in given:
        name, sign, value = text.partition("=")
        colon = text.partition(":")
        if option == "--header" and colon[1] and len(colon[0]) < len(name):
            name, sign, value = colon[0], colon[1], colon[2].strip()
        if not sign or not name.strip():
            raise click.UsageError(f"{option} must be NAME=VALUE, not {text!r}")
        # Headers are one whatever their case.
        name = name.strip().lower() if option == "--header" else name.strip()
        if name in found:
            raise click.UsageError(f"{option} {name} is given twice; rules read one value of it")
        found[name] = value
    return found
