"""Rules that were checked before are taken from the cache, and nothing else ever is."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rulewright import RuleFileError, bundle
from rulewright.bundle import load_rules_once
from rulewright.checks import load_rules

RULE = (
    "rulewright: 1\nresource: shop/order\nkey: id\nfields:\n  id: {type: integer}\n  total: {type: number}\n"
)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for each test."""
    monkeypatch.setenv("RULEWRIGHT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A folder with one rule file."""
    (tmp_path / "rules" / "shop").mkdir(parents=True)
    (tmp_path / "rules" / "shop" / "order.yaml").write_text(RULE)
    return tmp_path / "rules"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One item for each time that rule files were really read."""
    found: list[object] = []

    def counted(path: Path, **options: str | None) -> object:
        found.append(path)
        return load_rules(path, **options)

    monkeypatch.setattr("rulewright.checks.load_rules", counted)
    return found


def kept_file(cache: Path) -> Path:
    (found,) = cache.glob("*.rules")
    return found


def test_read_once(cache: Path, rules: Path, reads: list[object]) -> None:
    """The second time gives equal rules without reading them."""
    first, second = load_rules_once(rules), load_rules_once(rules)

    assert first == second == load_rules(rules).rules
    assert len(reads) == 1


def test_shipped_rules_survive(cache: Path) -> None:
    """Every part of every rule file that ships can be kept."""
    folder = Path(__file__).parents[2] / "rules"

    assert load_rules_once(folder) == load_rules_once(folder) == load_rules(folder).rules
    assert kept_file(cache).exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda rules: (rules / "shop" / "order.yaml").write_text(RULE + "title: Order\n"),
        lambda rules: (rules / "shop" / "api.yaml").write_text("rulewright: 1\napi: shop\n"),
        lambda rules: (rules / "shop" / "order.yaml").rename(rules / "shop" / "bill.yaml"),
    ],
    ids=["edited", "added", "renamed"],
)
def test_a_change_is_seen(
    cache: Path, rules: Path, reads: list[object], change: Callable[[Path], object]
) -> None:
    """Whatever changes about the files, they are read again."""
    load_rules_once(rules)
    change(rules)
    try:
        load_rules_once(rules)
    except RuleFileError:
        assert change is not None

    assert len(reads) == 2


@pytest.mark.parametrize("named", ["", "shop", "shop/order.yaml"])
def test_a_rule_file_that_is_not_read_is_told_of(cache: Path, rules: Path, named: str) -> None:
    """One that lies too deep, whatever was kept before; a folder that is passed over holds anything."""
    load_rules_once(rules / named)
    (rules / "shop" / "more" / "deep").mkdir(parents=True)
    (rules / "shop" / "_old").mkdir()
    (rules / "shop" / "_old" / "cart.yaml").write_text(RULE)
    (rules / "shop" / "more" / "order.test.yaml").write_text("resource: shop/order\nscenarios: []\n")
    load_rules_once(rules / named)
    (rules / "shop" / "more" / "deep" / "cart.yaml").write_text(RULE)

    with pytest.raises(RuleFileError) as raised:
        load_rules_once(rules / named)
    (problem,) = raised.value.problems

    assert problem.code == "misplaced-file"
    assert problem.span.file == str(rules / "shop" / "more" / "deep" / "cart.yaml")


def test_no_end_of_folders_is_looked_into(cache: Path, rules: Path) -> None:
    """Whoever keeps a whole tree below waits for no more than some of it; what lies near is found."""
    for number in range(400):
        (rules / "shop" / f"f{number:03}").mkdir()
    (rules / "shop" / "f390" / "cart.yaml").write_text(RULE)
    load_rules_once(rules)
    (rules / "shop" / "f010" / "cart.yaml").write_text(RULE)

    with pytest.raises(RuleFileError) as raised:
        load_rules_once(rules)

    assert [problem.code for problem in raised.value.problems] == ["misplaced-file"]


def test_names_as_given(cache: Path, rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Positions name files as this call names them, not as the one did that read them."""
    load_rules_once(rules)
    monkeypatch.chdir(rules.parent)

    assert load_rules_once("rules").resources["shop/order"].file == "rules/shop/order.yaml"


def test_wrong_rules_are_not_kept(cache: Path, rules: Path) -> None:
    """All problems come out each time."""
    (rules / "shop" / "order.yaml").write_text(RULE + "nonsense: 1\n")

    for _ in range(2):
        with pytest.raises(RuleFileError, match="nonsense"):
            load_rules_once(rules)
    assert not cache.exists()


class Bomb:
    """What a forger would like to be unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("bombed",)


def forge(file: Path, body: bytes) -> None:
    """Put in place of a kept file what is sealed correctly."""
    secret = (file.parent / "secret").read_bytes()
    seal = hashlib.blake2b(file.name.encode() + b"\0" + body, key=secret, digest_size=32).digest()
    file.write_bytes(seal + body)


@pytest.mark.parametrize("value", [Bomb(), "text", {"a": 1}, None], ids=["bomb", "text", "map", "null"])
def test_forged_content_is_not_run(
    cache: Path,
    rules: Path,
    reads: list[object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    value: object,
) -> None:
    """A pickle of anything but rules is passed over, and calls nothing."""
    monkeypatch.chdir(tmp_path)
    load_rules_once(rules)
    forge(kept_file(cache), pickle.dumps(value))

    assert "shop/order" in load_rules_once(rules).resources
    assert len(reads) == 2
    assert not Path("bombed").exists()


def test_what_is_not_ours_is_not_read(cache: Path, rules: Path, reads: list[object]) -> None:
    """A file that was altered is passed over, as whatever else private_cache does not trust."""
    load_rules_once(rules)
    file = kept_file(cache)
    file.write_bytes(file.read_bytes().replace(b"total", b"tutal"))

    assert load_rules_once(rules) == load_rules(rules).rules
    assert len(reads) == 2


def test_no_place_to_keep_it(rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that can't be is no error."""
    (tmp_path / "file").write_text("")
    for named in (str(tmp_path / "file" / "below"), "off", ""):
        monkeypatch.setenv("RULEWRIGHT_CACHE", named)
        assert "shop/order" in load_rules_once(rules).resources


def test_old_ones_are_forgotten(cache: Path, rules: Path) -> None:
    """The folder does not grow without end."""
    for number in range(bundle._KEPT + 3):
        (rules / "shop" / "order.yaml").write_text(f"{RULE}title: Order {number}\n")
        load_rules_once(rules)

    assert len([*cache.glob("*.rules")]) == bundle._KEPT
    assert len([*cache.iterdir()]) == bundle._KEPT + 1


def load_many(folder: str) -> int:
    """Load again and again, each time after forgetting."""
    count = 0
    for _ in range(15):
        count += len(load_rules_once(folder).resources)
        for file in Path(os.environ["RULEWRIGHT_CACHE"]).glob("*.rules"):
            file.unlink(missing_ok=True)
    return count


def test_writers_at_once(cache: Path, rules: Path) -> None:
    """Several processes write and read one file and never see half of it."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        counts = pool.map(load_many, [str(rules)] * 3)

    assert counts == [15, 15, 15]


def test_kept_rules_need_neither_yaml_nor_checks(cache: Path, rules: Path) -> None:
    """The point of it: a warm start does not import what reads and checks."""
    code = (
        "import sys; from rulewright import load; load(sys.argv[1]);"
        "print({'yaml', 'rulewright.checks', 'rulewright.cel.checker'} & {*sys.modules})"
    )
    load_rules_once(rules)

    out = subprocess.run([sys.executable, "-c", code, str(rules)], capture_output=True, text=True, check=True)

    assert out.stdout == "set()\n"
