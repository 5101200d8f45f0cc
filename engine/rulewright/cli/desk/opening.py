"""What a command's options name, read: the rules, the caller and which record it is about."""

from __future__ import annotations

from difflib import get_close_matches

import click

from rulewright.arguments import instant
from rulewright.cli.configured import configuration_here
from rulewright.cli.desk.caller import named_values, read_actor, warn_of_missing_parts
from rulewright.cli.desk.desk import Desk
from rulewright.cli.folders import HOW_TO_NAME_YOURS
from rulewright.cli.options import Choices, name_given
from rulewright.compiled import CompiledResource
from rulewright.errors import EvaluationError
from rulewright.evaluation import Request, find_resource
from rulewright.program import Program, load


def open_desk(resource: str, choices: Choices) -> Desk:
    """Load the rules and read what the options name. Raises RulewrightError."""
    if choices.operation == "update" and choices.key is None:
        raise click.UsageError("--operation update needs --key: which record is it about?")
    as_of = None if choices.as_of is None else instant(choices.as_of)
    program = load_rules_of(choices.rules)
    compiled = _find_resource(program, resource, choices.rules)
    key, key_field = _named_record(choices, compiled)
    actor = read_actor(choices.actor, name_given("actor", click.get_current_context()))
    warn_of_missing_parts(compiled, actor)
    return Desk(
        program=program,
        resource=resource,
        operation=choices.operation,
        key=key,
        actor=actor,
        request=Request(
            path=named_values("--param", choices.param),
            query=named_values("--query", choices.query),
            headers=named_values("--header", choices.header),
        ),
        as_of=as_of,
        seed=choices.seed,
        key_field=key_field,
    )


def _named_record(choices: Choices, compiled: CompiledResource) -> tuple[object, str | None]:
    """The key that --key gives, or the field of each payload that it names."""
    if choices.key is None:
        return None, None
    if choices.operation == "update" and choices.key in compiled.fields:
        return None, choices.key
    if compiled.fields[compiled.key].type.basic == "integer":
        return _whole_number(choices, compiled), None
    if choices.operation == "update":
        _warn_of_slip(choices.key, compiled)
    return choices.key, None


def _warn_of_slip(key: str, compiled: CompiledResource) -> None:
    """Where keys are texts, a field's name with a slip in it would be the key of no record."""
    near = get_close_matches(key, compiled.fields, n=1, cutoff=0.8)
    if near:
        click.echo(
            f"warning: --key {key} is taken for a record's key, since {compiled.name} has no such field; "
            f"did you mean {near[0]}?",
            err=True,
        )


def _find_resource(program: Program, resource: str, rules: str | None) -> CompiledResource:
    try:
        return find_resource(program.compiled, resource)
    except EvaluationError as error:
        meant = get_close_matches(resource, program.resources, n=1)
        hint = "" if meant or rules is not None else f"; these are the rules that ship, {HOW_TO_NAME_YOURS}"
        raise click.UsageError(f"{error}{hint}") from None


def load_rules_of(rules: str | None) -> Program:
    """Load the rules that were chosen, else those that ship, with the configured settings."""
    found = configuration_here()
    return load(
        rules,
        settings=found.settings,
        audit=found.audit,
        plugins=found.plugins,
        installed=found.installed,
    )


def _whole_number(choices: Choices, compiled: CompiledResource) -> int:
    text = choices.key or ""
    try:
        return int(text)
    except ValueError:
        near = get_close_matches(text.lower(), compiled.fields, n=1) or [compiled.key]
        field = f", or the field that holds it ({near[0]})" if choices.operation == "update" else " here"
        raise click.UsageError(f"the key must be a whole number{field}, not {text[:40]!r}") from None
