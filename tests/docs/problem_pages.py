"""The part of docs/problems.md that is the program's own: the page of each code.

After a check was added or reworded: python tests/docs/problem_pages.py
"""

from __future__ import annotations

from doc_blocks import DOCS

from rulewright.checks import pages
from rulewright.checks.pages import READING_PAGES

PAGE = DOCS / "problems.md"
START = "## While reading\n"


def render() -> str:
    """The pages of all codes as Markdown: those of reading a file, then those of checking what it means."""
    reading = "\n".join(_block(code) for code in READING_PAGES)
    checking = "\n".join(_block(code) for code in pages() if code not in READING_PAGES)
    return f"{START}\n{reading}\n## While checking what the file means\n\n{checking}"


def _block(code: str) -> str:
    return f"### {code}\n\n```text\n{pages()[code]}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(PAGE.read_text().partition(START)[0] + render())
