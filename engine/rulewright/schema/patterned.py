"""Text with a form of its own, as the type's `check` judges it."""

from __future__ import annotations

from typing import Any

from rulewright.fieldtypes import FieldType, SafeCheck, resolve
from rulewright.model import Field
from rulewright.schema.fields import Text


class CheckedText(Text):
    """Text that the type's `check` finds true. The message shows the type's example."""

    def __init__(self, rule: Field, label: str, *, kind: FieldType, **options: Any) -> None:
        super().__init__(rule, label, kind=kind, **options)
        check = resolve(kind.check)
        self._check = check.declared if isinstance(check, SafeCheck) else check

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not self._check(text):
            raise self.refuse_format(f"{self.label} must be {self.kind.meaning}, like {self.kind.example}")
        return text
