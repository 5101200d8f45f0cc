"""libyaml's complaints in plain English, with what to do about them."""

from __future__ import annotations

import re

import yaml
from msgspec import Struct

from rulewright.problem import SourceProblem, Span
from rulewright.source.text import SourceText

_QUOTE = "put the whole text in single quotes, or write | and the text indented below"
# `required_if: !given(...)`: an expression that YAML takes for a tag.
_TAGGED = re.compile(r"(?:^|[:\-,\[{])\s+(!\S.*)$")
_CUT = re.compile(r"\s#")
_CHOICE = re.compile(r"\s\?\s.*\s:\s")
_GOES_ON = re.compile(r"\s*(?:&&|\|\||[?:+*/<>=!.%])")


class _Explanation(Struct, frozen=True):
    """How one of libyaml's messages is told. `at_context`: it starts where the context does."""

    pattern: str
    message: str
    hint: str | None = None
    at_context: bool = False


_EXPLANATIONS = (
    _Explanation(
        "mapping values are not allowed",
        'a second ": " in this line, or a line indented too far',
        'a text that holds ": " must be in quotes (an expression with ? : too); ' + _QUOTE,
    ),
    _Explanation(
        "found character that cannot start any token",
        "this character can't stand here",
        "a text that starts with @, % or ` must be in quotes; indent with spaces, never with tabs",
    ),
    _Explanation(
        "could not find expected ':'", "this line is no `key: value`", "add the colon, or indent it"
    ),
    _Explanation("while scanning an alias|while scanning an anchor", "* and & start an alias", _QUOTE),
    _Explanation("unexpected end of stream", "this quote is never closed", "add the closing quote", True),
    _Explanation("unknown escape|escape code|hexdecimal", "this \\ escape is not known", 'use \\\\ for "\\"'),
    _Explanation("or '\\]'", "this [ is never closed, or a comma is missing", "add ] or the comma", True),
    _Explanation(
        "or '}'",
        "this { is never closed, or a comma is missing",
        'add } or the comma; a text that holds ": " must be in quotes',
        True,
    ),
    _Explanation(
        "did not find expected '-'|did not find expected key|expected <document start>|block end",
        "this line doesn't fit the lines above it",
        "check its indentation; a text that goes on behind a closing quote must be quoted as a whole",
    ),
    _Explanation("while parsing a tag|while scanning a tag|undefined tag", "! starts a tag", _QUOTE),
    _Explanation("expected node content", "a value is missing here, or a bracket closes nothing", _QUOTE),
    _Explanation("incompatible YAML|directive", "YAML directives (%) aren't read", "delete the line"),
)


def explain_tag(source: SourceText, span: Span, raw: str) -> SourceProblem:
    """A tag, which is most often an expression that starts with `!`."""
    shown = _within_brackets(raw.split(" #", maxsplit=1)[0].strip())
    if re.match(r"![A-Za-z_(!]", shown) and not shown.startswith("!!"):
        quoted = shown.replace("'", "''")
        hint = f"quote the expression: '{quoted}'"
        return source.problem("tag", "YAML takes what starts with ! for a tag, not a text", span, hint=hint)
    return source.problem("tag", "YAML tags (!...) aren't read", span, hint="delete the tag")


def _within_brackets(raw: str) -> str:
    """The text up to the bracket, or the comma behind it, that closes what it stands in."""
    depth = 0
    for index, character in enumerate(raw):
        depth += (character in "([{") - (character in ")]}")
        if depth < 0:
            return raw[:index].rstrip()
    return raw


def explain_yaml_error(source: SourceText, error: yaml.YAMLError) -> SourceProblem:
    """A syntax error of libyaml with its place, what it means and what helps."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return source.problem("yaml-syntax", f"this is no YAML: {error}", source.span(0, 0))
    said = f"{error.context or ''} {error.problem or ''}"
    explanation = next((found for found in _EXPLANATIONS if re.search(found.pattern, said)), None)
    mark = error.problem_mark or error.context_mark
    if explanation and explanation.at_context and error.context_mark:
        mark = error.context_mark
    index = source.index_at(mark.line + 1, mark.column + 1) if mark else 0
    tagged = _tagged_line(source, index) or _bracket_in_text(source, error.problem_mark)
    if tagged is not None:
        return tagged
    span = source.span(index, min(index + 1, source.line_end(index)))
    if explanation is None:
        return source.problem("yaml-syntax", f"this is no YAML: {said.strip()}", span)
    return source.problem("yaml-syntax", explanation.message, span, hint=_with_cut(source, span, explanation))


def _tagged_line(source: SourceText, index: int) -> SourceProblem | None:
    line, _ = source.position(index)
    found = _TAGGED.search(source.line(line))
    if found is None:
        return None
    start = source.index_at(line, found.start(1) + 1)
    raw = found.group(1)
    return explain_tag(source, source.span(start, start + len(raw)), raw)


def _bracket_in_text(source: SourceText, mark: yaml.Mark | None) -> SourceProblem | None:
    """A pattern or an expression without quotes, of which YAML takes a bracket for that of a list or map."""
    if mark is None:
        return None
    index = source.index_at(mark.line + 1, mark.column + 1)
    before, here = source.line(mark.line + 1)[: mark.column], source.text[index : index + 1]
    span = source.span(index, min(index + 1, source.line_end(index)))
    if here in ("[", "{") and before.strip() and before.rstrip()[-1] not in ",:[]{}'\"":
        message = f"inside {{ }} and [ ] a {here} ends an unquoted text"
    elif before.endswith(("]", "}")) and here.strip() and here not in ",:]}":
        opened = "[" if before.endswith("]") else "{"
        message = f"a text that starts with {opened} is taken for a {'list' if opened == '[' else 'map'}"
    else:
        return None
    return source.problem("yaml-syntax", message, span, hint="put the whole text in single quotes")


def _with_cut(source: SourceText, span: Span, explanation: _Explanation) -> str | None:
    """A text that goes on in the next line behind a ` #` breaks there, and not where it was cut."""
    opened = source.line(span.line)
    if "or '" in explanation.pattern and _CUT.search(opened):
        return f"' #' starts a comment, which hides what closes it; {_QUOTE}"
    if "or '" in explanation.pattern and _CHOICE.search(opened):
        return (
            "inside { } and [ ] an expression with ? : must be in quotes: put the whole text in single quotes"
        )
    goes_on = "':'" in explanation.pattern or _GOES_ON.match(source.line(span.line))
    if goes_on and _CUT.search(source.line(span.line - 1)):
        return f"in the line above, ' #' starts a comment and cuts the text; {_QUOTE}"
    return explanation.hint
