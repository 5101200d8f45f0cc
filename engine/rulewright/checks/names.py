"""The names that expressions of a resource may use, the type of each, and what makes one sure of another.

Which names there are does not depend on the operation, but what may be null does: `current` is null on a
create, a required field is in the payload of a create and need not be in that of an update.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from msgspec import Struct

from rulewright.cel import Path, Type
from rulewright.cel.checker import Declarations, RecordField, Size, Sizes, record
from rulewright.cel.checker.sizes import DEFAULT_ITEMS, larger, list_of_size, number_of_size
from rulewright.checks.field_types import (
    DYN,
    TEXT,
    TIMESTAMP,
    is_supplied,
    maybe,
    of_constant,
    of_field,
    sent_fields,
    size_of,
    sizes_of,
    stored_fields,
)
from rulewright.checks.subject import RESERVED_NAMES, Subject
from rulewright.model import Effect, Expression, Field, LookUp, Reference

CREATE = frozenset({"create"})
WRITES = frozenset({"create", "update"})

_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_TEXTS = Type("map", (TEXT, Type("wrapper", (TEXT,))))


class Names(Struct, frozen=True):
    """What an expression may read: declarations to check it against, and sizes to reckon its cost with."""

    declarations: Declarations
    sizes: Sizes

    def having(
        self, types: Mapping[str, Type], sizes: Sizes | None = None, given: Iterable[Path] = ()
    ) -> Names:
        """The names with more of them, or with others in their place."""
        declarations = replace(
            self.declarations,
            variables={**self.declarations.variables, **types},
            given=self.declarations.given.union(given),
        )
        return Names(declarations, {**self.sizes, **(sizes or {})})

    def only(self, types: Mapping[str, Type]) -> Names:
        """The same functions, and no other names than these."""
        declarations = replace(self.declarations, variables=dict(types), implies={}, given=frozenset())
        return Names(declarations, self.sizes)


def every_operation(subject: Subject) -> frozenset[str]:
    """What may happen to a record: create and update as far as they are declared, and the events."""
    declared = frozenset(operation.name for operation in subject.file.operations) & WRITES
    return (declared or WRITES) | subject.events


class Lasting(Struct, frozen=True):
    """What does not depend on the operation: what follows from what, and how large values are."""

    implies: Mapping[Path, tuple[Path, ...]]
    sizes: Sizes

    @classmethod
    def of(cls, subject: Subject) -> Lasting:
        """Of one resource."""
        return cls(_implications(subject), _sizes(subject))


def base_names(subject: Subject, on: frozenset[str], lasting: Lasting) -> Names:
    """The names of every expression that runs on these operations."""
    file = subject.file
    stored = resource_type(subject, file.resource)
    # Whoever gives a name that is taken is told so; what all others read stays what it is.
    variables = {
        **_references(subject),
        **{lookup.name: lookup_type(subject, lookup) for lookup in file.lookups},
        "payload": _payload(subject, on),
        "request": _request(subject, on),
        "actor": _actor(subject),
        "record": stored,
        "current": maybe(stored, absent="create" in on),
        "now": TIMESTAMP,
        "today": TIMESTAMP,
        "settings": _settings(subject),
    }
    functions = subject.universe.registry.functions
    declarations = Declarations(variables, functions, lasting.implies, _given(subject, on))
    return Names(declarations, lasting.sizes)


def names_on(subject: Subject, operation: str, names: Names, on: frozenset[str], lasting: Lasting) -> Names:
    """The names that were worked out for several operations, as they are on one of these."""
    shared, alone = base_names(subject, on, lasting), base_names(subject, frozenset({operation}), lasting)
    wide, narrow = shared.declarations.variables, alone.declarations.variables
    # What a place has of its own is the same on all of them.
    differing = {
        name: kind for name, kind in narrow.items() if names.declarations.variables.get(name) == wide[name]
    }
    return names.having(differing, given=alone.declarations.given)


def resource_type(subject: Subject, resource: str) -> Type:
    """The type of a record of a resource; worked out once."""
    types = subject.universe.types
    if resource not in types:
        types[resource] = _resource_type(subject, resource)
    return types[resource]


def _resource_type(subject: Subject, resource: str) -> Type:
    found = subject.universe.rules.resources.get(resource)
    if found is None:
        return DYN
    workflow = found.workflow
    always = {found.key, *((workflow.field,) if workflow and workflow.field else ())}
    fields = stored_fields(found.fields, subject.universe.registry, resource, always)
    if workflow and workflow.field in fields:
        states = frozenset(state.name for state in workflow.states)
        fields[workflow.field] = replace(fields[workflow.field], values=states)
    return record(resource, fields)


def resource_size(subject: Subject, resource: str) -> Size:
    """How large a record of a resource may be."""
    fields = (subject.universe.fields_of(resource) or {}).values()
    return Size(len(fields), fields=sizes_of(fields, subject.universe.registry))


def bound_names(subject: Subject, effects: Iterable[Effect], reader: Effect | None = None) -> dict[str, Type]:
    """The records that effects create and name: null where an effect asked what its reader does not."""
    asked = _condition(reader) if reader is not None else None
    return {
        effect.bind: maybe(
            resource_type(subject, effect.target or ""), absent=_condition(effect) not in (None, asked)
        )
        for effect in effects
        if effect.bind and effect.bind not in RESERVED_NAMES
    }


def _condition(effect: Effect) -> str | None:
    return "".join(effect.when.text.split()) if effect.when is not None else None


def _payload(subject: Subject, on: frozenset[str]) -> Type:
    """What this caller sent. A field that has a problem of its own stops the rules that read it, so one that
    must be there is there."""
    registry, file = subject.universe.registry, subject.file
    fields = sent_fields(file.fields, registry, "payload", created=on <= CREATE)
    for event in file.workflow.events if file.workflow else ():
        if event.name in on:
            own = sent_fields(event.fields, registry, "payload", created=on == {event.name})
            fields.update(own)
        else:
            fields = {**sent_fields(event.fields, registry, "payload", created=False), **fields}
    return record("payload", fields)


def _request(subject: Subject, on: frozenset[str]) -> Type:
    """Absent path, query and header names read as null; a missing path parameter ends the evaluation."""
    named = {
        operation.name: frozenset(_PARAMETER.findall(operation.path))
        for operation in subject.file.operations
        if operation.path
    }
    path: Type = _TEXTS
    if named:
        called = [names for name, names in named.items() if name in on]
        always = frozenset.intersection(*called) if called else frozenset()
        every = frozenset.union(*named.values())
        path = record(
            "request.path", {name: RecordField(TEXT, optional=name not in always) for name in every}
        )
    return record(
        "request",
        {"path": RecordField(path), "query": RecordField(_TEXTS), "headers": RecordField(_TEXTS)},
    )


def _actor(subject: Subject) -> Type:
    auth = subject.api.auth
    if auth is None or not auth.actor:
        return DYN
    # `permissions: actor.permissions` may stand beside an actor that declares only its keys.
    fields = {"permissions": RecordField(Type("list", (TEXT,)), optional=True)}
    for name, kind in auth.actor.items():
        one = Field(name=name, type=kind, span=auth.span, at={})
        fields[name] = RecordField(of_field(one, subject.universe.registry))
    return record("actor", fields)


def _settings(subject: Subject) -> Type:
    fields = {setting.name: RecordField(of_constant(setting.default)) for setting in subject.api.settings}
    return record("settings", fields)


def _references(subject: Subject) -> dict[str, Type]:
    """The records that references found, under their `as` names: one record, or a list of them."""
    names: dict[str, Type] = {}
    for _, field in subject.all_fields():
        if field.references and field.references.bind:
            found = resource_type(subject, field.references.resource)
            is_list = field.type == "list" or field.name == "items"
            names[field.references.bind] = Type("list", (found,)) if is_list else maybe(found, absent=True)
    return names


def lookup_type(subject: Subject, lookup: LookUp) -> Type:
    """What a look-up gives: a record or null, a list, a number."""
    match lookup.kind:
        case "find":
            absent = lookup.if_missing == "null" or _key_may_be_null(subject, lookup)
            return maybe(resource_type(subject, lookup.resource), absent=absent)
        case "find_all":
            return Type("list", (resource_type(subject, lookup.resource),))
        case "count":
            return Type("int")
        case _:
            field = (subject.universe.fields_of(lookup.resource) or {}).get(lookup.of or "")
            return DYN if field is None else maybe(of_field(field, subject.universe.registry), absent=True)


def _key_of(lookup: LookUp) -> str | None:
    """The field of the own record that is the only key of a look-up."""
    if len(lookup.by.entries) != 1:
        return None
    (entry,) = lookup.by.entries.values()
    root, _, name = entry.text.strip().partition(".") if isinstance(entry, Expression) else ("", "", "")
    return name if root in {"record", "payload"} else None


def _key_may_be_null(subject: Subject, lookup: LookUp) -> bool:
    """A look-up whose key is null is not run, whatever its if_missing says."""
    field = subject.fields.get(_key_of(lookup) or "")
    return field is not None and (field.nullable or not is_supplied(field))


def _given(subject: Subject, on: frozenset[str]) -> frozenset[Path]:
    """The fields that are there whenever these operations run, for what follows from them."""
    given: set[Path] = set()
    for field in subject.file.fields:
        if is_supplied(field) and not field.nullable:
            given.add(("record", field.name))
    for event in subject.file.workflow.events if subject.file.workflow else ():
        if on == {event.name}:
            given.update(("payload", field.name) for field in event.fields if field.required)
    return frozenset(given)


def _implications(subject: Subject) -> Mapping[Path, tuple[Path, ...]]:
    """A sent field is in the record; a reference that holds has found its record, and the other way."""
    implied: dict[Path, tuple[Path, ...]] = {}
    for field in subject.file.fields:
        if field.readonly is None and field.compute is None:
            implied["payload", field.name] = (("record", field.name),)
        found = [(name,) for name in dict.fromkeys(_found_by(subject, field))]
        if found:
            implied["record", field.name] = tuple(found)
            implied.update(dict.fromkeys(found, (("record", field.name),)))
    return implied


def _found_by(subject: Subject, field: Field) -> Iterable[str]:
    """The names of what is there when a field is: its reference's `as`, and look-ups that find or refuse."""
    reference = field.references if field.type != "list" else None
    if reference is not None and reference.bind:
        yield reference.bind
    for lookup in subject.file.lookups:
        found = reference is not None and _is_of(subject, lookup, reference)
        surely = lookup.kind == "find" and (found or lookup.if_missing != "null")
        if surely and _key_of(lookup) == field.name:
            yield lookup.name


def _is_of(subject: Subject, lookup: LookUp, reference: Reference) -> bool:
    """Does a look-up find the record that a reference names?"""
    target = subject.universe.rules.resources.get(reference.resource)
    by = reference.by or (target.key if target else None)
    return lookup.resource == reference.resource and set(lookup.by.entries) == {by}


def _payload_size(subject: Subject, own: Size) -> Size:
    """What may be sent: fields of the resource, and those that its events have of their own."""
    fields = dict(own.fields)
    for event in subject.file.workflow.events if subject.file.workflow else ():
        for name, size in sizes_of(event.fields, subject.universe.registry).items():
            fields[name] = larger(fields[name], size) if name in fields else size
    return Size(len(fields), fields=fields)


def _sizes(subject: Subject) -> Sizes:
    own = resource_size(subject, subject.file.resource)
    found: dict[str, Size] = {"payload": _payload_size(subject, own), "record": own, "current": own}
    for name, function in subject.universe.registry.declared.items():
        found[f"{name}()"] = number_of_size(function.cost)
    for lookup in subject.file.lookups:
        one = resource_size(subject, lookup.resource)
        if lookup.kind not in {"find", "find_all"}:
            one = number_of_size()
        found[lookup.name] = list_of_size(DEFAULT_ITEMS, one) if lookup.kind == "find_all" else one
    for _, field in subject.all_fields():
        if field.references and field.references.bind:
            one = resource_size(subject, field.references.resource)
            found[field.references.bind] = (
                list_of_size(size_of(field, subject.universe.registry).count, one)
                if field.type == "list"
                else one
            )
    return found
