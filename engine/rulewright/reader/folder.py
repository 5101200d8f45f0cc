"""Which files a path stands for: a root of rule files, one API's folder, or one resource's file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from rulewright.misplaced import is_around_apis, misplaced_files
from rulewright.problem import SourceProblem, Span
from rulewright.reader.scalars import NAME

API_FILE = "api.yaml"
_ENDINGS = (".yaml", ".yml")
_TEST_ENDING = ".test.yaml"


class ApiFolder(Struct, frozen=True):
    """One API's files. `shown` is how reports name the folder, `relative` its path in the sha256."""

    name: str
    path: Path
    shown: str
    relative: str
    resources: tuple[str, ...]
    has_api_file: bool


# The folders, the problems, and whether these are all APIs there are.
_Found = tuple[tuple[ApiFolder, ...], tuple[SourceProblem, ...], bool]


def find_folders(path: Path, display_root: str | None) -> _Found:
    """The API folders that `path` stands for."""
    shown = str(path) if display_root is None else display_root
    if path.is_file():
        if not path.name.endswith(_ENDINGS) or path.name.endswith(_TEST_ENDING):
            said = f"{path.name} is no rule file"
            return (), (_about(shown, "no-rule-files", said, _hint_for(shown)),), False
        # A resource is read with its neighbours: its look-ups and references name them.
        parent = str(path.parent) if display_root is None else display_root
        return *_one(path.parent, parent), False
    if not path.is_dir():
        return (), (_about(shown, "unreadable-file", "there is no such file or folder"),), False
    if _files(path) and not is_around_apis(str(path)):
        return *_one(path, shown), False
    folders: list[ApiFolder] = []
    problems: list[SourceProblem] = []
    for folder in sorted(path.iterdir()):
        if folder.is_dir() and not folder.name.startswith((".", "_")) and _files(folder):
            found, wrong = _one(folder, join(shown, folder.name))
            folders.extend(found)
            problems.extend(wrong)
    if not folders and not problems:
        problems.append(_about(shown, "no-rule-files", "there are no rule files here", _hint_below(path)))
    return tuple(folders), tuple(problems), True


def join(folder: str, name: str) -> str:
    """A file's shown path, with forward slashes on every system."""
    return name if folder in {"", "."} else f"{folder.rstrip('/')}/{name}"


def _files(folder: Path) -> list[Path]:
    """The YAML files directly in a folder, scenario files left out; links that lead nowhere are told of."""
    named = (path for path in folder.iterdir() if path.name.endswith(_ENDINGS))
    found = (path for path in named if not path.name.endswith(_TEST_ENDING))
    return sorted(path for path in found if path.is_file() or (path.is_symlink() and not path.exists()))


def _hint_for(shown: str) -> str:
    if shown.endswith(_TEST_ENDING):
        return f"scenarios are run by: rulewright test {shown}"
    return "expected <api>/<name>.yaml"


def _hint_below(path: Path) -> str:
    """Who names the folder around the rules, most often by `.`, is told their own."""
    expected = "expected <api>/<name>.yaml"
    for folder in sorted(
        one for one in path.iterdir() if one.is_dir() and not one.name.startswith((".", "_"))
    ):
        if any(folder.glob("*/api.yaml")):
            return f"{expected}; the folder {folder.name} in it has some"
    return expected


def _one(folder: Path, shown: str) -> tuple[tuple[ApiFolder, ...], tuple[SourceProblem, ...]]:
    problems: list[SourceProblem] = []
    name = folder.resolve().name
    if not NAME.fullmatch(name):
        problems.append(_about(shown, "bad-name", f"the folder \"{name}\" can't be an API's name"))
    resources: list[str] = []
    for path in _files(folder):
        if not NAME.fullmatch(path.stem) or path.suffix != ".yaml":
            hint = "letters, digits and _ only, ending in .yaml"
            problems.append(
                _about(join(shown, path.name), "bad-name", f"{path.name} can't be a rule file", hint)
            )
        elif path.name != API_FILE:
            resources.append(path.stem)
    problems.extend(_misplaced(folder, shown))
    has_api = (folder / API_FILE).is_file()
    return (ApiFolder(name, folder, shown, name, tuple(resources), has_api),), tuple(problems)


def _misplaced(folder: Path, shown: str) -> Iterator[SourceProblem]:
    name, (first, *_) = folder.resolve().name, _files(folder)
    message = f"this rule file is not read: it lies in a folder below that of the API {name}"
    hint = f"rule files are <api>/<name>.yaml, and {name} is taken for an API since it holds {first.name}"
    for path in misplaced_files(str(folder)):
        yield _about(join(shown, Path(path).as_posix()), "misplaced-file", message, hint)


def _about(file: str, code: str, message: str, hint: str | None = None) -> SourceProblem:
    return SourceProblem(code, message, Span(file or ".", 1, 1, 1, 1), hint=hint)
