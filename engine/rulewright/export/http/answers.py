"""What an accepted call is answered with: the schema of the rule file's `response`, in the API's `envelope`.

A part that shows a field of a record has that field's schema; of any other expression the static checker
tells the type. What neither knows may be anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from rulewright import cel
from rulewright.cel.checker import Declarations, check_tree
from rulewright.cel.tree import (
    Bind,
    Call,
    Conditional,
    Ident,
    Index,
    ListExpr,
    Literal,
    Macro,
    MapExpr,
    Select,
)
from rulewright.checks.names import Lasting, base_names, bound_names, every_operation
from rulewright.checks.subject import Subject, Universe
from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.export.http.records import field_of_record, reference_to, resource_behind
from rulewright.export.http.unions import NULL, Schema, either, without_null
from rulewright.export.payload_schema import or_null
from rulewright.model import Expression, Itself, Template, TemplateList

Names = Mapping[str, Schema]

_OF_TYPE: Final[Mapping[str, Schema]] = {
    "string": {"type": "string"},
    "int": {"type": "integer"},
    "uint": {"type": "integer"},
    "double": {"type": "number"},
    "bool": {"type": "boolean"},
    "map": {"type": "object"},
    "null_type": {"type": "null"},
}
# What the function money gives (cel/functions/own.py).
_MONEY: Final[Schema] = {
    "type": "object",
    "properties": {
        "amount": {"type": "integer", "description": "In minor units, such as pence."},
        "currency": {"type": "string", "description": "A code of ISO 4217."},
        "formatted": {"type": "string"},
    },
    "required": ["amount", "currency", "formatted"],
}
_MOST_PARTS: Final = 1000
_TIMESTAMP: Final = "google.protobuf.Timestamp"


def subject_of(rules: CompiledRules, resource: CompiledResource) -> Subject:
    """Return a resource as the checks look at it."""
    return Subject(Universe(rules.rules, rules.registry), resource.file)


def body_schema(rules: CompiledRules, resource: CompiledResource) -> Schema:
    """Return the schema of a response's body, before the API's envelope is put around it."""
    reader = _reader(rules, resource)
    shape = resource.file.response
    body = reference_to(resource.name)
    if shape is not None and shape.body is not None:
        body = reader.of_template(shape.body, {})
    parts = {name: reader.of_template(part, {}) for name, part in (shape.include if shape else {}).items()}
    if not parts:
        return body
    # Only where the call asks for them.
    properties = body.get("properties")
    if isinstance(properties, Mapping):
        return {**body, "properties": {**properties, **parts}}
    return {"allOf": [body, {"type": "object", "properties": parts}]}


def enveloped(rules: CompiledRules, resource: CompiledResource, body: Schema) -> Schema:
    """Return the schema of a body in the envelope of its API, if that has one."""
    envelope = resource.api.envelope if resource.api is not None else None
    if envelope is None:
        return body
    named: Schema = {
        "type": "object",
        "properties": {"name": {"const": resource.file.name}},
        "required": ["name"],
    }
    return _reader(rules, resource).of_template(envelope, {"body": body, "resource": named})


def _reader(rules: CompiledRules, resource: CompiledResource) -> _Reader:
    subject = subject_of(rules, resource)
    names = base_names(subject, every_operation(subject), Lasting.of(subject))
    return _Reader(rules, resource, names.having(bound_names(subject, subject.all_effects())).declarations)


class _Reader(Struct, frozen=True):
    """Finds out what the expressions of one resource give. A schema is what is known of a value."""

    rules: CompiledRules
    resource: CompiledResource
    declarations: Declarations

    def of_template(self, template: Template, names: Names) -> Schema:
        """The schema of what a template gives; `names` are those that it may read beside the usual ones."""
        if isinstance(template, Expression):
            return self.of(template.text, cel.parse(template.text), names)
        if isinstance(template, Itself):
            return {"const": template.value}
        if isinstance(template, TemplateList):
            return {
                "type": "array",
                "items": either(*(self.of_template(one, names) for one in template.items)),
            }
        return _object({name: self.of_template(one, names) for name, one in template.entries.items()})

    def of(self, text: str, node: cel.Node, names: Names) -> Schema:
        """The schema of what a piece of an expression gives."""
        found = _READ.get(type(node))
        known = found(self, text, node, names) if found is not None else None
        return known if known is not None else self._checked(text, node, names)

    def root(self, name: str) -> Schema | None:
        """The records that a name stands for, as responses show them."""
        if name == "record":
            return reference_to(self.resource.name)
        target = self._target(name)
        if target is None:
            return None
        kind, one = self.declarations.variables[name], reference_to(target)
        if kind.name == "list":
            return {"type": "array", "items": one}
        return or_null(one) if kind.name == "wrapper" else one

    def _target(self, name: str) -> str | None:
        found = self.resource.lookups.get(name)
        if found is not None and found.rule.kind not in ("find", "find_all"):
            return None
        return self.resource.resource_behind(name)

    def part(self, whole: Schema, name: str) -> Schema | None:
        """What is under a key, or None where that is not known."""
        whole = without_null(whole)
        resource = self.rules.resources.get(resource_behind(whole) or "")
        if resource is not None:
            return field_of_record(resource, name) if name in resource.fields else None
        for keyword in ("properties", "additionalProperties"):
            below = whole.get(keyword)
            found = below.get(name) if keyword == "properties" and isinstance(below, Mapping) else below
            if isinstance(found, dict):
                return found
        return None

    def _checked(self, text: str, node: cel.Node, names: Names) -> Schema:
        """The type that the static checker deduces; a caller may lack parts that are declared."""
        roots = {path[0] for path in cel.references(node)}
        if not roots.isdisjoint(names):
            return {}
        said = self._of_type(check_tree(node, text, self.declarations).type)
        return or_null(said) if "actor" in roots else said

    def _of_type(self, kind: cel.Type) -> Schema:
        if kind.name == "wrapper":
            return or_null(self._of_type(kind.params[0]))
        if kind.name == "list":
            return {"type": "array", "items": self._of_type(kind.params[0]) if kind.params else {}}
        if kind.name == _TIMESTAMP:
            formats = self.resource.api.formats if self.resource.api is not None else {}
            is_iso = formats.get("datetime", "iso").startswith("iso")
            return {"type": "string", **({"format": "date-time"} if is_iso else {})}
        return dict(_OF_TYPE.get(kind.name, {}))


def _object(parts: Mapping[str, Schema]) -> Schema:
    return {"type": "object", "properties": dict(parts), "required": list(parts)}


def _of_literal(_: _Reader, __: str, node: Literal, ___: Names) -> Schema | None:
    if node.value is None:
        return dict(NULL)
    return {"const": node.value} if isinstance(node.value, str | bool) else None


def _of_ident(reader: _Reader, _: str, node: Ident, names: Names) -> Schema | None:
    return names[node.name] if node.name in names and not node.absolute else reader.root(node.name)


def _of_select(reader: _Reader, text: str, node: Select, names: Names) -> Schema | None:
    return _of_part(reader, text, node.operand, node.field, names) if not node.optional else None


def _of_index(reader: _Reader, text: str, node: Index, names: Names) -> Schema | None:
    if node.optional or not isinstance(node.index, Literal):
        return None
    if isinstance(node.index.value, str):
        return _of_part(reader, text, node.operand, node.index.value, names)
    return _items(_known(reader, text, node.operand, names))


def _of_part(reader: _Reader, text: str, operand: cel.Node, name: str, names: Names) -> Schema | None:
    whole = _known(reader, text, operand, names)
    return reader.part(whole, name) if whole is not None else None


def _known(reader: _Reader, text: str, node: cel.Node, names: Names) -> Schema | None:
    """What the structure of an expression tells, the checker not asked: it knows no fields' schemas."""
    found = _READ.get(type(node))
    return found(reader, text, node, names) if found is not None else None


def _items(whole: Schema | None) -> Schema | None:
    items = without_null(whole).get("items") if whole is not None else None
    return items if isinstance(items, dict) else None


def _of_conditional(reader: _Reader, text: str, node: Conditional, names: Names) -> Schema:
    return either(reader.of(text, node.then, names), reader.of(text, node.otherwise, names))


def _of_list(reader: _Reader, text: str, node: ListExpr, names: Names) -> Schema | None:
    if any(node.optional) or not node.elements:
        return None
    return {"type": "array", "items": either(*(reader.of(text, one, names) for one in node.elements))}


def _of_map(reader: _Reader, text: str, node: MapExpr, names: Names) -> Schema | None:
    entries = {
        entry.key.value: entry.value
        for entry in node.entries
        if isinstance(entry.key, Literal) and isinstance(entry.key.value, str) and not entry.optional
    }
    if len(entries) < len(node.entries):
        return None
    return _object({name: reader.of(text, value, names) for name, value in entries.items()})


def _of_call(reader: _Reader, text: str, node: Call, names: Names) -> Schema | None:
    if node.target is not None:
        return None
    if node.function == "money":
        return dict(_MONEY)
    if node.function != "pick" or not isinstance(node.args[1], ListExpr):
        return None
    whole = _known(reader, text, node.args[0], names)
    asked = [one.value for one in node.args[1].elements if isinstance(one, Literal)]
    if whole is None or len(asked) < len(node.args[1].elements):
        return None
    parts = {str(name): reader.part(whole, str(name)) for name in asked}
    return _object({name: part if part is not None else {} for name, part in parts.items()})


def _of_macro(reader: _Reader, text: str, node: Macro, names: Names) -> Schema | None:
    over = _known(reader, text, node.range, names)
    items = _items(over)
    if over is None or items is None or len(node.variables) != 1:
        return None
    if node.kind == "filter":
        return without_null(over)
    if node.kind == "find":
        return either(items, NULL)
    if node.kind != "map" or node.body is None:
        return None
    return {
        "type": "array",
        "items": reader.of(text, node.body, {**names, node.variables[0]: _bounded(items)}),
    }


def _of_bind(reader: _Reader, text: str, node: Bind, names: Names) -> Schema:
    return reader.of(text, node.body, {**names, node.variable: _bounded(reader.of(text, node.value, names))})


def _bounded(schema: Schema) -> Schema:
    """What a variable stands for; anything, where that is large: used twice, it doubles what is said."""
    waiting: list[object] = [schema]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return schema
        part = waiting.pop()
        waiting.extend(part.values() if isinstance(part, dict) else part if isinstance(part, list) else ())
    return {}


_READ: Final[Mapping[type[cel.Node], Callable[[_Reader, str, Any, Names], Schema | None]]] = {
    Literal: _of_literal,
    Ident: _of_ident,
    Select: _of_select,
    Index: _of_index,
    Conditional: _of_conditional,
    ListExpr: _of_list,
    MapExpr: _of_map,
    Call: _of_call,
    Macro: _of_macro,
    Bind: _of_bind,
}
