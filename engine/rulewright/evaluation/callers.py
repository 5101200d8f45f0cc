"""What api.yaml declares of its callers (`auth.actor`), and what one of them does not keep to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rulewright.model import Auth

# Of other types (a date, any, a plug-in's) a caller's part may be what it likes: nothing computes with it.
PART_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list, tuple),
    "object": (Mapping,),
    "map": (Mapping,),
}


def missing_parts(auth: Auth, actor: Mapping[str, object]) -> tuple[str, ...]:
    """The declared parts that this caller lacks; expressions read them as null."""
    return tuple(name for name in auth.actor if actor.get(name) is None)


def mistyped_parts(auth: Auth, actor: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the parts that are there and are not of their declared type, with that type."""
    for name, declared in auth.actor.items():
        value = actor.get(name)
        types = PART_TYPES.get(declared)
        if value is None or types is None:
            continue
        if not isinstance(value, types) or isinstance(value, bool) is not (declared == "boolean"):
            yield name, declared
