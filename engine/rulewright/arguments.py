"""What callers of the library give: judged before anything is decided, so that a mistake is told as one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Final

from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.errors import ConfigurationError, EvaluationError
from rulewright.evaluation import Inputs, Request
from rulewright.fieldtypes import as_utc
from rulewright.model import RuleSet

_NO_REQUEST: Final = Request()
_PARTS: Final = frozenset({"path", "query", "headers"})
_TEXTS: Final = frozenset({str})


def instant(as_of: object) -> datetime:
    """Return an aware UTC datetime: now, or what `as_of` says.

    Raises EvaluationError on what is neither a datetime nor ISO 8601 text.
    """
    if as_of is None:
        return datetime.now(UTC)
    try:
        if isinstance(as_of, str):
            return as_utc(datetime.fromisoformat(as_of))
        if isinstance(as_of, datetime):
            return as_utc(as_of)
    except (ValueError, OverflowError):
        pass
    raise EvaluationError(
        f"as_of must be a datetime or ISO 8601 text, like 2025-01-15T00:00:00Z, not {shortened(as_of)}"
    )


def request_of(given: object) -> Request:
    """Return what came beside the payload. Raises EvaluationError where it is no request."""
    if given is None:
        return _NO_REQUEST
    if isinstance(given, Request):
        return given
    if not isinstance(given, dict | Mapping) or not _PARTS.issuperset(given):
        raise EvaluationError(
            f"the request must be a Request, or a mapping of path, query and headers, not {shortened(given)}"
        )
    for name, part in given.items():
        if not isinstance(part, dict | Mapping) or not _are_texts(part):
            raise EvaluationError(f"{name} of the request must map names to values, not {shortened(part)}")
    return Request(**given)


def _are_texts(names: Mapping[object, object]) -> bool:
    # Nearly all are; some web frameworks have names of a class of their own.
    return _TEXTS.issuperset(map(type, names)) or all(isinstance(name, str) for name in names)


def require_actor(actor: object) -> None:
    """Raise EvaluationError for an actor that is no mapping."""
    if actor is not None and actor.__class__ is not dict and not isinstance(actor, Mapping):
        raise EvaluationError(f"the actor must be a mapping, like {{'agent': 3}}, not {shortened(actor)}")


def require_key(key: object) -> None:
    """Raise EvaluationError for a key that is several values."""
    if key is not None and isinstance(key, list | tuple | Mapping):
        raise EvaluationError(f"a record's key is one value, not {shortened(key)}")


def require_own_key(rules: CompiledRules, resource: object, operation: object, key: object) -> None:
    """Raise EvaluationError for an update or event without a key, or with no integer where keys are."""
    found = rules.resources.get(resource) if isinstance(resource, str) else None
    if found is None or not isinstance(operation, str) or not _is_of_a_record(found, operation):
        return
    if key is None:
        what = "an update" if operation == "update" else f"the event {operation}"
        raise EvaluationError(f"{what} of {found.name} needs the key of its record, as key=...")
    _require_integer(found, key)


def require_record_key(rules: CompiledRules, resource: object, key: object) -> None:
    """Raise EvaluationError for a key that no record of the resource has: an address gives texts."""
    if isinstance(resource, str) and (found := rules.resources.get(resource)) is not None:
        _require_integer(found, key)


def _is_of_a_record(resource: CompiledResource, operation: str) -> bool:
    """Whether the operation is one on a record that is there; of what there is not, deciding says so."""
    declared = resource.file.operations
    is_update = operation == "update" and (not declared or any(one.name == operation for one in declared))
    return is_update or resource.has_event(operation)


def _require_integer(found: CompiledResource, key: object) -> None:
    field = found.fields.get(found.key)
    if field is not None and field.type.basic == "integer" and not _is_integer(key):
        raise EvaluationError(f"the key of {found.name} is an integer, like 7, not {shortened(key)}")


def _is_integer(key: object) -> bool:
    return isinstance(key, int) and not isinstance(key, bool)


def require_records(store: object) -> None:
    """Raise EvaluationError for what look-ups can't read."""
    if store is not None and (isinstance(store, str) or not callable(getattr(store, "find", None))):
        raise EvaluationError(f"the store must be one that open_store opens, not {shortened(store)}")


def require_store(store: object) -> None:
    """Raise EvaluationError for what can't be written to."""
    if not callable(getattr(store, "transaction", None)):
        raise EvaluationError(f"the store must be one that open_store opens, not {shortened(store)}")


def require_sent(inputs: object, transaction: object) -> None:
    """Raise EvaluationError for inputs that `Program.inputs` did not make, and for no transaction."""
    if not isinstance(inputs, Inputs):
        raise EvaluationError(f"inputs are what Program.inputs gives, not {shortened(inputs)}")
    if not callable(getattr(transaction, "insert", None)):
        raise EvaluationError(
            f"the transaction must be one that a store's transaction() opened, not {shortened(transaction)}"
        )


def require_seed(seed: object) -> None:
    """Raise EvaluationError for a seed that is no whole number."""
    if seed is not None and seed.__class__ is not int and not _is_integer(seed):
        raise EvaluationError(f"the seed must be a whole number, not {shortened(seed)}")


def require_tracer(tracer: object) -> None:
    """Raise EvaluationError for a tracer that can't be called."""
    if tracer is not None and not callable(tracer):
        raise EvaluationError(f"the tracer must be a function of one Judged, not {shortened(tracer)}")


def require_target(forward: object) -> None:
    """Raise EvaluationError for what can be no target's name."""
    if forward is not None and not isinstance(forward, str):
        raise EvaluationError(f"forward must be the name of a target, not {shortened(forward)}")


def require_payloads(payloads: object) -> None:
    """Raise EvaluationError for what is no series of payloads; a single payload is none."""
    if isinstance(payloads, str | bytes | Mapping) or not isinstance(payloads, Iterable):
        raise EvaluationError(
            f"the payloads must be a list, or anything else that gives one after the other, not"
            f" {shortened(payloads)}"
        )


def require_deliverer(store: object, forwarder: object, workers: object, lease_seconds: object) -> None:
    """Raise EvaluationError for what nothing can be sent with."""
    require_store(store)
    if not callable(getattr(forwarder, "send", None)):
        raise EvaluationError(
            f"the forwarder must be one that can send, like an HttpForwarder, not {shortened(forwarder)}"
        )
    if not _is_integer(workers) or workers < 1:  # type: ignore[operator]
        raise EvaluationError(f"workers must be a whole number from 1, not {shortened(workers)}")
    is_number = isinstance(lease_seconds, int | float) and not isinstance(lease_seconds, bool)
    if not is_number or not lease_seconds > 0:  # type: ignore[operator]
        raise EvaluationError(f"lease_seconds must be a number above 0, not {shortened(lease_seconds)}")


def require_load(path: object, settings: object, audit: object, plugins: object, installed: object) -> None:
    """Raise ConfigurationError for what rules can't be loaded with."""
    if path is not None and not isinstance(path, str | os.PathLike):
        raise ConfigurationError(
            f"path must be a folder of rule files or a rule file, like 'rules', not {shortened(path)}"
        )
    if settings is not None:
        _require_settings(settings)
    if isinstance(plugins, str | bytes | Mapping) or not isinstance(plugins, Iterable):
        raise ConfigurationError(
            "plugins must be a list of modules, their names or paths of Python files, like ['acme.rules'],"
            f" not {shortened(plugins)}"
        )
    for name, value in (("audit", audit), ("installed", installed)):
        if not isinstance(value, bool) and not (name == "installed" and value is None):
            raise ConfigurationError(f"{name} must be True or False, not {shortened(value)}")


def _require_settings(settings: object) -> None:
    if not isinstance(settings, Mapping):
        raise ConfigurationError(
            f"settings must map APIs to their settings, like {{'shop': {{'strict': True}}}}, not"
            f" {shortened(settings)}"
        )
    for api, values in settings.items():
        if not isinstance(api, str) or not isinstance(values, Mapping):
            raise ConfigurationError(
                f"settings must map each API to its settings, like {{'shop': {{'strict': True}}}};"
                f" {shortened(api)} has {shortened(values)}"
            )
        if not all(isinstance(name, str) for name in values):
            raise ConfigurationError(f"the names of settings of {api} must be text")


def shortened(value: object) -> str:
    """A value as Python writes it, cut off where it is long."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


def require_declared(rules: RuleSet, api: str, values: Mapping[str, object]) -> None:
    """Raise ConfigurationError for an undeclared setting, or a value of another type than its default."""
    if api not in rules.apis:
        near = get_close_matches(api, rules.apis, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the rules have: {', '.join(sorted(rules.apis))}"
        raise ConfigurationError(f"there are settings for {api}, which is no API of the rules; {hint}")
    declared = {one.name: one.default for one in rules.apis[api].settings}
    for name, value in values.items():
        if name not in declared:
            near = get_close_matches(name, declared, n=1)
            known = ", ".join(sorted(declared)) or "none"
            hint = f"did you mean {near[0]}?" if near else f"it has: {known}"
            raise ConfigurationError(f"{api} has no setting {name}; {hint}")
        if type(value) is not type(declared[name]):
            wanted = "true or false" if isinstance(declared[name], bool) else f"like {declared[name]!r}"
            raise ConfigurationError(f"the setting {name} of {api} must be {wanted}, not {value!r}")
