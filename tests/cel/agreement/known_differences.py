"""Where Google's CEL and ours differ, and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Difference:
    """One evaluation with two results, each a type and a value, or `error` and its words."""

    text: str
    bindings: dict[str, Any]
    ours: tuple[str, object]
    oracle: tuple[str, object]


_MISSING = re.compile(
    r"No matching overloads found : (?:\([^)]*\)\.)?(?:is(?:IP|CIDR|Canonical|LinkLocal\w+|Unspecified"
    r"|Loopback|GlobalUnicast)|ip|cidr|given|find|slug|pick|money|reverse|distinct|sort|slice|flatten|first|last"
    r"|unwrapOpt|transform\w+)\("
)
_OURS_ONLY = re.compile(
    r"given\(|find\(|slug\(|pick\(|money\(|ip\(|cidr\(|isIP\(|isCIDR\(|lists\.range|ip\.isCanonical|\.transform|"
    r"\.(?:reverse|distinct|sort|slice|flatten|first|last|unwrapOpt)\(|\(k, v,"
)


@dataclass(frozen=True, slots=True)
class Known:
    """A kind of difference."""

    name: str
    why: str
    covers: Callable[[Difference], bool]


def _oracle_says(*words: str) -> Callable[[Difference], bool]:
    return lambda found: found.oracle[0] == "error" and any(word in str(found.oracle[1]) for word in words)


def _both_values(found: Difference) -> bool:
    return "error" not in (found.ours[0], found.oracle[0])


KNOWN: tuple[Known, ...] = (
    Known(
        "no such function",
        "network addresses, lists and Rulewright's own functions are no part of cel-expr-python 0.1.3",
        lambda found: (
            _MISSING.search(str(found.oracle[1])) is not None or _OURS_ONLY.search(found.text) is not None
        ),
    ),
    Known(
        "optional results",
        "the binding can't turn an optional value into a Python object",
        _oracle_says("Unable to convert function return value"),
    ),
    Known(
        "lazy bind",
        "the oracle never evaluates the value of a cel.bind whose variable is not reached; ours does, and "
        "so reports its error",
        lambda found: "cel.bind" in found.text and found.ours[0] == "error",
    ),
    Known(
        "keys true and 1",
        "one Python dict can't hold both, so the binding loses entries; ours keeps them",
        lambda found: found.ours[0] == found.oracle[0] == "map",
    ),
    Known(
        "string of a type or null",
        "ours converts them to text; the oracle has no such overload, and the suite asks for none",
        _oracle_says("string(type)", "string(null_type)"),
    ),
    Known(
        "texts of doubles",
        "the oracle writes inf and 9.007199254740992e+15, ours Infinity and plain digits below 1e21",
        lambda found: _both_values(found) and re.search(r"string\(|format\(", found.text) is not None,
    ),
    Known(
        "in a map",
        "what can't be a key is in no map, says ours; the oracle has no overload for it",
        lambda found: found.oracle[0] == "error" and found.ours[0] != "error" and " in " in found.text,
    ),
    Known(
        "split of an empty text",
        "''.split('') is an empty list, as in Go; the oracle gives one empty text",
        lambda found: ".split(" in found.text,
    ),
    Known(
        "indexOf from the end",
        "an offset at the end of the text is out of range, as in cel-go's strings.go; the oracle gives -1",
        lambda found: "ndexOf(" in found.text and "index out of range" in str(found.ours[1]),
    ),
    Known(
        "order of a map's keys",
        "macros go through keys in the order of the data here, in any order there",
        lambda found: (
            found.ours[0] == found.oracle[0] == "list"
            and sorted(map(repr, found.ours[1])) == sorted(map(repr, found.oracle[1]))  # type: ignore[call-overload]
        ),
    ),
)
