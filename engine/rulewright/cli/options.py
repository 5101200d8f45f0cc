"""Options that several commands share, said once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from rulewright.cli.here import from_here
from rulewright.report.formats import COLORS, FORMATS, LISTS

if TYPE_CHECKING:
    from rulewright.configuration import Configuration

Command = Callable[..., None]

# Formats of plug-ins are made of decisions.
_DECIDING_COMMANDS: Final = ("validate", "plan", "apply")


class FormatName(click.ParamType[str]):
    """A format of ours, or one that a plug-in adds; plug-ins are asked only where it is none of ours.

    `known` are those that the command has. Another of ours is refused on the command line; said for all
    commands, by the environment or a file, it leaves this one with its default.
    """

    name = "format"

    def __init__(self, known: Sequence[str] = FORMATS) -> None:
        self.known = known

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """List ours."""
        return f"[{'|'.join(self.known)}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse a name that nobody knows."""
        if value in self.known:
            return value
        if value in FORMATS and ctx is not None and param is not None and not _is_typed(param, ctx):
            return None
        from rulewright.cli.configured import configured_registry  # noqa: PLC0415 - seldom needed

        decides = ctx is not None and ctx.info_name in _DECIDING_COMMANDS
        known = [*self.known, *(configured_registry().formats if decides else ())]
        if value not in known:
            self.fail(f"{value!r} is not one of {', '.join(map(repr, known))}.", param, ctx)
        return value


def _is_typed(param: click.Parameter, ctx: click.Context) -> bool:
    return param.name is not None and ctx.get_parameter_source(param.name) is ParameterSource.COMMANDLINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What was chosen for a command that decides; texts as they were given."""

    rules: str | None
    store: str | None
    records: str | None
    actor: str | None = None
    param: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    as_of: str | None = None
    operation: str = "create"
    key: str | None = None
    seed: int | None = None
    stdin_filename: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputChoices:
    """How results are written."""

    format: str | None
    color: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitChoices:
    """Where the payloads of a batch go, and when to give up on it."""

    accepted: str | None
    rejected: str | None
    max_errors: int | None


class VariableOption(click.Option):
    """An option that a variable may give too: what is wrong with its value is said of what gave it."""

    def get_error_hint(self, ctx: click.Context | None) -> str:
        """Name the variable where it was read, else the option."""
        if ctx is not None and name_given(str(self.name), ctx) == self.envvar:
            return f"'{self.envvar}'"
        return super().get_error_hint(ctx)


def name_given(option: str, context: click.Context) -> str:
    """What gave an option, named `actor` for example: `RULEWRIGHT_ACTOR`, else `--actor`."""
    name = option.replace("_", "-")
    if context.get_parameter_source(option) is ParameterSource.ENVIRONMENT:
        return _variable_of(name)
    return f"--{name}"


def _variable_of(name: str) -> str:
    return f"RULEWRIGHT_{name.replace('-', '_').upper()}"


def _option(*names: str, **settings: Any) -> Callable[[Command], Command]:
    """An option that RULEWRIGHT_<NAME> may give too."""
    variable = _variable_of(names[0].removeprefix("--"))
    return click.option(*names, cls=VariableOption, envvar=variable, show_envvar=False, **settings)


def _from_here(_: click.Context, __: click.Parameter, path: str | None) -> str | None:
    return path if path is None else from_here(path)


def rules_option_saying(text: str) -> Callable[[Command], Command]:
    """The option --rules, with what it is to a command."""
    return _option("--rules", metavar="DIR", callback=_from_here, help=text)


rules_option = rules_option_saying("The rule files (default: those that ship).")

_records = _option("--records", metavar="FILE", help="Records to look up instead (YAML or JSON).")
_hidden_records = _option("--records", metavar="FILE", hidden=True)

_store = _option("--store", metavar="URL", help="Where records are: sqlite:///file.db")
_as_of = _option("--as-of", metavar="ISO", help="The time of the decision (default: now).")

_STANDING: Final = (
    rules_option,
    _store,
    _records,
    _option("--actor", metavar="JSON|FILE", help="Who calls, already authenticated."),
    click.option("--param", metavar="NAME=VALUE", multiple=True, help="A path parameter (repeatable)."),
    click.option("--header", metavar="NAME=VALUE", multiple=True, help="A request header (repeatable)."),
    click.option("--query", metavar="NAME=VALUE", multiple=True, help="A query parameter (repeatable)."),
    _as_of,
)
_DECIDING: Final = (
    *_STANDING,
    click.option(
        "--operation",
        type=click.Choice(["create", "update"]),
        default="create",
        show_default=True,
        help="What payloads do to records; events are fired by `rulewright fire`.",
    ),
    click.option(
        "--key",
        metavar="KEY|FIELD",
        help="Which record an update is about, or the field that names it.",
    ),
    click.option("--seed", type=int, help="Makes random ids repeatable."),
    click.option("--stdin-filename", metavar="NAME", help="What stdin (-) holds, by its ending."),
)
_color = _option(
    "--color",
    type=click.Choice(COLORS),
    default="auto",
    show_default=True,
    help="auto: on a terminal, unless NO_COLOR is set.",
)


def format_option(known: Sequence[str] = FORMATS) -> Callable[[Command], Command]:
    """The option --format of a command that has these formats."""
    return _option("--format", type=FormatName(known), help="Default: pretty on a terminal, else text.")


_SPLIT: Final = (
    click.option("--accepted", metavar="FILE", help="Copy the accepted payloads here, as JSONL."),
    click.option(
        "--rejected", metavar="FILE", help="Write the other payloads here, each with its problems, as JSONL."
    ),
    _option(
        "--max-errors",
        metavar="N",
        type=click.IntRange(min=1),
        help="Stop after N payloads that were not accepted.",
    ),
)


def deciding_options(command: Command) -> Command:
    """Give a command the options about what is decided, as `choices`."""
    return _gathered(command, "choices", Choices, _DECIDING, _require_use_of_key)


def applying_options(command: Command) -> Command:
    """The same without --records, to which nothing can be applied: one who gives it is told so."""
    options = tuple(_hidden_records if one is _records else one for one in _DECIDING)
    return _gathered(command, "choices", Choices, options, _require_use_of_key)


def storing_options(command: Command) -> Command:
    """The same for commands that are about what a store holds: --records is no store to them."""
    options = tuple(_hidden_records if one is _records else one for one in _STANDING)
    return _gathered(command, "choices", Choices, options)


def system_options(command: Command) -> Command:
    """The same for what the system itself does: nobody calls, and nothing is requested."""
    return _gathered(command, "choices", Choices, (rules_option, _store, _hidden_records, _as_of))


def looking_options(command: Command) -> Command:
    """The same for what decides nothing, and only reads what a store keeps."""
    return _gathered(command, "choices", Choices, (rules_option, _store, _hidden_records))


def standing_options(command: Command) -> Command:
    """Give a command that is about one stored record the options that all decisions share, as `choices`."""
    return _gathered(command, "choices", Choices, _STANDING)


def output_options(command: Command) -> Command:
    """Give a command the options about how results are written, as `output`."""
    return _gathered(command, "output", OutputChoices, (format_option(), _color))


def listing_options(command: Command) -> Command:
    """The same for what is no decision: in words, or as JSON."""
    return _gathered(command, "output", OutputChoices, (format_option(LISTS), _color))


def split_options(command: Command) -> Command:
    """Give a command the options about batches, as `split`."""
    return _gathered(command, "split", SplitChoices, _SPLIT)


def _require_use_of_key(choices: Choices) -> None:
    """Who names a record and forgets --operation update would make another one."""
    if choices.key is not None and choices.operation == "create":
        raise click.UsageError("--key needs --operation update: a create makes a record of its own")


def _accept_all(chosen: Any) -> None:
    """The `require` of options that go with one another."""


def _gathered(
    command: Command,
    name: str,
    kind: type[Any],
    options: tuple[Callable[[Command], Command], ...],
    require: Callable[[Any], None] = _accept_all,
) -> Command:
    @wraps(command)
    def run(**given: Any) -> None:
        chosen = kind(**{field.name: given.pop(field.name) for field in fields(kind) if field.name in given})
        require(chosen)
        command(**given, **{name: chosen})

    decorated: Command = run
    for option in reversed(options):
        decorated = option(decorated)
    return decorated


def hand_options_on(context: click.Context, group: click.Group) -> None:
    """Let the commands of a group have the options that the configuration gives, as other commands do."""
    from rulewright.configuration import Configuration  # noqa: PLC0415 - not needed for --help

    configuration = context.find_object(Configuration)
    if configuration is not None:
        context.default_map = defaults_of(configuration, group.commands)


def defaults_of(configuration: Configuration, commands: Iterable[str]) -> dict[str, dict[str, object]]:
    """The options that the configuration gives, by command; a plug-in's format for those that decide only.

    Raises ConfigurationError for a format that nobody knows.
    """
    options = dict(configuration.options)
    chosen = options.get("format")
    if chosen is None or chosen in FORMATS:
        return {name: dict(options) for name in commands}
    from rulewright.errors import ConfigurationError  # noqa: PLC0415 - seldom needed
    from rulewright.plugins.loading import build_registry  # noqa: PLC0415

    known = [*FORMATS, *build_registry(configuration.plugins, installed=configuration.installed).formats]
    if chosen not in known:
        raise ConfigurationError(f"{configuration.file}: format must be one of {', '.join(known)}")
    others = {name: value for name, value in options.items() if name != "format"}
    return {name: dict(options if name in _DECIDING_COMMANDS else others) for name in commands}
