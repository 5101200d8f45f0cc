"""Every exception that Rulewright raises on purpose, by whose fault it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rulewright.problem import SourceProblem

# What ends a run, or a generator that yields, is nobody's failure. All else that a plug-in raises is one: its
# SystemExit, and, where nothing is yielded, its GeneratorExit, too.
ENDINGS: Final = (KeyboardInterrupt, GeneratorExit)
# So much is told of what foreign code says, in characters: one error may quote another, and so on.
_LONGEST: Final = 1_000


def in_words(error: BaseException) -> str:
    """The kind and the text of what foreign code raised, even where making the text fails."""
    kind = type(error).__name__
    try:
        text = str(error)
    except KeyboardInterrupt:
        raise
    except BaseException as failure:
        return f"{kind} (its text fails with {type(failure).__name__})"
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 1]}…"
    return f"{kind}: {text}" if text else kind


class RulewrightError(Exception):
    """The root: catch this to catch whatever Rulewright raises on purpose."""


class RuleFileError(RulewrightError):
    """The rule files are wrong. `problems` holds every mistake found in all of them.

    As text it shows each with its place, the line with a caret, and a hint.
    """

    def __init__(self, problems: Iterable[SourceProblem]) -> None:
        self.problems: tuple[SourceProblem, ...] = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        from rulewright.source_text import render_problems  # noqa: PLC0415 - for those who read it

        return render_problems(self.problems).rstrip()


class EvaluationError(RulewrightError):
    """The caller asked for something that can't be evaluated: an unknown resource or operation."""


class NoRecordError(EvaluationError):
    """The record that is asked about is not there, or none that the caller may see."""


class PayloadError(RulewrightError):
    """An input file can't be read as payloads. `at` is "file:line:column" as far as it is known."""

    def __init__(self, message: str, at: str | None = None) -> None:
        self.at = at
        super().__init__(f"{at}: {message}" if at else message)


class ConfigurationError(RulewrightError):
    """A setting, an option or an environment variable makes no sense."""


class PluginError(ConfigurationError):
    """A plug-in can't be used as it is; the message names it, and what is wrong with what it adds."""


class AdapterError(RulewrightError):
    """A store or a forwarder could not do its part; the payload may be fine."""


class ConflictError(AdapterError):
    """A store gave a transaction up for the sake of another one: nothing of it is stored, and it may be
    done again. Serialization failures and deadlocks are such.
    """


class StoreLostError(AdapterError):
    """A store's server does not answer (any more); later it may. An open transaction is not stored."""


class StoreMismatchError(AdapterError):
    """The store was made for other rules. `differences` says what differs, one sentence each."""

    def __init__(self, store: str, differences: Iterable[str]) -> None:
        self.differences: tuple[str, ...] = tuple(differences)
        listed = "".join(f"\n  - {difference}" for difference in self.differences)
        what_to_do = "nothing was changed; docs/stores.md says what to do where rules change"
        super().__init__(f"{store} does not fit these rules:{listed}\n  ({what_to_do})")


class RecordRefusedError(AdapterError):
    """The store refused one record, and takes others. `row` is its place (from 0) where many were written."""

    row: int | None = None


class UniqueViolationError(RecordRefusedError):
    """The store refused a write because a unique constraint holds there.

    `fields` are the constraint's fields, in the order of the rule file.
    """

    def __init__(self, resource: str, fields: tuple[str, ...], row: int | None = None) -> None:
        self.resource = resource
        self.fields = fields
        self.row = row
        super().__init__(f"{resource}: another record has the same {', '.join(fields)}")


class ReferenceViolationError(RecordRefusedError):
    """The store refused a write because it names a record that is not there."""


class OversizeError(RecordRefusedError):
    """The store refused a record that holds a value too long for an index there.

    `fields` are those of the index, none where the store does not tell.
    """

    def __init__(self, resource: str, fields: tuple[str, ...], row: int | None = None) -> None:
        self.resource = resource
        self.fields = fields
        self.row = row
        what = " or ".join(fields) or "a value"
        super().__init__(f"{resource}: {what} is too long to be kept in an index of the store")
