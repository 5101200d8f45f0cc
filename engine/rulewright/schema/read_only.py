"""Schemas with fields that the system sets: what a sender says of them is dropped, or refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, pre_load, validates_schema

from rulewright.schema.fields import RuleField
from rulewright.schema.messages import Message


class WithReadOnly(Schema):
    """`readonly: ignore` drops a sent value, as a decision does; `readonly: reject` refuses it.

    marshmallow takes a field that is only dumped for one that nobody knows.
    """

    class Meta:
        # marshmallow would otherwise keep the class in a process-wide registry.
        register = False

    read_only_fields: ClassVar[Mapping[str, RuleField]] = {}

    @pre_load
    def drop_read_only(self, data: Any, **_: Any) -> Any:
        """Leave out what the system sets."""
        if not isinstance(data, Mapping) or self.read_only_fields.keys().isdisjoint(data):
            return data
        return {name: value for name, value in data.items() if name not in self.read_only_fields}

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def refuse_read_only(self, _: Any, original: Any, **__: Any) -> None:
        """Raise ValidationError of every value that may not be sent, beside whatever else is wrong."""
        sent = original if isinstance(original, Mapping) else {}
        refused = dict(self._refusals(sent))
        if refused:
            raise ValidationError(refused)

    def _refusals(self, sent: Mapping[str, Any]) -> Iterator[tuple[str, list[Message]]]:
        for name, field in self.read_only_fields.items():
            if field.rule.readonly == "reject" and name in sent:
                text = field.rule.messages.get("readonly", f"{field.label} may not be sent")
                yield name, [Message(text, "readonly")]
