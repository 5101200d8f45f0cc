"""What is kept in the user's cache folder: read whole, and only where nobody else could have written it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rulewright.private_cache import cache_folder, read_kept, write_kept


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that is kept, beside another one."""
    folder = tmp_path / "cache"
    for name in ("one.kept", "other.kept"):
        write_kept(str(folder), name, f"the body of {name}".encode(), most=9)
    return folder / "one.kept"


def test_what_was_kept_is_read(file: Path) -> None:
    """As it was written."""
    assert read_kept(str(file.parent), file.name) == b"the body of one.kept"


SPOILT: dict[str, Callable[[Path], object]] = {
    "torn": lambda file: file.write_bytes(file.read_bytes()[:-7]),
    "empty": lambda file: file.write_bytes(b""),
    "altered": lambda file: file.write_bytes(file.read_bytes().replace(b"body", b"bady")),
    "readable": lambda file: file.chmod(0o644),
    "readable folder": lambda file: file.parent.chmod(0o755),
    "open folder": lambda file: file.parent.chmod(0o777),
    "another's secret": lambda file: (file.parent / "secret").write_bytes(b"s" * 32),
    "no secret": lambda file: (file.parent / "secret").write_bytes(b""),
    "told secret": lambda file: (file.parent / "secret").chmod(0o644),
    "lost secret": lambda file: (file.parent / "secret").unlink(),
    "link": lambda file: (file.rename(file.with_suffix(".x")), file.symlink_to(file.with_suffix(".x"))),
    "another's place": lambda file: file.write_bytes((file.parent / "other.kept").read_bytes()),
}


@pytest.mark.parametrize("how", SPOILT)
def test_what_is_not_ours_is_not_read(how: str, file: Path) -> None:
    """Only a whole file of the user's own, in a folder closed to others, made here and under this name."""
    SPOILT[how](file)

    assert read_kept(str(file.parent), file.name) is None


def test_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """XDG is followed; a relative XDG path is not, as the standard says."""
    monkeypatch.delenv("RULEWRIGHT_CACHE", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", "/home/ann")
    found = []
    for chosen in ("/var/ann", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", chosen)
        found.append(str(cache_folder()))

    assert found == ["/var/ann/rulewright", "/home/ann/.cache/rulewright"]
