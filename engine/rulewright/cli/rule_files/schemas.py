"""`export rule-schema`: the JSON Schemas of the files that analysts write, by their kind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rulewright.export import rule_schema, shared_types
from rulewright.plugins import Registry
from rulewright.reader.file_shape import ApiShape, ResourceShape
from rulewright.reader.shapes import Shape
from rulewright.scenarios.shapes import ScenarioFileShape

_FILES: Final[Mapping[str, tuple[type[Shape], str]]] = {
    "resource": (ResourceShape, "Rulewright rule file"),
    "api": (ApiShape, "Rulewright api.yaml"),
    "scenarios": (ScenarioFileShape, "Rulewright scenario file"),
}


def schema_of(kind: str, registry: Registry, rules: str | None) -> dict[str, object]:
    """The schema of one kind of file; `rules` is the folder whose shared types are known.

    Raises RuleFileError where there is no such folder.
    """
    shape, title = _FILES[kind]
    shared = shared_types(Path(rules)) if rules is not None else frozenset[str]()
    return rule_schema(shape, registry, title=title, shared=shared)
