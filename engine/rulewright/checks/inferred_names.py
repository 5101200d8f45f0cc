"""What the names of a rule of `infer` stand for: records, and facts of the kinds that rules assert."""

from __future__ import annotations

from collections.abc import Mapping

from rulewright.cel import TYPE_NAMES, Type
from rulewright.cel.checker import Expected, RecordField, Size, record
from rulewright.checks.field_types import DYN
from rulewright.checks.names import Names, resource_size, resource_type
from rulewright.checks.subject import Subject
from rulewright.model import Inference

PAYLOAD, RECORD = "$payload", "$record"
_SCALARS = ("string", "int", "double", "bool", "google.protobuf.Timestamp", "google.protobuf.Duration")
FACT_VALUE = Expected(tuple(TYPE_NAMES[name] for name in (*_SCALARS, "uint", "bytes")), "a value of a fact")
"""What facts are joined by: no list and no map."""


def kinds_of(subject: Subject) -> Mapping[str, frozenset[str]]:
    """The kinds of facts that the file's rules assert, each with all its fields."""
    kinds: dict[str, frozenset[str]] = {}
    for inference in subject.file.inferences:
        for kind, values in inference.asserts.items():
            kinds[kind] = kinds.get(kind, frozenset()).union(values.entries)
    return kinds


def fact_types(subject: Subject, inference: Inference, names: Names) -> dict[str, Type]:
    """The type of each name that a rule gives to a fact."""
    kinds = kinds_of(subject)
    types: dict[str, Type] = {}
    for name, source in inference.facts.items():
        if source == PAYLOAD:
            types[name] = names.declarations.variables["payload"]
        elif source == RECORD:
            types[name] = resource_type(subject, subject.file.resource)
        elif source in kinds:
            types[name] = record(source, {field: RecordField(DYN) for field in kinds[source]})
        else:
            types[name] = _record_type(subject, source)
    return types


def _record_type(subject: Subject, lookup: str) -> Type:
    resource = subject.records.get(lookup)
    return resource_type(subject, resource) if resource is not None else DYN


def fact_sizes(subject: Subject, inference: Inference) -> dict[str, Size]:
    """How large the facts of a rule may be."""
    own = subject.file.resource
    resources = {name: subject.records.get(source, own) for name, source in inference.facts.items()}
    return {name: resource_size(subject, resource) for name, resource in resources.items()}
