"""`rulewright validate RESOURCE FILE.json` with what earlier runs kept.

Importing the engine takes thirty times as long as starting Python, and click three times. So one payload
that a kept program (hotpath/warm.py) surely accepts or refuses is answered here without either. Whatever else
is asked for, and whatever is not sure, is left to the whole command, as if nothing had happened.
"""

from __future__ import annotations

import os
import sys
from contextlib import closing, nullcontext
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from rulewright.hotpath.warm import Decided, WarmProgram

# What the command prints, and the status it ends with.
Answer = tuple[str, int]

# The options that are understood here. Each may come from the environment, too.
_OPTIONS: Final = ("rules", "store", "records", "actor", "format", "color")
_COLORS: Final = ("auto", "always", "never")
_PREFIX: Final = "RULEWRIGHT_"
_ENDING: Final = ".program"
# As failures.FINDINGS.
_FINDINGS: Final = 1
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
        if not word.startswith("-"):
            places.append(word)
            continue
        name, sign, value = word.removeprefix("--").partition("=")
        value = value if sign else next(words)
        if not word.startswith("--") or name not in _OPTIONS or name in given or value.startswith("-"):
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
        if name not in _OPTIONS or not value:
            raise _LeftError
        found[name] = value
    return found


def _decide(resource: str, file: str, given: Mapping[str, str]) -> Answer:
    from rulewright.configuration_cache import kept_configuration  # noqa: PLC0415

    configuration = kept_configuration(os.getcwd())
    options = {**configuration["options"], **given}
    if configuration["plugins"] or not _is_compact(options):
        raise _LeftError
    program = _program(resource, options.get("rules"), configuration["settings"], configuration["audit"])
    text = _text(file)
    payload = _json_object(text)
    actor = _actor(options.get("actor"))
    with _records(options, program) as records:
        decided = _decided(program, resource, payload, records, actor)
    return _report(file, text, decided), 0 if decided.verdict == "accepted" else _FINDINGS


def _is_compact(options: Mapping[str, str]) -> bool:
    """Whether the report is the one of report/compact.py, which has no colours."""
    chosen = options.get("format") or ("pretty" if sys.stdout.isatty() else "text")
    return chosen == "text" and options.get("color", "auto") in _COLORS


def _program(resource: str, rules: str | None, settings: Mapping[str, object], audit: bool) -> WarmProgram:
    from rulewright.hotpath.warm import WarmProgram  # noqa: PLC0415
    from rulewright.private_cache import cache_folder, is_guarded, read_kept  # noqa: PLC0415

    folder = cache_folder()
    name = program_name(resource, rules, settings, audit) if folder is not None and is_guarded() else None
    data = read_kept(folder, name) if folder is not None and name is not None else None
    if data is None:
        raise _LeftError
    return WarmProgram(data)


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
        from rulewright.cli.warm_records import make_store  # noqa: PLC0415

        store = make_store(_json_object(_text(options["records"])), program.tables)
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


def _decided(
    program: WarmProgram, resource: str, payload: object, records: Any, actor: dict[str, object] | None
) -> Decided:
    from datetime import UTC, datetime  # noqa: PLC0415

    seed = int.from_bytes(os.urandom(8))
    decided = program.decide(resource, payload, records, actor, datetime.now(UTC), seed)
    if decided is None:
        raise _LeftError
    return decided


def _report(file: str, text: str, decided: Any) -> str:
    from rulewright.report.compact import lines_of  # noqa: PLC0415

    if decided.problems:
        from rulewright.cli.warm_places import put_places  # noqa: PLC0415 - what is accepted needs none

        put_places(decided.problems, file, text)
    return "".join(lines_of(decided, f"{file}:1:1"))
