"""Calling the hooks of foreign plug-ins, by pluggy, and putting what they add into a registry."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import islice
from types import MappingProxyType
from typing import Any, Final

import pluggy

from rulewright.errors import ENDINGS, PluginError, in_words
from rulewright.fieldtypes import is_there
from rulewright.plugins import hooks
from rulewright.plugins.calling import callable_function, safe_dialect, safe_type
from rulewright.plugins.finding import Candidate
from rulewright.plugins.registry import Plugin, Registry, built_in
from rulewright.plugins.verifying import VERIFIERS, Verifier

_PREFIX: Final = "rulewright_"
# How many things of a kind a plug-in may add: a generator could go on for ever.
_MOST: Final = 10_000


class _Manager(pluggy.PluginManager):
    """Takes functions for hooks by their names: a plug-in imports nothing to mark them."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> Any:
        """The options of a hook; None for what is none."""
        if not name.startswith(_PREFIX) or not inspect.isroutine(getattr(plugin, name, None)):
            return None
        return {}


@dataclass
class _Collection:
    """What has been collected so far, and what is wrong with it."""

    registry: Registry
    owners: dict[tuple[str, str], str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def collect(candidates: Sequence[Candidate]) -> Registry:
    """Verify what the plug-ins add and add it to what ships. Raises PluginError with all that is wrong."""
    collection = _Collection(built_in())
    manager = _Manager("rulewright")
    manager.add_hookspecs(hooks)
    for candidate in candidates:
        _look_into(manager, candidate, collection)
    if not collection.problems:
        for candidate in candidates:
            _add(candidate, _called(manager, candidate, collection), collection)
    if collection.problems:
        raise PluginError("\n".join(collection.problems))
    return collection.registry


def _look_into(manager: _Manager, candidate: Candidate, collection: _Collection) -> None:
    """Register a plug-in, whose `__dir__` and `__getattr__` may fail."""
    try:
        _register(manager, candidate, collection)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        collection.problems.append(f"{candidate.shown} can't be looked into: {in_words(error)}")


def _register(manager: _Manager, candidate: Candidate, collection: _Collection) -> None:
    known = [name for name in vars(hooks) if name.startswith(_PREFIX)]
    own = [name for name in dir(candidate.hooks) if name.startswith(_PREFIX)]
    say = collection.problems.append
    if not own:
        say(f"{candidate.shown} adds nothing: it has none of the functions {', '.join(known)}")
    for name in own:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
            say(f"{candidate.shown}: there is no hook {name}; {hint}")
        elif not inspect.isroutine(getattr(candidate.hooks, name)):
            say(f"{candidate.shown}: {name} must be a function that gives a list")
        elif taken := _arguments(getattr(candidate.hooks, name)):
            say(f"{candidate.shown}: {name} must take no arguments, and takes {', '.join(taken)}")
            return
    try:
        manager.register(candidate.hooks, candidate.name)
    except pluggy.PluginValidationError as error:
        # pluggy names the hook, shows its definition and ends with the argument.
        say(f"{candidate.shown}: {' '.join(str(error).split())}")
    except ValueError:
        say(f"{candidate.shown}: another plug-in has the name {candidate.name}")


def _arguments(hook: Any) -> list[str]:
    """The arguments that a hook can't be called without."""
    try:
        parameters = inspect.signature(hook).parameters.values()
    except (TypeError, ValueError):
        return []
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [one.name for one in parameters if one.default is one.empty and one.kind not in optional]


def _called(
    manager: _Manager, candidate: Candidate, collection: _Collection
) -> Iterator[tuple[str, Verifier, list[Any]]]:
    """Call the hooks of one plug-in; what each gives, with its kind."""
    for name, verifier in VERIFIERS.items():
        for implementation in getattr(manager.hook, name).get_hookimpls():
            if implementation.plugin_name != candidate.name:
                continue
            added, fault = _given(implementation.function, verifier)
            if fault is None:
                yield name, verifier, added
            else:
                collection.problems.append(f"{candidate.shown}: {name}() {fault}")


def _given(hook: Callable[[], object], verifier: Verifier) -> tuple[list[Any], str | None]:
    """What a hook gives, and why that is of no use, if it is of none."""
    try:
        given = hook()
        if not isinstance(given, Iterable) or isinstance(given, str | Mapping):
            return [], f"must give a list of {verifier.type.__name__}s, not {type(given).__name__}"
        added = list(islice(given, _MOST + 1))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return [], f"fails: {in_words(error)}"
    return added, f"gives more than {_MOST:,}, maybe without end" if len(added) > _MOST else None


def _add(
    candidate: Candidate, called: Iterator[tuple[str, Verifier, list[Any]]], collection: _Collection
) -> None:
    adds: dict[str, tuple[str, ...]] = {}
    for hook, verifier, added in called:
        sound = [one for one in added if _is_sound(candidate, hook, verifier, one, collection)]
        names = tuple(verifier.name_of(one) for one in sound)
        adds[verifier.kind] = names
        collection.registry = _with(collection.registry, verifier, dict(zip(names, sound, strict=True)))
    plugin = Plugin(
        candidate.name,
        MappingProxyType(adds),
        candidate.file,
        candidate.distribution,
        candidate.version,
        candidate.stamp,
    )
    collection.registry = replace(collection.registry, plugins=(*collection.registry.plugins, plugin))


def _is_sound(candidate: Candidate, hook: str, verifier: Verifier, one: Any, collection: _Collection) -> bool:
    found: list[str] = []
    try:
        found.extend(_faults(candidate, hook, verifier, one, collection))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        found.append(f"{hook}() gives what can't be looked into: {in_words(error)}")
    collection.problems.extend(f"{candidate.shown}: {fault}" for fault in found)
    return not found


def _faults(
    candidate: Candidate, hook: str, verifier: Verifier, one: Any, collection: _Collection
) -> Iterator[str]:
    if not isinstance(one, verifier.type):
        yield f"{hook}() must give {verifier.type.__name__}s, not {type(one).__name__}"
        return
    name = verifier.name_of(one)
    # A name is verified below, and may be anything until then.
    what = f"the {verifier.kind} {name if name.isprintable() else ascii(name)}"
    owner = collection.owners.get((verifier.kind, str(name)))
    if owner == candidate.shown:
        yield f"{what} is added twice; each needs a name of its own"
        return
    if owner is not None or name in verifier.taken(collection.registry):
        by = owner if owner is not None else "Rulewright itself"
        yield f"{what} can't be added: the name is taken by {by}; choose another"
        return
    collection.owners[verifier.kind, str(name)] = candidate.shown
    try:
        for fault in verifier.verify(one, candidate.prefixes):
            yield f"{what}: {fault}"
    except ENDINGS:
        raise
    except BaseException as error:
        yield f"{what} can't be tried out: {in_words(error)}"


def _with(registry: Registry, verifier: Verifier, added: Mapping[str, Any]) -> Registry:
    """A copy of the registry with more of one kind."""
    table = verifier.table
    if table == "declared":
        made = {name: callable_function(one) for name, one in added.items()}
        functions = MappingProxyType({**registry.functions, **made})
        declared = MappingProxyType({**registry.declared, **added})
        return replace(registry, functions=functions, declared=declared)
    if table == "types":
        # What a type needs may be missing, and so its check can't be had: the rule file that asks is told so.
        added = {
            name: safe_type(one) if one.needs is None or is_there(one.needs[0]) else one
            for name, one in added.items()
        }
    if table == "dialects":
        added = {name: safe_dialect(one) for name, one in added.items()}
    more: dict[str, Any] = {table: MappingProxyType({**getattr(registry, table), **added})}
    return replace(registry, **more)
