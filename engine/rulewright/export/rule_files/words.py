"""The words of a registry that may stand in rule files, each with its meaning."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from rulewright.checks.generator_options import LONGEST, OPTIONS, REQUIRED, Option
from rulewright.plugins import FieldType, Registry
from rulewright.plugins.registry import BASIC_GENERATORS
from rulewright.reader.kinds import JsonSchema

_OF_SHARED = "A shared type of `api.yaml`."


def words_of(registry: Registry, table: str, shared: Iterable[str] = ()) -> Mapping[str, str]:
    """The words of one table: types, generators, bare_generators, dialects or effects.

    `shared` are types of api.yaml. Bare generators need no options.
    """
    match table:
        case "types":
            known = {name: _of_type(kind) for name, kind in registry.types.items()}
            return {**known, **dict.fromkeys(shared, _OF_SHARED)}
        case "generators":
            made = {name: maker.meaning for name, maker in registry.makers.items()}
            return {name: _sentence(meaning) for name, meaning in {**BASIC_GENERATORS, **made}.items()}
        case "bare_generators":
            every = words_of(registry, "generators")
            return {name: meaning for name, meaning in every.items() if name not in REQUIRED}
        case "dialects":
            return dict.fromkeys(registry.dialects, "")
        case _:
            return {name: _sentence(kind.meaning) for name, kind in registry.effects.items()}


def _of_type(kind: FieldType) -> str:
    example = json.dumps(kind.example, ensure_ascii=False)
    return f"{_sentence(kind.meaning, end='')}, like `{example}`."


def _sentence(text: str, *, end: str = ".") -> str:
    return text[:1].upper() + text[1:].rstrip(".") + end


def options_of(generator: str) -> JsonSchema:
    """The options of a generator; {} where its plug-in looks at them itself."""
    if generator not in OPTIONS:
        return {}
    known = {name: _option(one) for name, one in OPTIONS[generator].items()}
    needed = [REQUIRED[generator]] if generator in REQUIRED else []
    return {"properties": known, "required": needed, "additionalProperties": False}


def _option(option: Option) -> JsonSchema:
    said: JsonSchema = {"description": option.meaning}
    if option.bounds is None:
        return {**said, "type": "string", "maxLength": LONGEST}
    least, most = option.bounds
    return {**said, "type": "integer", "minimum": least, "maximum": most}
