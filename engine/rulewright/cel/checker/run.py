"""One check of one expression: what is in sight at a node, and what has been found wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from rulewright.cel.checker.constants import always
from rulewright.cel.checker.declarations import CheckCode, CheckProblem, Declarations
from rulewright.cel.checker.facts import NO_FACTS, Facts, closed, facts_of, hidden, path_of
from rulewright.cel.checker.types import RecordField, RecordType, is_nullable, is_open, without_null
from rulewright.cel.checker.wording import excerpt, spoken
from rulewright.cel.tree import Has, Node, Select
from rulewright.cel.values import BOOL, Type


class Scope(Struct, frozen=True):
    """The variables of the macros around a node, and the paths that can't be null there."""

    local: Mapping[str, Type]
    facts: Facts = NO_FACTS

    def knowing(self, facts: Facts) -> Scope:
        """The scope with more facts."""
        return Scope(self.local, self.facts | facts) if facts - self.facts else self

    def binding(self, variables: Mapping[str, Type]) -> Scope:
        """The scope within a macro."""
        return Scope({**self.local, **variables}, hidden(self.facts, variables))


Deduce = Callable[["Run", Node, Scope], Type]


class Run:
    """Collects the problems of one expression."""

    __slots__ = ("_deduce", "_quiet", "_settled", "_told", "declarations", "problems", "text")

    def __init__(self, text: str, declarations: Declarations, deduce: Deduce) -> None:
        self.text = text
        self.declarations = declarations
        self.problems: list[CheckProblem] = []
        self._deduce = deduce
        self._told: set[object] = set()
        self._settled: list[tuple[int, int]] = []
        self._quiet = False

    def type_of(self, node: Node, scope: Scope) -> Type:
        """The type of a node; problems below it are noted."""
        return self._deduce(self, node, scope)

    def report(
        self,
        code: CheckCode,
        message: str,
        place: Node | tuple[int, int],
        *,
        hint: str | None = None,
        severity: Literal["error", "warning"] = "error",
        name: str | None = None,
    ) -> None:
        """Note a problem."""
        if not self._quiet:
            start, end = (place.start, place.end) if isinstance(place, Node) else place
            self.problems.append(CheckProblem(code, message, start, end, hint, severity, name))

    def code(self, node: Node) -> str:
        """The node's text, for a message."""
        return excerpt(self.text, node.start, node.end)

    def word_after(self, offset: int, word: str, node: Node) -> tuple[int, int]:
        """Where a field's name or a method's stands: behind its operand."""
        start = self.text.find(word, offset, node.end)
        return (start, start + len(word)) if start >= 0 else (node.start, node.end)

    def solid(self, node: Node, scope: Scope, why: str) -> Type:
        """The type of a node whose null would be an error; where it may be null that is told, once a path."""
        kind = self.type_of(node, scope)
        if is_nullable(kind):
            self.warn_of_null(node, scope, why)
        return without_null(kind)

    def warn_of_null(self, node: Node, scope: Scope, why: str, hint: str | None = None) -> None:
        """Tell that a value may be null where null would be an error; `hint` is for a plain path."""
        path = path_of(node)
        key: object = path if path is not None and path[0] not in scope.local else (node.start, node.end)
        if self._quiet or key in self._told:
            return
        self._told.add(key)
        hint = None if path is None else hint or f"ask given({self.code(node)}) first"
        message = f"{self.code(node)} may be absent or null, and then {why}"
        self.report("may-be-null", message, node, hint=hint, severity="warning")

    def condition(self, node: Node, scope: Scope, *, denied: bool = False) -> None:
        """Check a node that has to be true or false; `denied`: it stands behind `!`."""
        settled = self._note_constant(node)
        kind = self.type_of(node, scope)
        if settled:
            self._settled.pop()
        if without_null(kind) != BOOL and not is_open(kind):
            message = f"a condition is true or false, and this is {spoken(kind)}: {self.code(node)}"
            hint = f"ask given({self.code(node)})" if path_of(node) is not None else None
            self.report("not-a-condition", message, node, hint=hint)
        elif is_nullable(kind):
            code = self.code(node)
            hint = f"write {code} != true in place of !{code}" if denied else f"write {code} == true"
            self.warn_of_null(node, scope, "is neither true nor false", hint)

    def _note_constant(self, node: Node) -> bool:
        """Tell of a condition that is always one way; what lies within it is then not told of again."""
        if any(start <= node.start and node.end <= end for start, end in self._settled):
            return False
        value = always(node)
        if value is None:
            return False
        message = f"this is always {'true' if value else 'false'}: {self.code(node)}"
        self.report("constant-condition", message, node, severity="warning")
        self._settled.append((node.start, node.end))
        return True

    def facts(self, node: Node, scope: Scope, *, holds: bool) -> Facts:
        """What is not null where a condition holds, or where it doesn't."""
        found = facts_of(node, holds, lambda asked: self._is_never_null(asked, scope))
        return closed(found, self.declarations.implies)

    def _is_never_null(self, asked: Has, scope: Scope) -> bool:
        """Is the field only absent or else a value? Then `has` says all."""
        field = self.field_of(asked, scope)
        return field is not None and not field.nullable

    def field_of(self, node: Select | Has, scope: Scope) -> RecordField | None:
        """The declared field that a node reads from a plain path; only such a path may be typed once more."""
        if path_of(node.operand) is None:
            return None
        quiet, self._quiet = self._quiet, True
        kind = without_null(self.type_of(node.operand, scope))
        self._quiet = quiet
        return kind.fields.get(node.field) if isinstance(kind, RecordType) else None

    def narrowed(self, node: Node, kind: Type, scope: Scope) -> Type:
        """The type of a path, without null where a condition around it says so."""
        if scope.facts and is_nullable(kind) and path_of(node) in scope.facts:
            return without_null(kind)
        return kind
