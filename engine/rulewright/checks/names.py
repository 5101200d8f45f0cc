"""Which names an expression may use, and what is known to be below each.

A shape is the mapping of what may follow a dot, or None where anything may. This is the seam of the
static type checker: it needs the same sites and scopes, with types in the place of shapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from rulewright.checks.subject import Subject
from rulewright.model import Effect, Field

Shape: TypeAlias = "Mapping[str, Shape] | None"
Scope: TypeAlias = Mapping[str, Shape]

_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def fields_shape(fields: Iterable[Field]) -> dict[str, Shape]:
    """What may follow a record's name."""
    return {field.name: field_shape(field) for field in fields}


def field_shape(field: Field) -> Shape:
    """What may follow a field: the fields of an object; nothing is known of other types."""
    return fields_shape(field.fields) if field.type == "object" and field.fields else None


def resource_shape(subject: Subject, resource: str) -> Shape:
    """What may follow a record of a resource."""
    found = subject.universe.rules.resources.get(resource)
    return None if found is None else fields_shape(found.fields)


def base_scope(subject: Subject) -> Scope:
    """The names that every expression of a resource may use."""
    own = fields_shape(subject.file.fields)
    return {
        "payload": {**_event_fields(subject), **own},
        "request": {"path": _path_parameters(subject), "query": None, "headers": None},
        "actor": _actor(subject),
        "record": own,
        "current": own,
        "now": None,
        "today": None,
        "settings": {setting.name: None for setting in subject.api.settings},
        **_references(subject),
        **_look_ups(subject),
    }


def bound_names(subject: Subject, effects: Iterable[Effect]) -> dict[str, Shape]:
    """The records that effects create and name."""
    return {effect.bind: resource_shape(subject, effect.target or "") for effect in effects if effect.bind}


def _event_fields(subject: Subject) -> dict[str, Shape]:
    workflow = subject.file.workflow
    events = workflow.events if workflow else ()
    return {field.name: field_shape(field) for event in events for field in event.fields}


def _path_parameters(subject: Subject) -> Shape:
    """The parameters of the declared paths; where no path is declared, anything may come."""
    paths = [operation.path for operation in subject.file.operations if operation.path]
    return {name: None for path in paths for name in _PARAMETER.findall(path)} if paths else None


def _actor(subject: Subject) -> Shape:
    auth = subject.api.auth
    if auth is None or not auth.actor:
        return None
    # `permissions: actor.permissions` may stand beside an actor that declares only its keys.
    return {"permissions": None, **dict.fromkeys(auth.actor)}


def _references(subject: Subject) -> dict[str, Shape]:
    """The records that references found, under their `as` names: one record, or a list of them."""
    names: dict[str, Shape] = {}
    for _, field in subject.all_fields():
        if field.references and field.references.bind:
            is_list = field.type == "list" or field.name == "items"
            names[field.references.bind] = (
                None if is_list else resource_shape(subject, field.references.resource)
            )
    return names


def _look_ups(subject: Subject) -> dict[str, Shape]:
    return {
        look_up.name: resource_shape(subject, look_up.resource) if look_up.kind == "find" else None
        for look_up in subject.file.lookups
    }
