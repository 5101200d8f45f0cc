"""What settings of api.yaml say in place of a word: `readonly: settings.NAME`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from msgspec.structs import replace

from rulewright.compiled.parts import CompiledField
from rulewright.compiled.resource import CompiledResource
from rulewright.errors import ConfigurationError
from rulewright.model import Field, RuleFile

READONLY: Final = ("ignore", "reject")


def has_switches(file: RuleFile) -> bool:
    """Whether a setting says something in place of a word of this file."""
    return bool(switches_of(file))


def switches_of(file: RuleFile) -> frozenset[str]:
    """The settings that say something in place of a word of this file."""
    return frozenset(name for field in _fields_of(file) for name in _switches_in(field))


def switched(file: RuleFile, settings: Mapping[str, object]) -> RuleFile:
    """The file with what the settings of its API say. Raises ConfigurationError for what is no such word."""
    if not has_switches(file):
        return file
    workflow = file.workflow
    if workflow is not None:
        events = tuple(
            replace(event, fields=_switch_all(event.fields, file.api, settings)) for event in workflow.events
        )
        workflow = replace(workflow, events=events)
    return replace(file, fields=_switch_all(file.fields, file.api, settings), workflow=workflow)


def switch_resource(resource: CompiledResource, settings: Mapping[str, object]) -> CompiledResource:
    """The same of a resource that is compiled already; its expressions stay as they are."""
    if not has_switches(resource.file):
        return resource

    def switch(field: CompiledField) -> CompiledField:
        children = {child.name: switch(child) for child in field.children}
        return replace(
            field,
            rule=_switch(field.rule, resource.file.api, settings),
            children=tuple(children.values()),
            supplied=tuple(children[child.name] for child in field.supplied),
            items=None if field.items is None else switch(field.items),
        )

    workflow = resource.workflow
    if workflow is not None:
        events = {
            event: {name: switch(field) for name, field in fields.items()}
            for event, fields in workflow.events.items()
        }
        workflow = replace(workflow, events=events)
    fields = {name: switch(field) for name, field in resource.fields.items()}
    file = switched(resource.file, settings)
    # Schemas that were made say what the other settings say.
    return replace(resource, file=file, fields=fields, workflow=workflow, _schemas={}, _loaders={})


def _fields_of(file: RuleFile) -> Iterable[Field]:
    yield from file.fields
    for event in file.workflow.events if file.workflow is not None else ():
        yield from event.fields


def _switches_in(field: Field) -> Iterable[str]:
    if field.readonly_by is not None:
        yield field.readonly_by
    for inner in (*(field.fields or ()), *((field.items,) if field.items is not None else ())):
        yield from _switches_in(inner)


def _switch_all(fields: Iterable[Field], api: str, settings: Mapping[str, object]) -> tuple[Field, ...]:
    return tuple(_switch(field, api, settings) for field in fields)


def _switch(field: Field, api: str, settings: Mapping[str, object]) -> Field:
    return replace(
        field,
        readonly=field.readonly if field.readonly_by is None else _word(field.readonly_by, api, settings),
        fields=None if field.fields is None else _switch_all(field.fields, api, settings),
        items=None if field.items is None else _switch(field.items, api, settings),
    )


def _word(name: str, api: str, settings: Mapping[str, object]) -> Literal["ignore", "reject"]:
    said = settings.get(name)
    if said == "ignore":
        return "ignore"
    if said == "reject":
        return "reject"
    raise ConfigurationError(f"the setting {name} of {api} must be ignore or reject, not {said!r}")
