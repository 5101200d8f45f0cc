"""Everything that a command needs to decide payloads, gathered from its options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from difflib import get_close_matches

import click
from click.core import ParameterSource
from msgspec import Struct

from rulewright.arguments import instant
from rulewright.cli.desk.caller import named_values, read_actor, warn_of_missing_parts
from rulewright.cli.desk.records import read_records
from rulewright.cli.desk.stores import open_for_reading
from rulewright.cli.extending import configuration_here
from rulewright.cli.folders import HOW_TO_NAME_YOURS
from rulewright.cli.options import Choices
from rulewright.compiled import CompiledField, CompiledResource
from rulewright.errors import EvaluationError
from rulewright.evaluation import Inputs, Request, find_resource
from rulewright.fieldtypes import encode_datetime
from rulewright.hotpath import decide
from rulewright.inputs import Broken, Item, Payload
from rulewright.outcome import Outcome
from rulewright.ports import Records, Store
from rulewright.problem import Problem
from rulewright.program import Program, load


class Desk(Struct, frozen=True):
    """Decides payloads of one resource for one caller."""

    program: Program
    resource: str
    operation: str
    key: object
    actor: Mapping[str, object] | None
    request: Request
    as_of: datetime | str | None
    seed: int | None
    # The field of each payload that names its record, instead of one `key` for all.
    key_field: str | None = None

    @property
    def fields(self) -> Mapping[str, CompiledField]:
        """The fields that payloads may hold."""
        return self.program.compiled.resources[self.resource].fields

    def inputs(self, payload: object, number: int) -> Inputs:
        """What the decision about payload `number` (from 0) depends on."""
        key, payload = self.key_of(payload)
        return self.program.inputs(
            payload,
            operation=self.operation,
            key=key,
            actor=self.actor,
            request=self.request,
            as_of=self.as_of,
            # One seed for all would give each payload the same random ids.
            seed=None if self.seed is None else self.seed + number,
        )

    def key_of(self, payload: object) -> tuple[object, object]:
        """Which record a payload is about, and what is left of it: a key is no change to its record."""
        if self.key_field is None or not isinstance(payload, Mapping):
            return self.key, payload
        key = payload.get(self.key_field)
        if self.key_field == self.program.compiled.resources[self.resource].key:
            payload = {name: value for name, value in payload.items() if name != self.key_field}
        return key, payload

    def unreadable(self, item: Item) -> Outcome | None:
        """The refusal of what is no payload, or names no record; None for what is to be decided."""
        if isinstance(item, Broken):
            return self.refuse(item)
        if self.key_field is None or not isinstance(item.value, Mapping):
            return None
        key = item.value.get(self.key_field)
        if isinstance(key, str | int) and not isinstance(key, bool) and key != "":
            return None
        message = f"{self.key_field} must name the record to update"
        return self.refusal("required", message, path=f"/{self.key_field}")

    def decide(self, item: Item, number: int, records: Records | None) -> Outcome:
        """Decide one item; what could not be read is rejected."""
        if (refused := self.unreadable(item)) is not None:
            return refused
        assert isinstance(item, Payload)
        return decide(self.program.compiled, self.resource, self.inputs(item.value, number), records)

    def refuse(self, item: Broken) -> Outcome:
        """The outcome of what could not be read as a payload."""
        return self.refusal(item.code, item.message, item.at)

    def refusal(self, code: str, message: str, payload_at: str | None = None, *, path: str = "") -> Outcome:
        """An outcome that rejects a payload for one reason, not found by its rules."""
        problem = Problem(f"{self.resource}.{code}", code, path, message, payload_at=payload_at)
        return Outcome(
            resource=self.resource,
            operation=self.operation,
            verdict="rejected",
            problems=(problem,),
            record=None,
            changes=(),
            messages=(),
            reads=(),
            ruleset=self.program.ruleset,
            as_of=str(encode_datetime(instant(self.as_of))),
        )


def open_desk(resource: str, choices: Choices) -> Desk:
    """Load the rules and read what the options name. Raises RulewrightError."""
    if choices.operation == "update" and choices.key is None:
        raise click.UsageError("--operation update needs --key: which record is it about?")
    as_of = None if choices.as_of is None else instant(choices.as_of)
    program = load_rules_of(choices.rules)
    compiled = _find_resource(program, resource, choices.rules)
    key: object = choices.key
    key_field = choices.key if choices.operation == "update" and choices.key in compiled.fields else None
    if key_field is not None:
        key = None
    elif choices.key is not None and compiled.fields[compiled.key].type.basic == "integer":
        key = _whole_number(choices.key)
    elif choices.key is not None and choices.operation == "update":
        _warn_of_slip(choices.key, compiled)
    actor = read_actor(choices.actor)
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
            headers={name.lower(): value for name, value in named_values("--header", choices.header).items()},
        ),
        as_of=as_of,
        seed=choices.seed,
        key_field=key_field,
    )


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


@contextmanager
def lookup_records(desk: Desk, choices: Choices, *, is_told: bool = False) -> Iterator[Records | None]:
    """The records that look-ups read: of --records, of --store, or none at all.

    `is_told`: somebody has said already that there is no such store.
    """
    records, store = chosen_records(choices)
    if records is not None:
        yield read_records(records, desk.program)
        return
    opened: Store | None = None
    if store is not None:
        opened = open_for_reading(store, desk.program, is_told=is_told)
    try:
        yield opened
    finally:
        if opened is not None:
            opened.close()


def chosen_records(choices: Choices) -> tuple[str | None, str | None]:
    """--records or --store: one said on the command line goes before one that is configured."""
    if choices.records is None or choices.store is None:
        return choices.records, choices.store
    context = click.get_current_context()
    strength = [_strength(context.get_parameter_source(name)) for name in ("records", "store")]
    if strength[0] == strength[1]:
        raise click.UsageError("--records and --store exclude each other: both are whole stores")
    return (choices.records, None) if strength[0] > strength[1] else (None, choices.store)


def _strength(source: ParameterSource | None) -> int:
    order = (ParameterSource.DEFAULT_MAP, ParameterSource.ENVIRONMENT, ParameterSource.COMMANDLINE)
    return order.index(source) if source in order else -1


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise click.UsageError(f"the key must be a whole number here, not {text[:40]!r}") from None
