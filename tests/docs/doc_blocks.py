"""The blocks of Markdown pages: the README's and those of docs/, as the tests read them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"# ([\w./-]+\.(?:yaml|toml))\n")


@dataclass(frozen=True)
class Block:
    """One fenced block. `kind` is what stands after the fence: yaml, yaml fields, console, ..."""

    page: str
    line: int
    kind: str
    text: str

    @property
    def file(self) -> str | None:
        """The file that the block is, where its first line names it: `# rules/library/loan.yaml`."""
        found = _NAMED.match(self.text)
        return found[1] if found else None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    """All fenced blocks of a page."""
    text = page.read_text()
    return [
        Block(page.name, text.count("\n", 0, found.start()) + 1, found[1].strip(), found[2])
        for found in _FENCE.finditer(text)
    ]


def sessions(page: Path) -> Iterator[tuple[str, str]]:
    """Yield each command of a page's console blocks with the output that it shows."""
    for block in blocks_of(page):
        if block.kind == "console":
            for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                yield command, output


def run(command: str, folder: Path) -> str:
    """Run a command line as a reader would, with this interpreter's `rulewright` on the PATH."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # The pages show what Rulewright prints by itself, whatever else is installed here.
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1", "RULEWRIGHT_NO_PLUGINS": "1"}
    done = subprocess.run(
        f"{{ {command}\n}} 2>&1",
        shell=True,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def section(page: Path, heading: str) -> str:
    """The text below a heading, up to the next heading that is no deeper; code blocks are no headings."""
    lines = page.read_text().splitlines(keepends=True)
    start = next(
        index for index, line in enumerate(lines) if re.fullmatch(rf"#+ {re.escape(heading)}\n", line)
    )
    depth = len(lines[start]) - len(lines[start].lstrip("#"))
    taken: list[str] = []
    inside = False
    for line in lines[start + 1 :]:
        inside ^= line.startswith("```")
        level = len(line) - len(line.lstrip("#"))
        if not inside and 0 < level <= depth and line[level : level + 1] == " ":
            break
        taken.append(line)
    return "".join(taken)


def rows(text: str) -> list[list[str]]:
    """The cells of all table rows of a text, without heads and rulers."""
    found = [line.strip().strip("|") for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)] for line in found]
    return [row for row in cells if not set("".join(row)) <= set("-: ")]


def code_spans(cell: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`]+)`", cell)
