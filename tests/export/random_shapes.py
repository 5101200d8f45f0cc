"""Rule files of random fields, effects, look-ups and workflows: keywords that seldom stand together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from rulewright.plugins import built_in

Pool = Mapping[str, Sequence[Any]]
# Beside what is written: an API with the type `shared` and the target `hook`, and the resource a/c.
BESIDE = {
    "api.yaml": "api: a\ntypes: {shared: {type: string}}\ntargets: {hook: {url: 'https://x.example'}}\n",
    "c.yaml": "rulewright: 1\nresource: a/c\nkey: id\nfields: {id: {type: string}, n: {type: integer}}\n",
}
_TYPES = (*built_in().types, "object", "list", "map", "nobody", "shared")
_CEL = ["1 == 1"]
_GENERATORS = ("uuid", "sequence", "prefixed_id", {"sequence": {"width": 4}}, {"prefixed_id": {}}, "nobody")
_COMPUTED = (None, "null", {"value": "null"}, {"value": "null", "x": "null"}, {"value": "null", "on": 5})
_FIELD: Pool = {
    **{key: [True] for key in ("sensitive", "required", "nullable", "immutable")},
    **dict.fromkeys(("required_if", "forbidden_if", "prohibited_if", "excluded_if"), _CEL),
    **{key: [["id"]] for key in ("required_with", "forbidden_without")},
    **{key: [2] for key in ("min", "max", "min_length", "max_length")},
    "default": [None, "a", False],
    "default_from": ["null"],
    "compute": _COMPUTED,
    "generate": _GENERATORS,
    "readonly": ["ignore"],
    "pattern": ["a"],
    "one_of": [["a"], "['a']"],
    "format": ["iso"],
    "unknown": ["reject"],
    "unique_items": [True, "collapse"],
    "unique": [True, False, {"within": ["id"]}],
    "references": [{"resource": "a/c"}],
    "checks": [[{"id": "c", "check": "1 == 1"}]],
}
_EFFECT: Pool = {
    "when": _CEL,
    "on": ["update", ["create"]],
    "create": ["a/c"],
    "update": ["a/c", "p"],
    "send": ["hook"],
    "where": [{"id": "'1'"}],
    "set": [{"id": "'1'"}, {"n": 1}],
    "bind": ["made"],
    "body": [None, {"a": 1}],
    "expect": ["one"],
}
_LOOK_UP: Pool = {
    **{key: ["a/c"] for key in ("find", "find_all", "count", "max", "min")},
    "by": [{"id": "'1'"}, {}],
    "of": ["n"],
    "if_missing": ["reject", "null", None],
    "error": ["x", {}],
}
_WORKFLOW: Pool = {
    "field": ["state"],
    "state_from": ["'a'"],
    "initial": ["a"],
    "initial_from": ["'a'"],
    "events": [{"e": None}],
    "transitions": [[{"event": "e", "from": "a", "to": "b"}]],
}
_INFERENCE: Pool = {
    "facts": [{"own": "$record"}],
    "when": _CEL,
    "problem": [{"message": "m"}],
    "set": [{"text": "'1'"}],
    "assert": [{"kind": {"a": "'1'"}}],
}
_VARIANTS = (
    {"a": {"required": ["text"]}, "error": "x/y"},
    {"error": {"required": ["text"]}},
    {"error": {"code": "x", "forbidden": ["text"]}},
    [{"required": ["text"]}],
)


class RandomFiles:
    """Resources `a/b`, each with one thing that is random."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def resource(self) -> dict[str, Any]:
        """The next one."""
        fields = {name: {"type": "string"} for name in ("id", "text", "state")}
        file = {"rulewright": 1, "resource": "a/b", "key": "id", "fields": fields}
        look_ups = {"p": {"find": "a/c", "by": {"id": "'1'"}}}
        states = {"a": None, "b": {"final": True}}
        match self.random.randrange(8):
            case 0 | 1 | 2:
                return {**file, "fields": {**fields, "x": self.field()}}
            case 3:
                moved = {"field": "state", "initial": "a", "transitions": _WORKFLOW["transitions"][0]}
                events = {"e": {"fields": {"y": self.field()}}}
                return {**file, "workflow": {**moved, "states": states, "events": events}}
            case 4:
                return {**file, "lookups": look_ups, "effects": [{"id": "e", **self.some(_EFFECT)}]}
            case 5:
                return {**file, "lookups": {**look_ups, "q": self.some(_LOOK_UP)}}
            case 6:
                return {**file, "workflow": {"states": states, **self.some(_WORKFLOW, most=6)}}
            case _:
                return {
                    **file,
                    "infer": [{"id": "i", **self.some(_INFERENCE)}],
                    "variants": self.random.choice(_VARIANTS),
                }

    def some(self, pool: Pool, most: int = 4) -> dict[str, Any]:
        """A few keywords with one of their values each."""
        chosen = self.random.sample(list(pool), self.random.randint(0, most))
        return {keyword: self.random.choice(pool[keyword]) for keyword in chosen}

    def field(self, depth: int = 0) -> dict[str, Any]:
        """A field, seldom without a type, and with parts where its type has some, or seldom otherwise."""
        field = self.some(_FIELD, most=3)
        if self.random.random() < 0.93:
            field["type"] = self.random.choice(_TYPES)
        kind = field.get("type")
        if depth < 2 and (kind == "object" or self.random.random() < 0.1):
            field["fields"] = {"p": self.field(depth + 1)}
        if depth < 2 and (kind in ("list", "map") or self.random.random() < 0.1):
            field["items"] = self.field(depth + 1)
        return field
