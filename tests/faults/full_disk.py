"""The disk gets full under `apply` and `outbox deliver`: is it told, is anything half done, does it go on?

    python tests/faults/full_disk.py [--cases 6000] [--size 24] [--limit]

The store lies on a disk of its own: a tmpfs of `--size` MiB where that may be mounted (as root on Linux),
else files may grow to that size only. A file takes up most of it until there must be space again. Prints
counts; ends with 0 if every command that met the full disk said so and ended with 2, whatever was
acknowledged is stored, nothing is half done, and all was stored and had one effect once there was space.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from by_hand import call
from faulty_server import FaultyServer

from rulewright.history import DECISIONS
from rulewright.outbox import list_letters
from rulewright_adapters import open_store

_MIB = 1024 * 1024
_TOML = """
[targets.vendor]
url = "{url}"
"""
_SAYS = {"tmpfs": "the disk is full", "limit": "the disk failed"}


@dataclass
class Disk:
    """A small disk, and the file that takes its space."""

    folder: Path
    size: int
    how: str
    limited: bool = False

    def fill(self, left: int) -> None:
        """Leave so many bytes, beside what the store takes already."""
        if self.how == "limit":
            self.limited = True
            # Each file for itself; the write-ahead log has to begin before it can be stopped.
            self.size = max(left, 65536)
            return
        self.free()
        with (self.folder / "ballast").open("wb") as ballast:
            ballast.write(bytes(max(0, self.size - _used(self.folder) - left)))

    def free(self) -> None:
        """Give the space back."""
        self.limited = False
        (self.folder / "ballast").unlink(missing_ok=True)

    def before(self) -> Callable[[], None] | None:
        """What a command is to do before it starts."""
        if not self.limited:
            return None
        largest = self.size
        return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))


def _used(folder: Path) -> int:
    return sum(file.stat().st_blocks * 512 for file in folder.iterdir())


@contextmanager
def small_disk(folder: Path, mebibytes: int, limit: bool) -> Iterator[Disk]:
    """Mount one; where that may not be done, limit the size of files."""
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)]
    if limit or subprocess.run(mounting, capture_output=True, check=False).returncode:
        yield Disk(folder, mebibytes * _MIB, "limit")
        return
    try:
        yield Disk(folder, mebibytes * _MIB, "tmpfs")
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@dataclass
class Shop:
    """Cases that are applied to a store on a small disk, and told to a vendor."""

    folder: Path
    disk: Disk
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def url(self) -> str:
        return f"sqlite:///{self.disk.folder / 'cases.db'}"

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command on the store."""
        return subprocess.run(
            [sys.executable, "-m", "rulewright", *words, "--store", self.url, "--format", "jsonl"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=self.disk.before(),
        )

    def apply(self, *more: str) -> subprocess.CompletedProcess[str]:
        """Apply all cases; count those that were acknowledged."""
        done = self.run(
            "apply", "ct_oi/case", "cases.jsonl", "--actor", "actor.json", "--forward", "vendor", *more
        )
        outcomes = [json.loads(line) for line in done.stdout.splitlines()]
        self.acknowledged = {one["record"]["id"] for one in outcomes if one["verdict"] == "accepted"}
        self.counts["acknowledged"] += len(self.acknowledged)
        return done

    def expect_full(self, done: subprocess.CompletedProcess[str], name: str) -> None:
        """Count whether the full disk was told as it should be."""
        told = done.returncode == 2 and _SAYS[self.disk.how] in done.stderr
        clear = "Traceback" not in done.stderr and "internal error" not in done.stderr
        self.counts[f"{name}_told"] += told and clear
        if not (told and clear):
            print(name, done.returncode, done.stderr, file=sys.stderr)

    def look(self, name: str) -> None:
        """Count what is stored, and what of it is half done."""
        with closing(sqlite3.connect(self.disk.folder / "cases.db")) as connection:
            verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
        with closing(open_store(self.url)) as store:
            cases = {one["id"]: one for one in store.find("ct_oi/case", {})}
            letters = list_letters(store)
            decisions = [one for one in store.find(DECISIONS.resource, {}) if one.get("detail") is not None]
            heads = [one.get("head_of_household") for one in store.find("ct_oi/household", {})]
        whole = len(cases) == len(heads) == len(letters) == len([*decisions])
        applied = {
            int(str(json.loads(str(one["record"])))) for one in decisions if one["resource"] == "ct_oi/case"
        }
        self.counts[f"{name}_stored"] = len(cases)
        self.counts["lost"] += len(self.acknowledged - set(cases))
        self.counts["half_done"] += not whole or set(heads) != set(cases) or applied != set(cases)
        self.counts["damaged"] += verdict != "ok"


def run(cases: int, size: int, limit: bool = False) -> Counter[str]:
    """Return what was counted."""
    with (
        tempfile.TemporaryDirectory() as name,
        small_disk(Path(name) / "disk", size, limit) as disk,
        FaultyServer() as server,
    ):
        shop = Shop(Path(name), disk, Counter(cases=cases))
        _set_up(shop.folder, cases, server.url)
        _apply_on_full_disk(shop)
        _deliver_on_full_disk(shop, server)
        shop.counts["on_tmpfs"] = disk.how == "tmpfs"
    return shop.counts


def _set_up(folder: Path, cases: int, url: str) -> None:
    lines = [
        json.dumps({"first_name": f"Case {number}", "head_of_household": True}) for number in range(cases)
    ]
    (folder / "cases.jsonl").write_text("\n".join(lines))
    (folder / "actor.json").write_text('{"agent": 3, "group": 9}')
    (folder / "rulewright.toml").write_text(_TOML.format(url=url))


def _apply_on_full_disk(shop: Shop) -> None:
    """Until it is full, once more while it is, and on when there is space."""
    # About a third of what it takes: some chunks of the batch are stored, and one is not.
    shop.disk.fill(left=shop.counts["cases"] * 1200)
    shop.expect_full(shop.apply(), "apply")
    shop.look("full")
    shop.disk.fill(left=0)
    shop.expect_full(shop.apply("--resume"), "again")
    shop.look("still_full")
    shop.disk.free()
    shop.counts["resumed"] = shop.apply("--resume").returncode == 0
    shop.look("at_last")


def _deliver_on_full_disk(shop: Shop, server: FaultyServer) -> None:
    """Until it is full, and to the end when there is space."""
    shop.disk.fill(left=_MIB // 4)
    shop.expect_full(shop.run("outbox", "deliver", "--lease", "1"), "deliver")
    shop.counts["sent_before"] = len(server.effects)
    shop.disk.free()
    # What was held when the disk was full is held for a second.
    time.sleep(1.1)
    shop.counts["delivered"] = shop.run("outbox", "deliver").returncode == 0
    with closing(open_store(shop.url)) as store:
        letters = list_letters(store)
    keys = {letter.idempotency_key for letter in letters}
    shop.counts["undelivered"] = sum(letter.state != "delivered" for letter in letters)
    shop.counts["effects"] = server.effects.total()
    shop.counts["calls"] = len(server.received)
    shop.counts["strangers"] = len(set(server.effects) ^ keys)
    shop.look("in_the_end")


def is_right(counts: Counter[str]) -> bool:
    """Told each time, nothing lost or half done, all of it in the end."""
    told = all(counts[f"{name}_told"] for name in ("apply", "again", "deliver"))
    went_on = counts["resumed"] and counts["delivered"]
    whole = counts["cases"] == counts["acknowledged"] == counts["at_last_stored"] == counts["effects"]
    midway = 0 < counts["full_stored"] < counts["cases"] and counts["sent_before"] < counts["cases"]
    wrong = ("lost", "half_done", "damaged", "undelivered", "strangers")
    return bool(told and went_on and whole and midway) and not any(counts[name] for name in wrong)


def main() -> int:
    """Run as told on the command line."""
    return call(__doc__, run, is_right, "limit", cases=6000, size=24)


if __name__ == "__main__":
    sys.exit(main())
