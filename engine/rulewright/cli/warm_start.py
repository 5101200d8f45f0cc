"""`rulewright validate RESOURCE FILE.json` with what earlier runs kept.

Importing the engine takes thirty times as long as starting Python, and click three times. So one payload
that a kept program (hotpath/warm.py) surely accepts or refuses is answered here without either. Whatever else
is asked for, and whatever is not sure, is left to the whole command, as if nothing had happened.
"""

from __future__ import annotations

import os
from contextlib import closing, nullcontext
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from rulewright.hotpath.warm import WarmProgram

# What the command prints, and the status it ends with.
Answer = tuple[str, int]

# The options that are understood here, and those of them that may come from the environment, too.
_OPTIONS: Final = {
    f"--{name.replace('_', '-')}": name
    for name in ("rules", "store", "records", "actor", "format", "color", "as_of", "seed")
}
_FROM_ENVIRONMENT: Final = frozenset(_OPTIONS.values()) - {"seed"}
_PREFIX: Final = "RULEWRIGHT_"
_ENDING: Final = ".program"
# As failures.FINDINGS.
_FINDINGS: Final = 1
_STDIN: Final = "-"
# One for each resource that was asked about of late.
_KEPT: Final = 64


class _LeftError(Exception):
    """This is for the whole command."""


def decide_warm(arguments: Sequence[str]) -> Answer | None:
    """The answer; None where the whole command must run."""
    try:
        resource, file, options = _understood(arguments)
        return _decide(resource, file, options)
    except Exception:  # a defect or damage here must cost nobody more than time; tests compare both ways
        return None
    except KeyboardInterrupt as error:
        from rulewright.cli.warm_output import tell_failure  # noqa: PLC0415

        return "", tell_failure(error)


def program_name(resource: str, rules: str | None, settings: Mapping[str, object], audit: bool) -> str | None:
    """The name under which a resource's program is kept; None where that can't be told."""
    from rulewright.fingerprint import entry_points_state, rules_key  # noqa: PLC0415
    from rulewright.shipped import shipped_folder  # noqa: PLC0415

    # As program.load has it.
    shown = "rules" if rules is None else None
    more = (resource, repr(sorted(settings.items())), str(audit), entry_points_state())
    key = rules_key(shipped_folder() if rules is None else rules, shown, "program", *more)
    return None if key is None else key + _ENDING


def keep_program(folder: str, name: str, data: bytes) -> None:
    """Keep a program for later runs. Raises OSError."""
    from rulewright.private_cache import write_kept  # noqa: PLC0415

    write_kept(folder, name, data, most=_KEPT)


def _understood(arguments: Sequence[str]) -> tuple[str, str, dict[str, str]]:
    """The resource, the file and the options of a command line that is simple enough."""
    if not arguments or arguments[0] != "validate":
        raise _LeftError
    given: dict[str, str] = {}
    places: list[str] = []
    words = iter(arguments[1:])
    for word in words:
        if not word.startswith("-") or word == _STDIN:
            places.append(word)
            continue
        option, sign, value = word.partition("=")
        value = value if sign else next(words)
        name = _OPTIONS.get(option)
        if name is None or name in given or value.startswith("-"):
            raise _LeftError
        given[name] = value
    if len(places) != 2:
        raise _LeftError
    return places[0], places[1], {**_from_environment(), **given}


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


def _decide(resource: str, file: str, given: Mapping[str, str]) -> Answer:
    from rulewright.cli.warm_output import chosen_look, read_stdin, report  # noqa: PLC0415
    from rulewright.configuration_cache import kept_configuration  # noqa: PLC0415

    configuration = kept_configuration(os.getcwd())
    options = {**configuration["options"], **given}
    if configuration["plugins"] or "max_errors" in options:
        raise _LeftError
    chosen, paint = chosen_look(options)
    settings, audit = configuration["settings"], configuration["audit"]
    # Lines tell of less than an outcome has.
    program = _program(resource, options.get("rules"), settings, audit, chosen)
    text = read_stdin() if file == _STDIN else _text(file)
    payload = _json_object(text)
    with _records(options, program) as records:
        decided = program.decide(resource, payload, records, *_caller(options))
    if decided is None:
        raise _LeftError
    name = "<stdin>" if file == _STDIN else file
    if decided.problems:
        from rulewright.cli.warm_places import put_places  # noqa: PLC0415 - what is accepted needs none

        put_places(decided.problems, name, text)
    return report(chosen, decided, f"{name}:1:1", paint), 0 if decided.verdict == "accepted" else _FINDINGS


def _program(
    resource: str, rules: str | None, settings: Mapping[str, object], audit: bool, chosen: str
) -> WarmProgram:
    from rulewright.hotpath.warm import WarmProgram  # noqa: PLC0415
    from rulewright.private_cache import cache_folder, is_guarded, read_kept  # noqa: PLC0415

    folder = cache_folder()
    name = program_name(resource, rules, settings, audit) if folder is not None and is_guarded() else None
    data = read_kept(folder, name) if folder is not None and name is not None else None
    if data is None:
        raise _LeftError
    return WarmProgram(data, because=chosen == "pretty", whole=chosen in ("json", "jsonl"))


def _text(file: str) -> str:
    """The text of a JSON file."""
    from rulewright.inputs.limits import MAX_PAYLOAD_BYTES  # noqa: PLC0415

    if not file.lower().endswith(".json") or not os.path.isfile(file):
        raise _LeftError
    with open(file, "rb") as opened:
        data = opened.read(MAX_PAYLOAD_BYTES + 1)
    if len(data) > MAX_PAYLOAD_BYTES:
        raise _LeftError
    return data.decode()


def _json_object(text: str) -> dict[str, object]:
    """The one object that is the whole of a JSON text, from its first character on."""
    from rulewright.inputs.json_text import parse_json  # noqa: PLC0415

    value = parse_json(text) if text.startswith("{") else None
    if not isinstance(value, dict):
        raise _LeftError
    return value


def _actor(given: str | None) -> dict[str, object] | None:
    return None if given is None else _json_object(given.lstrip())


def _records(options: Mapping[str, str], program: WarmProgram) -> AbstractContextManager[Any]:
    """The records that look-ups read, as `desk.lookup_records` has them."""
    if "records" in options and "store" in options:
        raise _LeftError
    if "records" in options:
        from rulewright.cli.warm_records import make_records  # noqa: PLC0415

        store = make_records(_json_object(_text(options["records"])), program.tables)
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


def _caller(options: Mapping[str, str]) -> tuple[dict[str, object] | None, datetime, int]:
    """Who calls, the time of the decision, and the seed of chance."""
    from datetime import UTC, datetime  # noqa: PLC0415

    now = datetime.now(UTC)
    if "as_of" in options:
        # As arguments.instant has it.
        said = datetime.fromisoformat(options["as_of"])
        now = said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)
    seed = int(options["seed"]) if "seed" in options else int.from_bytes(os.urandom(8))
    return _actor(options.get("actor")), now, seed
