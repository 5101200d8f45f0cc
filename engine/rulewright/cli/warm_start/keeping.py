"""After `validate`: keep the generated program of the resource, so that a warm start can run it."""

from __future__ import annotations

from contextlib import suppress

from msgspec import Struct

from rulewright.cli.configured import configuration_here
from rulewright.cli.desk.desk import Desk
from rulewright.cli.warm_start import keep_program, program_name
from rulewright.private_cache import cache_folder, is_guarded, is_kept


class Chance(Struct, frozen=True):
    """A program that could be kept, as the rules were before they were read."""

    folder: str
    name: str
    resource: str
    rules: str | None
    has_store: bool


def find_chance(resource: str, rules: str | None, *, has_store: bool) -> Chance | None:
    """What is to be kept after this command; None if it is there, or can't be kept."""
    folder = cache_folder()
    if folder is None or not is_guarded():
        return None
    name = _name(resource, rules, has_store)
    if name is None or is_kept(folder, name):
        return None
    return Chance(folder, name, resource, rules, has_store)


def _name(resource: str, rules: str | None, has_store: bool) -> str | None:
    configuration = configuration_here()
    # What plug-ins add may be anything, and leaving them out is not what a warm start does.
    if configuration.plugins or configuration.installed is not None:
        return None
    return program_name(resource, rules, configuration.settings, configuration.audit, has_store=has_store)


def take_chance(chance: Chance | None, desk: Desk) -> None:
    """Keep the program, unless the rules have changed since."""
    if chance is None or desk.program.registry.plugins:
        return
    if chance.name != _name(chance.resource, chance.rules, chance.has_store):
        return
    from rulewright.hotpath.keeping.kept import keep  # noqa: PLC0415 - once for each change of the rules

    rules = desk.program.compiled
    # The command's work is done: neither a folder that can't be written nor a defect may spoil it now.
    with suppress(Exception):
        resource = rules.resources[desk.resource]
        data = keep(rules, resource, desk.program.tables, has_store=chance.has_store)
        if data is not None:
            keep_program(chance.folder, chance.name, data)
