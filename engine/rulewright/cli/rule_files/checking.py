"""`check`: rule files are read and checked, and what was found is shown in the chosen format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import click
from msgspec import Struct

from rulewright.checks import check_reading
from rulewright.cli.configured import configured_registry
from rulewright.cli.options import OutputChoices
from rulewright.cli.output import chosen_format, paint
from rulewright.cli.results import write
from rulewright.inference import require_choice
from rulewright.problem import SourceProblem
from rulewright.reader import read_rules, sorted_problems
from rulewright.report.text import dump_json, show_lines
from rulewright.source_text import Part, render_problem, underlined

# How the parts of a problem look; the rest of the text is plain.
_LOOKS: Final = {"error": "error", "warning": "warning", "info": "info", "caret": "error", "hint": "info"}


class Checked(Struct, frozen=True):
    """What checking one path found. `resources` is how many could be read."""

    folder: str
    resources: int
    problems: tuple[SourceProblem, ...]


def check_folder(folder: Path) -> Checked:
    """Read and check the rule files of one path."""
    registry = configured_registry()
    reading = read_rules(folder, registry=registry)
    require_choice(reading.rules)
    problems = sorted_problems([*reading.problems, *check_reading(reading, registry)])
    return Checked(str(folder), len(reading.rules.resources), problems)


def show_problems(checked: Sequence[Checked], output: OutputChoices) -> tuple[int, int]:
    """Write what was found; return how many errors and warnings there are."""
    # Two paths of one API read the same files.
    problems = list(dict.fromkeys(problem for each in checked for problem in each.problems))
    counts = Counter(problem.severity for problem in problems)
    chosen = chosen_format(output)
    for text in _texts(chosen, checked, problems, output):
        write(text)
    said = f"{_count(sum(each.resources for each in checked), 'resource')} read: "
    said += f"{_count(counts['error'], 'error')}, {_count(counts['warning'], 'warning')}"
    if chosen == "pretty":
        write(f"{said}\n")
    else:
        click.echo(said, err=True)
    return counts["error"], counts["warning"]


def problem_json(problem: SourceProblem) -> dict[str, object]:
    """A problem of a rule file as plain JSON data."""
    return {
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.message,
        "at": str(problem.span),
        "end": f"{problem.span.end_line}:{problem.span.end_column}",
        "snippet": problem.snippet,
        "hint": problem.hint,
    }


def _texts(
    chosen: str, checked: Sequence[Checked], problems: Sequence[SourceProblem], output: OutputChoices
) -> Iterator[str]:
    if chosen == "json":
        yield dump_json([problem_json(problem) for problem in problems], indent=2) + "\n"
    elif chosen == "jsonl":
        yield from (dump_json(problem_json(problem)) + "\n" for problem in problems)
    elif chosen in _DOCUMENTS:
        yield from _DOCUMENTS[chosen](checked, problems)
    elif chosen == "text":
        yield from map(_compact, problems)
    else:
        painted = paint(output)

        def style(text: str, part: Part) -> str:
            return painted(_safe(text, part), _LOOKS.get(part, ""))

        yield from (f"{render_problem(problem, style)}\n" for problem in problems)


def _sarif(_: Sequence[Checked], problems: Sequence[SourceProblem]) -> Iterator[str]:
    # What writes a format is imported when that is chosen.
    from rulewright.report.finding import finding_of  # noqa: PLC0415
    from rulewright.report.sarif import sarif_document  # noqa: PLC0415

    yield sarif_document(map(finding_of, problems))


def _junit(checked: Sequence[Checked], _: Sequence[SourceProblem]) -> Iterator[str]:
    from rulewright.report.junit import Case, junit_document  # noqa: PLC0415

    def case(one: Checked) -> Case:
        errors = any(problem.severity == "error" for problem in one.problems)
        lines = [_line(problem) for problem in one.problems]
        return Case(one.folder, "check", "failure" if errors else None, lines)

    yield junit_document(map(case, checked))


def _github(_: Sequence[Checked], problems: Sequence[SourceProblem]) -> Iterator[str]:
    from rulewright.report.finding import finding_of  # noqa: PLC0415
    from rulewright.report.github import github_line  # noqa: PLC0415

    yield from (github_line(finding_of(problem)) for problem in problems)


_DOCUMENTS: Final = {"sarif": _sarif, "junit": _junit, "github": _github}


def _line(problem: SourceProblem) -> str:
    hint = f" ({problem.hint})" if problem.hint else ""
    return show_lines(f"{problem.span}: {problem.severity}[{problem.code}]: {problem.message}{hint}")


def _safe(text: str, _: Part) -> str:
    return show_lines(text.replace("\t", " "))


def _compact(problem: SourceProblem) -> str:
    lines = [_line(problem), *underlined(problem, _safe)]
    return "\n".join(lines) + "\n"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
