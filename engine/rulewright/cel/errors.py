"""What can go wrong with an expression, split by whose fault it is.

`CelSyntaxError`: the text is not CEL. `EvaluationError`: the text is fine, the values are not.
`Unknown`: a value that can't be known in this run. `LimitError`: the expression or its values are too big.
Offsets count characters of the expression's text; they are `None` where no node is to blame.
"""

from __future__ import annotations


class CelError(Exception):
    """The root of every error of this package: a plain sentence and the piece of text it is about."""

    def __init__(self, message: str, start: int | None = None, end: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end


class CelSyntaxError(CelError):
    """The text does not follow CEL's grammar, or uses a macro in a way it can't be used."""


class EvaluationError(CelError):
    """The expression can't be evaluated on these values: no such field, division by zero, ..."""


class Unknown(CelError):  # noqa: N818  # CEL's word: it is no error until it decides
    """A value that is not known in this run.

    A binding or a custom function may raise it. `&&`, `||`, `?:` and the macros `all`, `exists` and
    `exists_one` still give a result where the value does not matter; otherwise it reaches the caller.
    """

    def __init__(self, message: str = "the value is not known", start: int | None = None) -> None:
        super().__init__(message, start)


class LimitError(CelError):
    """A bound was met: length, depth or size of the text, or steps at run time; `||` never absorbs it."""
