"""The names of the types that api.yaml files share, for schemas that know them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rulewright.errors import RuleFileError
from rulewright.reader.folder import API_FILE, find_folders
from rulewright.reader.scalars import NAME
from rulewright.source import MapNode, read_source


def shared_types(rules: Path) -> frozenset[str]:
    """The types of all APIs of a folder. Raises RuleFileError where there is none, OSError.

    What is wrong with the files is told by `check`, and by an editor; they may as well be still to write.
    """
    folders, problems, _ = find_folders(rules, None)
    if any(problem.code == "unreadable-file" for problem in problems):
        raise RuleFileError(problems)
    files = (folder.path / API_FILE for folder in folders if folder.has_api_file)
    return frozenset(name for file in files for name in _types_of(file))


def _types_of(file: Path) -> Iterator[str]:
    node, _ = read_source(file.read_bytes(), str(file))
    types = node.get("types") if isinstance(node, MapNode) else None
    if isinstance(types, MapNode):
        yield from filter(NAME.fullmatch, types.keys())
