"""The option --store: opened for reading, for writing, or for what a store keeps beside its records."""

from __future__ import annotations

from pathlib import Path

import click
from click.core import ParameterSource

from rulewright.cli.configured import configured_registry
from rulewright.cli.options import Choices
from rulewright.ports import Store
from rulewright.program import Program
from rulewright.report.text import show_text


def open_for_reading(url: str, program: Program, *, is_told: bool = False) -> Store:
    """Open a store to look records up. A SQLite file that is not there reads as empty and stays away.

    That is said, unless somebody `is_told`.
    """
    from rulewright_adapters import open_store  # noqa: PLC0415 - the engine needs no adapter
    from rulewright_adapters.memory import MemoryStore  # noqa: PLC0415

    path = sqlite_path(url)
    if path is not None and not path.exists():
        if not is_told:
            click.echo(
                f"{show_text(str(path))}: there is no such store; it is read as an empty one", err=True
            )
        return MemoryStore({}, program.tables)
    return open_store(url, program.registry.stores)


def open_for_writing(url: str, program: Program) -> Store:
    """Open a store and make it fit the rules. One that ends with the command is said to."""
    from rulewright_adapters import open_store  # noqa: PLC0415 - the engine needs no adapter

    store = open_store(url, program.registry.stores)
    try:
        store.prepare(program.tables)
    except BaseException:
        store.close()
        raise
    if _is_in_memory(url):
        hint = "for one that stays write sqlite:///intake.db"
        click.echo(f"warning: {url} is in memory, and gone when this command ends; {hint}", err=True)
    return store


def open_existing(url: str | None, asked: str) -> Store:
    """Open a store for what it keeps beside records, whatever the rules are.

    Raises UsageError where there is none: it asks `asked`, for example "where is the history".
    """
    if url is None:
        raise _no_store(asked)
    require_existing(url)
    return open_unprepared(url)


def _no_store(asked: str) -> click.UsageError:
    return click.UsageError(f"--store URL is needed: {asked}? For example sqlite:///intake.db")


def open_unprepared(url: str) -> Store:
    """Open a store as it is, one that is not there yet as an empty one."""
    from rulewright_adapters import open_store  # noqa: PLC0415 - the engine needs no adapter

    return open_store(url, configured_registry().stores)


def sqlite_path(url: str) -> Path | None:
    """The file of a URL like sqlite:///file.db; None for other stores, for one in memory, and for no URL.

    What is wrong with a URL is said by who opens it.
    """
    rest = url.removeprefix("sqlite:///")
    is_file = rest not in (url, "") and not any(part in rest for part in (":memory:", "?", "#", "\0"))
    return Path(rest) if is_file else None


def _is_in_memory(url: str) -> bool:
    rest = url.removeprefix("sqlite://")
    return url.startswith("memory://") or (rest != url and (rest == "" or ":memory:" in rest))


def require_existing(url: str) -> None:
    """Raise click.UsageError for a SQLite file that is not there: it is most likely misspelt."""
    path = sqlite_path(url)
    if path is not None and not path.exists():
        raise click.UsageError(f"{show_text(str(path))}: there is no such store")


def require_store(choices: Choices, asked: str = "where is it to be stored") -> str:
    """The store that a command is about; --records is none. Raises UsageError, which asks `asked`."""
    if choices.store is None:
        raise _no_store(asked)
    context = click.get_current_context()
    if choices.records is not None and context.get_parameter_source("records") is ParameterSource.COMMANDLINE:
        raise click.UsageError(f"--records is for validate and plan; {context.info_name} works on --store")
    return choices.store
