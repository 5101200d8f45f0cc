"""What is kept belongs to one state of the rules and to one Python."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rulewright.fingerprint import rules_key, text_key


def test_pythons_that_share_a_cache_folder_keep_each_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one compiled must not be run by another, which may know other instructions."""
    (tmp_path / "ticket.yaml").write_text("rulewright: 1\n")
    ours = rules_key(tmp_path, None), text_key(b"a")
    again = rules_key(tmp_path, None), text_key(b"a")
    monkeypatch.setattr(sys, "version", "3.99.0 (main)")
    theirs = rules_key(tmp_path, None), text_key(b"a")

    assert ours == again
    assert None not in ours
    assert not set(ours) & set(theirs)
