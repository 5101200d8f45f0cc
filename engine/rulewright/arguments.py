"""What callers of the library give: judged before anything is decided, so that a mistake is told as one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from rulewright.compiled import CompiledRules
from rulewright.errors import EvaluationError
from rulewright.evaluation import Request
from rulewright.fieldtypes import as_utc

_PARTS = ("path", "query", "headers")


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
        return Request()
    if isinstance(given, Request):
        return given
    if not isinstance(given, Mapping) or any(name not in _PARTS for name in given):
        raise EvaluationError(
            f"the request must be a Request, or a mapping of path, query and headers, not {shortened(given)}"
        )
    for name, part in given.items():
        if not isinstance(part, Mapping) or not all(isinstance(key, str) for key in part):
            raise EvaluationError(f"{name} of the request must map names to values, not {shortened(part)}")
    return Request(**given)


def require_actor(actor: object) -> None:
    """Raise EvaluationError for an actor that is no mapping."""
    if actor is not None and actor.__class__ is not dict and not isinstance(actor, Mapping):
        raise EvaluationError(f"the actor must be a mapping, like {{'agent': 3}}, not {shortened(actor)}")


def require_key(key: object) -> None:
    """Raise EvaluationError for a key that is several values."""
    if key is not None and isinstance(key, list | tuple | Mapping):
        raise EvaluationError(f"a record's key is one value, not {shortened(key)}")


def require_update_key(rules: CompiledRules, resource: object, operation: object, key: object) -> None:
    """Raise EvaluationError for an update without a key, or with one that is no integer where keys are."""
    found = rules.resources.get(resource) if isinstance(resource, str) else None
    if operation != "update" or found is None:
        return
    if found.file.operations and all(one.name != operation for one in found.file.operations):
        return  # Deciding says which operations there are.
    if key is None:
        raise EvaluationError(f"an update of {found.name} needs the key of its record, as key=...")
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


def shortened(value: object) -> str:
    """A value as Python writes it, cut off where it is long."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
