"""`--accepted` and `--rejected`: what the files held goes when something was decided, and not before."""

from __future__ import annotations

from pathlib import Path

import pytest
from workplace import Run, Write

COPIES = ("--accepted", "good.jsonl", "--rejected", "bad.jsonl")


@pytest.fixture(autouse=True)
def _old(write: Write) -> None:
    write("good.jsonl", "old\n")
    write("bad.jsonl", "older\n")
    write("t.jsonl", [{"title": "a"}, {"code": 1}])
    write("text.db", "This is a text, not a database. " * 40)
    write("empty.jsonl", "\n\n")
    write("head.csv", "title,code\n")


def held() -> tuple[str, str]:
    return Path("good.jsonl").read_text(), Path("bad.jsonl").read_text()


@pytest.mark.parametrize("form", ["text", "jsonl"])
@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("t.jsonl", "--records", "none.yaml"), "none.yaml: there is no such file"),
        (("t.jsonl", "--store", "sqlite:///text.db"), "text.db is not a SQLite file"),
        (("empty.jsonl",), "empty.jsonl:1:1: the file is empty"),
    ],
)
def test_what_can_not_be_read_takes_nothing(
    run: Run, words: tuple[str, ...], said: str, workers: str, form: str
) -> None:
    """However many processes decide; the error is one line."""
    ran = run("validate", "desk/ticket", *words, *COPIES, "--workers", workers, "--format", form)

    assert held() == ("old\n", "older\n")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert said in ran.err


@pytest.mark.parametrize("words", [("validate",), ("apply", "--store", "sqlite:///t.db")])
@pytest.mark.parametrize("name", ["empty.jsonl", "head.csv"])
def test_a_file_without_payloads_takes_nothing(run: Run, words: tuple[str, ...], name: str) -> None:
    """For `apply`, too, which keeps in the store how long the files are."""
    ran = run(*words, "desk/ticket", name, *COPIES)

    assert (ran.code, held()) == (2, ("old\n", "older\n"))


@pytest.mark.parametrize("form", ["text", "jsonl"])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_both_files_must_open(run: Run, workers: str, form: str) -> None:
    """Where one can't be written, the other keeps what it held."""
    words = ("--accepted", "good.jsonl", "--rejected", "none/bad.jsonl", "--workers", workers)
    ran = run("validate", "desk/ticket", "t.jsonl", *words, "--format", form)

    assert (ran.code, held()[0]) == (2, "old\n")


@pytest.mark.parametrize("form", ["text", "jsonl"])
@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(
    ("payload", "kept"), [('{"title": "a"}\n', (1, 0)), ('{"code": 1}\n', (0, 1)), ("no\n", (0, 1))]
)
def test_a_run_that_decides_leaves_nothing_old(
    run: Run, write: Write, payload: str, kept: tuple[int, int], workers: str, form: str
) -> None:
    """Also in the file of a kind of which there was none."""
    words = ("--workers", workers, "--format", form)
    run("validate", "desk/ticket", write("one.jsonl", payload), *COPIES, *words)

    assert held() == (payload * kept[0], payload * kept[1])


@pytest.mark.parametrize("form", ["text", "jsonl"])
def test_a_missing_store_is_told_of_once(run: Run, form: str) -> None:
    """By whoever parts the work, not by each worker."""
    words = ("--store", "sqlite:///none.db", "--workers", "2", "--format", form)
    ran = run("validate", "desk/ticket", "t.jsonl", *words)

    assert ran.err.count("there is no such store") == 1
