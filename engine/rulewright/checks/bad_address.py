"""bad-address: a target's url, or an operation's path, is none that a message or a call could have.

targets: {hook: {url: 'https://x.example/a b'}}     # an error: a URL holds no space
targets: {hook: {url: x.example/a}}                 # a warning: begin with https:// (or / alone)
path: loans/:id                                     # a warning: write /loans/{id}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rulewright.checks.subject import Subject, problem
from rulewright.model import Operation, Target
from rulewright.problem import SourceProblem

CODE = "bad-address"
_UNWRITABLE = re.compile(r"[\s\x00-\x1f\x7f]")
# A path alone goes below the address that rulewright.toml has for the target (docs/outbox.md).
_URL = re.compile(r"(https?://[^/?#]+([/?#].*)?|/(?!/).*)", re.IGNORECASE)
_PARAMETER = re.compile(r"\{[A-Za-z_][A-Za-z0-9_]*\}")
# As other frameworks write them: /loans/:id and /loans/<id>.
_FOREIGN = re.compile(r"/(?::([A-Za-z_][A-Za-z0-9_]*)|<(?:[a-z]+:)?([A-Za-z_][A-Za-z0-9_]*)>)")


def check(subject: Subject) -> Iterator[SourceProblem]:
    """The targets of api.yaml, and the operations of the file."""
    for target in subject.api.targets:
        yield from _of_target(subject, target)
    for operation in subject.file.operations:
        if operation.path is not None:
            yield from _of_operation(subject, operation, operation.path)


def _of_target(subject: Subject, target: Target) -> Iterator[SourceProblem]:
    where = subject.place(target.span, target.url)
    if _UNWRITABLE.search(target.url):
        hint = "a space in it is written %20"
        yield problem(CODE, f"the url of {target.name} holds a space, which no URL does", where, hint=hint)
    elif not _URL.fullmatch(target.url):
        message = f"the url of {target.name} is no address that a message can be sent to"
        yield problem(
            CODE,
            message,
            where,
            hint="it begins with https:// and a host, or with / where rulewright.toml names the host",
            severity="warning",
        )


def _of_operation(subject: Subject, operation: Operation, path: str) -> Iterator[SourceProblem]:
    message, hint = f"the path of {operation.name} ", None
    if not path.startswith("/"):
        message, hint = f"{message}does not begin with /", f"write /{path}"
    elif _FOREIGN.search(path):
        named = _FOREIGN.sub(lambda found: f"/{{{found[1] or found[2]}}}", path)
        message, hint = f"{message}names a parameter in another way", f"write '{named}'"
    elif set("{}") & set(_PARAMETER.sub("", path)):
        message, hint = f"{message}has a brace that is no parameter", "a parameter is a name in braces: {id}"
    elif _UNWRITABLE.search(path) or set("?#") & set(path):
        message += "holds more than a path: a space, a ? or a #"
    else:
        return
    yield problem(CODE, message, subject.value_of(operation, "path"), hint=hint, severity="warning")
