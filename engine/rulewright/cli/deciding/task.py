"""What `validate` and `plan` were asked to decide."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from rulewright.cli.desk.desk import Desk
from rulewright.cli.options import Choices, OutputChoices, SplitChoices
from rulewright.inputs import Source


class Task(Struct, frozen=True):
    """The payloads of `sources`, and how they are told of. `fix`: with the change that would be accepted."""

    desk: Desk
    sources: Sequence[Source]
    choices: Choices
    split: SplitChoices
    output: OutputChoices
    fix: bool = False
