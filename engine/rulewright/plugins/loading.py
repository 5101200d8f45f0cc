"""From plug-ins to a registry: `build_registry`."""

from __future__ import annotations

import os
from collections.abc import Iterable

from rulewright.plugins.finding import (
    Candidate,
    are_installed_wanted,
    as_candidate,
    find_installed,
    import_named,
)
from rulewright.plugins.registry import Registry, built_in


def build_registry(plugins: Iterable[object] = (), *, installed: bool | None = None) -> Registry:
    """Collect what ships, what installed plug-ins add, and what `plugins` add.

    Each of `plugins` is a module's name, the path of a Python file (text or a Path), or an object with
    hooks, for example a module. `installed`: whether installed plug-ins are used; by default they are, unless
    RULEWRIGHT_NO_PLUGINS is set. Every call gives a registry of its own. Raises PluginError, which says of
    every plug-in what is wrong with it.
    """
    found = list(find_installed()) if are_installed_wanted(installed) else []
    for plugin in plugins:
        named = os.fspath(plugin) if isinstance(plugin, os.PathLike) else plugin
        candidate = import_named(named) if isinstance(named, str) else as_candidate(named)
        if not any(candidate.hooks is other.hooks for other in found):
            found.append(candidate)
    return _collected(found) if found else built_in()


def _collected(found: list[Candidate]) -> Registry:
    # pluggy, and marshmallow for trying field types out: needed only by those who have plug-ins.
    from rulewright.plugins.collecting import collect  # noqa: PLC0415

    return collect(found)
