"""Settings of a project: the nearest `rulewright.toml`, or `[tool.rulewright]` of a pyproject.toml.

rules = "rules"                  # folders and files are relative to the configuration file
store = "sqlite:///intake.db"
actor = {agent = 3, group = 9}   # or a file's name
plugins = ["my_company.rules"]   # modules, or Python files beside this one: "rules_plugin.py"
audit = true                     # what is applied is kept for `rulewright history`
[settings.ct_oi]                 # overrides the switches of that API's api.yaml
names_required = true
[targets.plannr]                 # where messages may be sent to; a token by the name of its variable only
url = "https://api.plannrcrm.com"
auth = "plannr"                  # rubixx, goodstack, plannr, ct_oi; or bearer, token, key, none
token_env = "PLANNR_TOKEN"
account_env = "PLANNR_ACCOUNT"
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from rulewright.configuration_cache import keep_configuration
from rulewright.errors import ConfigurationError
from rulewright.report.formats import COLORS

if TYPE_CHECKING:
    from rulewright.configuration_cache import Kept


class Configuration(Struct, frozen=True):
    """What a configuration file says. `options` holds defaults of command options, by their names."""

    file: Path | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    targets: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    audit: bool = True
    # Plug-ins by module name or path; whether installed ones are used (None: unless the environment says no).
    plugins: tuple[str, ...] = ()
    installed: bool | None = None


# Takes a key's value and the folder of the file; gives the option's text, or raises _WrongError.
_Reader = Callable[[object, Path], object]


class _WrongError(Exception):
    """What is expected instead of the value that stands there."""


def find_configuration(start: Path) -> Configuration:
    """Read the configuration of the nearest folder from `start` upwards. Raises ConfigurationError."""
    for folder in (start, *start.parents):
        for name in ("rulewright.toml", "pyproject.toml"):
            path = folder / name
            found = _find(path) if path.is_file() else None
            if found is not None:
                return found
    return Configuration()


def _find(path: Path) -> Configuration | None:
    """What a file says; None for a pyproject.toml that says nothing about Rulewright."""
    data, content = _load(path)
    found: Configuration | None = None
    if path.name == "rulewright.toml":
        found = _read(path, content)
    else:
        tool = content.get("tool")
        table = tool.get("rulewright") if isinstance(tool, Mapping) else None
        if table is not None:
            found = _read(path, _require_table(table, path, "tool.rulewright"))
    keep_configuration(str(path), data, _kept(found) if found is not None else None)
    return found


def _kept(found: Configuration) -> Kept:
    settings = {name: dict(values) for name, values in found.settings.items()}
    return {
        "options": dict(found.options),
        "settings": settings,
        "audit": found.audit,
        "plugins": bool(found.plugins),
    }


def _load(path: Path) -> tuple[bytes, Mapping[str, object]]:
    import tomllib  # noqa: PLC0415 - for those who have a configuration

    try:
        data = path.read_bytes()
        return data, tomllib.loads(data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n"))
    except OSError as error:
        raise ConfigurationError(f"{path}: can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        message = f"{path}: byte {error.start + 1} is not UTF-8 text; save it as UTF-8"
        raise ConfigurationError(message) from None
    except tomllib.TOMLDecodeError as error:
        # Of a text without quotes, the most usual mistake, the parser says no more than that.
        hint = "; a text must stand in quotes" if str(error).startswith("Invalid value") else ""
        raise ConfigurationError(f"{path}: {error}{hint}") from None


def _read(path: Path, table: Mapping[str, object]) -> Configuration:
    for name in table.keys() - _READERS.keys() - _OTHERS:
        near = get_close_matches(name, [*_READERS, *_OTHERS], n=1)
        known = ", ".join([*sorted(_READERS), *sorted(_OTHERS)])
        hint = f"did you mean {near[0]}?" if near else f"known are: {known}"
        raise ConfigurationError(f"{path}: there is no setting {name}; {hint}")
    audit = table.get("audit", True)
    if not isinstance(audit, bool):
        raise ConfigurationError(f"{path}: audit must be true or false")
    return Configuration(
        path,
        dict(_options(path, table)),
        _tables(path, "settings", table.get("settings", {})),
        # What a target says is read by what sends to it.
        _tables(path, "targets", table.get("targets", {})),
        audit,
        _plugins(path, table.get("plugins", [])),
    )


def _plugins(path: Path, names: object) -> tuple[str, ...]:
    """Modules by name; files from the folder of the configuration."""
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise ConfigurationError(f'{path}: plugins must be a list of modules, like ["my_company.rules"]')
    return tuple(str(path.parent / one) if one.endswith(".py") else one for one in names)


def _options(path: Path, table: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, read in _READERS.items():
        if name in table:
            try:
                yield name, read(table[name], path.parent)
            except _WrongError as wrong:
                raise ConfigurationError(f"{path}: {name} must be {wrong}") from None


def _tables(path: Path, name: str, table: object) -> Mapping[str, Mapping[str, object]]:
    parts = _require_table(table, path, name)
    return {part: _require_table(values, path, f"{name}.{part}") for part, values in parts.items()}


def _require_table(value: object, path: Path, name: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{path}: {name} must be a table")
    return value


def _path(value: object, folder: Path) -> object:
    return str(folder / _text(value, folder))


def _text(value: object, _: Path) -> str:
    if not isinstance(value, str):
        raise _WrongError("a text")
    return value


def _store(value: object, folder: Path) -> object:
    """A store's file is relative to the configuration too: `sqlite:///x.db` has a relative path."""
    url = _text(value, folder)
    rest = url.removeprefix("sqlite:///")
    if rest == url or not rest or rest.startswith("/"):
        return url
    return f"sqlite:///{folder / rest}"


def _actor(value: object, folder: Path) -> object:
    if isinstance(value, Mapping):
        return json.dumps(value, default=str)
    if isinstance(value, str):
        return value if value.lstrip().startswith("{") else _path(value, folder)
    raise _WrongError("a table, or a file's name")


def _one_of(*words: str) -> _Reader:
    def read(value: object, _: Path) -> object:
        if value not in words:
            raise _WrongError(f"one of {', '.join(words)}")
        return value

    return read


def _count(value: object, _: Path) -> object:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _WrongError("a whole number from 1")
    return value


# What is no default of an option.
_OTHERS: Final = frozenset({"settings", "targets", "audit", "plugins"})
_READERS: Final[Mapping[str, _Reader]] = {
    "rules": _path,
    "store": _store,
    "records": _path,
    "actor": _actor,
    # Which formats plug-ins add is known when they are loaded: see cli.options.
    "format": _text,
    "color": _one_of(*COLORS),
    "max_errors": _count,
}
