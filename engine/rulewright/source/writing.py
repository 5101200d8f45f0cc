"""Plain data to YAML text that reads the same everywhere, ours included."""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

_WIDTH: Final = 110
# Numbers to YAML 1.2 that are texts to 1.1, which PyYAML writes: 1e3, 0o17, +.5
_LATER_NUMBER: Final = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+"
)


class _Dumper(yaml.SafeDumper):
    """Writes a part that stands twice in full, both times."""

    def ignore_aliases(self, data: Any) -> bool:
        """Give nothing a name."""
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    """A text of several lines as it stands, where YAML can have it so."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
# A text that looks like one is put in quotes.
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(f"(?:{_LATER_NUMBER.pattern})$"), [*"+-.0123456789"]
)


def write_yaml(value: object, *, is_ascii: bool = False) -> str:
    """Return plain data (dicts, lists, scalars) as YAML, keys in their order.

    `is_ascii`: other characters are written as escapes.
    """
    text = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=not is_ascii, width=_WIDTH)
    assert isinstance(text, str)
    return text
