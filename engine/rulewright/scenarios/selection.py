"""`-k`: which scenarios to run, by words in their names with and, or, not and parentheses."""

from __future__ import annotations

import re
from collections.abc import Callable

from rulewright.errors import ConfigurationError
from rulewright.scenarios.model import Scenario

Selection = Callable[[Scenario], bool]
_Test = Callable[[str], bool]
_TOKEN = re.compile(r"[()]|[^\s()]+")
_WORDS = frozenset({"and", "or", "not", "(", ")"})


def parse_selection(text: str) -> Selection:
    """Turn `household and not (update or 5)` into a test of scenarios.

    Words that stand side by side are one phrase. Case does not matter; file and resource are searched too.
    Raises ConfigurationError for what is no such expression.
    """
    parser = _Parser(text)
    test = parser.either()
    parser.end()
    return lambda scenario: test(f"{scenario.file} {scenario.resource} {scenario.name}".lower())


class _Parser:
    """Recursive descent over the words; nesting is as deep as the parentheses typed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _TOKEN.findall(text)

    def either(self) -> _Test:
        """`a or b`."""
        test = self.both()
        while self._take("or"):
            test = _any_of(test, self.both())
        return test

    def both(self) -> _Test:
        """`a and b`."""
        test = self.one()
        while self._take("and"):
            test = _all_of(test, self.one())
        return test

    def one(self) -> _Test:
        """`not a`, `(a)` or a phrase."""
        if self._take("not"):
            return _not(self.one())
        if self._take("("):
            test = self.either()
            if not self._take(")"):
                self._refuse("a ) is missing")
            return test
        words: list[str] = []
        while self.tokens and self.tokens[0].lower() not in _WORDS:
            words.append(self.tokens.pop(0))
        if not words:
            self._refuse("a word of a scenario's name is missing")
        phrase = " ".join(words).lower()
        return lambda name: phrase in name

    def end(self) -> None:
        """Refuse what is left over: a name that was copied has perhaps a word in it that means more here."""
        if self.tokens and self.tokens[0].lower() == "not":
            self._refuse(
                "not leaves scenarios out; of a name that holds it, give the words before or after it"
            )
        if self.tokens:
            self._refuse(f"{self.tokens[0]} stands where nothing can")

    def _take(self, word: str) -> bool:
        if self.tokens and self.tokens[0].lower() == word:
            self.tokens.pop(0)
            return True
        return False

    def _refuse(self, why: str) -> None:
        raise ConfigurationError(f"-k {self.text!r}: {why}")


def _any_of(one: _Test, other: _Test) -> _Test:
    return lambda name: one(name) or other(name)


def _all_of(one: _Test, other: _Test) -> _Test:
    return lambda name: one(name) and other(name)


def _not(test: _Test) -> _Test:
    return lambda name: not test(name)
