"""`rulewright validate RESOURCE FILE...` with what earlier runs kept.

Importing the engine takes twenty times as long as starting Python, and click three times. So payloads that a
kept program (hotpath/warm) surely accepts or refuses, each of them, are answered here without either.
Whatever else is asked for, and whatever is not sure, is left to the whole command, as if nothing had been.

The start itself stands in this file, for each module more would take its time; `inputs`, `records` and
`output` are its parts. `keeping` belongs to the whole command, which prepares the next start.
"""

from __future__ import annotations

import os
from contextlib import closing, nullcontext
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from rulewright.cli.warm_start.inputs import Item
    from rulewright.hotpath.warm import Entry, WarmProgram

# What the command prints, what it says on stderr, and the status it ends with.
Answer = tuple[str, str, int]

# The options that are understood here, and those of them that may come from the environment, too.
_OPTIONS: Final = {
    f"--{name.replace('_', '-')}": name
    for name in ("rules", "store", "records", "actor", "format", "color", "as_of", "seed")
}
_FROM_ENVIRONMENT: Final = frozenset(_OPTIONS.values()) - {"seed"}
_PREFIX: Final = "RULEWRIGHT_"
_ENDING: Final = ".program"
# As endings.FINDINGS.
_FINDINGS: Final = 1
_STDIN: Final = "-"
# One for each resource that was asked about of late.
_KEPT: Final = 64


class _LeftError(Exception):
    """This is for the whole command."""


def decide_warm(arguments: Sequence[str]) -> Answer | None:
    """The answer; None where the whole command must run."""
    try:
        (resource, *files), options = _understood(arguments)
        return _decide(resource, files, options)
    except Exception:  # a defect or damage here must cost nobody more than time; tests compare both ways
        return None
    except KeyboardInterrupt as error:
        from rulewright.cli.warm_start.output import tell_failure  # noqa: PLC0415

        return "", "", tell_failure(error)


def program_name(
    resource: str, rules: str | None, settings: Mapping[str, object], audit: bool, *, has_store: bool
) -> str | None:
    """The name under which a resource's program is kept; None where that can't be told."""
    from rulewright.fingerprint import entry_points_state, rules_key  # noqa: PLC0415
    from rulewright.shipped import shipped_folder  # noqa: PLC0415

    # As program.load has it.
    shown = "rules" if rules is None else None
    more = (resource, repr(sorted(settings.items())), str(audit), str(has_store), entry_points_state())
    key = rules_key(shipped_folder() if rules is None else rules, shown, "program", *more)
    return None if key is None else key + _ENDING


def keep_program(folder: str, name: str, data: bytes) -> None:
    """Keep a program for later runs. Raises OSError."""
    from rulewright.private_cache import write_kept  # noqa: PLC0415

    write_kept(folder, name, data, most=_KEPT)


def _understood(arguments: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
    """The resource with the files, and the options of a command line that is simple enough."""
    if not arguments or arguments[0] != "validate":
        raise _LeftError
    given: dict[str, Any] = {"path": {}}
    places: list[str] = []
    words = iter(arguments[1:])
    for word in words:
        if not word.startswith("-") or word == _STDIN:
            places.append(word)
            continue
        option, sign, value = word.partition("=")
        value = value if sign else next(words)
        name = _OPTIONS.get(option)
        if option == "--param":
            # As caller.named_values has it.
            parameter, named, value = value.partition("=")
            parameter = parameter.strip()
            if not named or not parameter or parameter in given["path"]:
                raise _LeftError
            given["path"][parameter] = value
        elif name is None or name in given or value.startswith("-"):
            raise _LeftError
        else:
            given[name] = value
    if len(places) < 2:
        raise _LeftError
    return places, {**_from_environment(), **given}


def _from_environment() -> dict[str, str]:
    found: dict[str, str] = {}
    for variable, value in os.environ.items():
        if not variable.startswith((_PREFIX, f"_{_PREFIX}")) or variable == "RULEWRIGHT_CACHE":
            continue
        name = variable.removeprefix(_PREFIX).lower()
        if name not in _FROM_ENVIRONMENT or not value:
            raise _LeftError
        found[name] = value
    return found


def _decide(resource: str, files: Sequence[str], given: Mapping[str, Any]) -> Answer:
    from rulewright.cli.here import from_here  # noqa: PLC0415
    from rulewright.cli.warm_start.inputs import read_items  # noqa: PLC0415
    from rulewright.cli.warm_start.output import chosen_look, report  # noqa: PLC0415
    from rulewright.configuration_cache import kept_configuration  # noqa: PLC0415
    from rulewright.report.formats import FORMATS  # noqa: PLC0415

    configuration = kept_configuration(os.getcwd())
    options = {**configuration["options"], **given}
    # A format that nobody knows is told of, whatever a flag says.
    is_known = configuration["options"].get("format", FORMATS[0]) in FORMATS
    if configuration["plugins"] or "max_errors" in options or not is_known:
        raise _LeftError
    chosen, paint = chosen_look(options)
    settings, audit = configuration["settings"], configuration["audit"]
    has_store = "records" in options or "store" in options
    rules = options.get("rules")
    folder = None if rules is None else from_here(rules)
    name = program_name(resource, folder, settings, audit, has_store=has_store)
    program = _program(name, chosen)
    items = read_items(files)
    actor = _actor(options.get("actor"))
    with _records(options, program) as records:
        entries = [*_entries(program, resource, items, records, actor, options, chosen)]
    found = any(entry.outcome.verdict != "accepted" for entry in entries)
    text, told = report(chosen, entries, paint)
    return text, _warnings(program.missing_parts(actor)) + told, _FINDINGS if found else 0


def _warnings(missing: Iterable[str]) -> str:
    """As caller.warn_of_missing_parts has it."""
    return "".join(
        f"warning: the actor has no {name}, which auth.actor of api.yaml declares\n" for name in missing
    )


def _entries(
    program: WarmProgram,
    resource: str,
    items: Sequence[Item],
    records: Any,
    actor: Mapping[str, object] | None,
    options: Mapping[str, Any],
    chosen: str,
) -> Iterator[Entry]:
    from rulewright.hotpath.warm import Entry  # noqa: PLC0415
    from rulewright.hotpath.warm.retold import changed  # noqa: PLC0415

    clock = _clock(options.get("as_of"))
    for number, item in enumerate(items):
        seed = int(options["seed"]) + number if "seed" in options else int.from_bytes(os.urandom(8))
        given = item.payload, records, actor, clock(), seed, options["path"]
        # Of payloads among others, lines tell of problems only: see problems_of in deciding.
        decided = program.decide(resource, *given, tells_changes=item.alone or chosen != "text")
        places = item.places({problem.path for problem in decided.problems}) if decided.problems else {}
        # Copies: a problem in which nothing was read is one object for all payloads that have it.
        decided.problems = [changed(one, payload_at=places[one.path]) for one in decided.problems]
        yield Entry(decided, item.at, alone=item.alone)


def _program(name: str | None, chosen: str) -> WarmProgram:
    from rulewright.hotpath.warm import WarmProgram  # noqa: PLC0415
    from rulewright.private_cache import cache_folder, is_guarded, read_kept  # noqa: PLC0415

    folder = cache_folder()
    if folder is None or name is None or not is_guarded():
        raise _LeftError
    data = read_kept(folder, name)
    if data is None:
        raise _LeftError
    return WarmProgram(data, because=chosen == "pretty", whole=chosen in ("json", "jsonl"))


def _actor(given: str | None) -> dict[str, object] | None:
    """The caller, as caller.read_actor has it."""
    from rulewright.cli.warm_start.inputs import json_object, read_text  # noqa: PLC0415

    if given is None or given == "null":
        return None
    text = given if given.lstrip().startswith("{") else read_text(given)
    return json_object(text.lstrip())


def _records(options: Mapping[str, str], program: WarmProgram) -> AbstractContextManager[Any]:
    """The records that look-ups read, as `desk.lookup_records` has them."""
    if "records" in options and "store" in options:
        raise _LeftError
    if "records" in options:
        from rulewright.cli.warm_start.inputs import json_object, read_text  # noqa: PLC0415
        from rulewright.cli.warm_start.records import make_records  # noqa: PLC0415

        store = make_records(json_object(read_text(options["records"])), program.tables)
        if store is None:
            raise _LeftError
        return nullcontext(store)
    if "store" not in options:
        return nullcontext()
    from rulewright_adapters import open_store  # noqa: PLC0415 - the engine needs no adapter

    path = options["store"].removeprefix("sqlite:///")
    if path == options["store"] or not os.path.isfile(path):
        raise _LeftError
    return closing(open_store(options["store"]))


def _clock(as_of: str | None) -> Callable[[], datetime]:
    """What gives the time of a decision, as arguments.instant has it."""
    from datetime import UTC, datetime  # noqa: PLC0415

    if as_of is None:
        return lambda: datetime.now(UTC)
    read = datetime.fromisoformat(as_of)
    said = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    return lambda: said
