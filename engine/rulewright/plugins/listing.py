"""The plug-ins of a registry, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType

from rulewright.plugins.registry import SHIPPED, Plugin, Registry


def plugins_json(registry: Registry) -> list[dict[str, object]]:
    """Each plug-in as plain data: `name`, `distribution`, `version`, `file`, `shipped`, `adds`."""
    shipped = [_json(one, shipped=True) for one in _shipped()]
    return [*shipped, *(_json(one, shipped=False) for one in registry.plugins)]


def plugins_text(registry: Registry) -> str:
    """Each plug-in in a paragraph: its name, where it is from, and what it adds."""
    return "".join(f"{line}\n" for one in (*_shipped(), *registry.plugins) for line in _lines(one))


def _json(plugin: Plugin, *, shipped: bool) -> dict[str, object]:
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "file": plugin.file,
        "shipped": shipped,
        "adds": {kind: list(names) for kind, names in plugin.adds.items()},
    }


def _lines(plugin: Plugin) -> Iterator[str]:
    known = " ".join(one for one in (plugin.distribution, plugin.version) if one)
    where = ", ".join(one for one in (known, plugin.file) if one)
    yield f"{plugin.name}  ({where or 'given by the program'})"
    for kind, names in plugin.adds.items():
        if names:
            yield f"    {kind}{'s' if len(names) > 1 else ''}: {', '.join(names)}"


def _shipped() -> Iterator[Plugin]:
    try:
        ours = version("rulewright")
    except PackageNotFoundError:
        ours = None
    for module in SHIPPED:
        yield Plugin(module.__name__.rpartition(".")[2], _added(module), module.__file__, "rulewright", ours)


def _added(module: ModuleType) -> dict[str, tuple[str, ...]]:
    makers = module.rulewright_generators() if hasattr(module, "rulewright_generators") else ()
    return {
        "field type": tuple(one.name for one in module.rulewright_field_types()),
        **({"generator": tuple(one.name for one in makers)} if makers else {}),
    }
