"""Stores that plug-ins add are opened by the scheme of their URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from installing import Install

from rulewright import AdapterError, PluginError, load
from rulewright_adapters import open_store

STORE = """
    from rulewright_adapters.memory import MemoryStore

    def open_jsonl(rest):
        store = MemoryStore({}, ())
        store.rest = rest
        return store

    def rulewright_stores():
        return [StoreScheme("jsonl", open_jsonl, "a folder of JSONL files")]
"""


def test_a_scheme_of_an_installed_plug_in_opens_its_store(install: Install) -> None:
    """Nothing has to be said: what is installed is found, and gets what follows the scheme."""
    install("jsonl_store", STORE)

    store = open_store("jsonl:///records?x=1")

    assert store.rest == "/records?x=1"  # type: ignore[attr-defined]


def test_a_programs_own_plug_ins_may_be_given(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that is told of a plug-in opens its stores, whatever else is installed."""
    file = install("jsonl_store", STORE, group="somebody_else")
    program = load(plugins=[str(file)], installed=False)

    assert open_store("jsonl://a", program.registry.stores).rest == "a"  # type: ignore[attr-defined]
    with pytest.raises(AdapterError):
        open_store("jsonl://a")


def test_an_unknown_scheme_names_the_known_ones_and_how_to_add_one(install: Install) -> None:
    """What follows the scheme may hold a password, so it is not repeated."""
    install("jsonl_store", STORE)

    with pytest.raises(AdapterError) as raised:
        open_store("mongodb://user:secret@host/db")

    assert str(raised.value) == (
        "no store has the URL 'mongodb://...': it must start with one of jsonl://, memory://, postgres://, "
        "postgresql://, sqlite://; a plug-in can add others, by rulewright_stores (docs/plugins.md)"
    )


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("cases.db", "for a SQLite file write sqlite:///cases.db; a plug-in"),
        (None, "a store is opened by a URL, like 'sqlite:///cases.db', not by NoneType"),
        (Path("cases.db"), "a store is opened by a URL, like 'sqlite:///cases.db', not by PosixPath"),
    ],
)
def test_what_is_no_url_is_answered_with_one(url: Any, said: str) -> None:
    """A file's name is what comes to mind first."""
    with pytest.raises(AdapterError) as raised:
        open_store(url, {})

    assert said in str(raised.value)


def test_our_own_stores_need_no_plug_in(install: Install) -> None:
    """A plug-in that is broken is no reason not to open a SQLite file."""
    install("broken", "raise RuntimeError('on import')")

    open_store("sqlite://").close()
    with pytest.raises(
        PluginError, match=r"broken \(broken 1\.0\) can't be imported: RuntimeError"
    ) as raised:
        open_store("jsonl://x")
    assert str(raised.value).endswith("; RULEWRIGHT_NO_PLUGINS=1 leaves installed plug-ins out")
