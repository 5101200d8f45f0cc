"""Where rule files lie: around an API's folder, or below it. Needs nothing that takes its time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

# So many folders are looked into, the nearest first: whoever has more keeps something else there.
_MOST: Final = 200
# Of a file so much is read: the keywords of its top level tell what it is.
_HEAD: Final = 65_536


def misplaced_files(folder: str) -> Iterator[str]:
    """The rule files below an API's folder, as paths from there; scenario files may lie anywhere."""
    waiting = [""]
    for _ in range(_MOST):
        if not waiting:
            return
        below = waiting.pop(0)
        for entry in _entries(os.path.join(folder, below)):
            path = os.path.join(below, entry.name)
            if entry.name.startswith((".", "_")):
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(path)
            elif below and _is_rule_file(entry):
                yield path


def is_around_apis(folder: str) -> bool:
    """Whether the YAML files of a folder are no rule files, and those of a folder in it are some.

    So records and payloads may lie beside the folders of the APIs.
    """
    entries = _entries(folder)
    if any(_is_rule_file(entry) for entry in entries if entry.is_file()):
        return False
    below = (one for one in entries if one.is_dir() and not one.name.startswith((".", "_")))
    return any(_is_rule_file(entry) for one in below for entry in _entries(one.path))


def _entries(folder: str) -> list[os.DirEntry[str]]:
    with suppress(OSError), os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)
    return []


def _is_rule_file(entry: os.DirEntry[str]) -> bool:
    if not entry.name.endswith((".yaml", ".yml")) or entry.name.endswith(".test.yaml"):
        return False
    if entry.name == "api.yaml":
        return True
    keywords: set[bytes] = set()
    with suppress(OSError), open(entry.path, "rb") as file:
        lines = file.read(_HEAD).removeprefix(b"\xef\xbb\xbf").splitlines()
        keywords = {line.partition(b":")[0].rstrip() for line in lines if b":" in line}
    return not keywords.isdisjoint((b"rulewright", b"resource")) and b"scenarios" not in keywords
