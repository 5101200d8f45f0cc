"""Write the diagrams of all rules that ship, and of random ones, for Mermaid's own parser.

By hand, with Node, and any version of Mermaid:

    python tests/export/by_mermaid/write_diagrams.py /tmp/diagrams 400
    cd /tmp/diagrams && npm install mermaid jsdom
    node CHECKOUT/tests/export/by_mermaid/parse_all.mjs /tmp/diagrams
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from random_rules import write_rules

from rulewright import Program, load
from rulewright.export import diagram


def programs(count: int) -> Iterator[Program]:
    """What ships, and as many random rule sets."""
    yield load()
    for seed in range(count):
        with TemporaryDirectory() as folder:
            write_rules(Path(folder), Random(seed))
            yield load(folder)


def main(folder: Path, count: int) -> None:
    """Write each diagram to a file of its own."""
    folder.mkdir(exist_ok=True)
    for number, program in enumerate(programs(count)):
        rules = program.compiled
        moving = [name for name, one in rules.resources.items() if one.workflow is not None]
        drawn = [diagram(rules), *(diagram(rules, [one]) for one in rules.resources)]
        drawn += [diagram(rules, moving, "workflow")] if moving else []
        for place, text in enumerate(drawn):
            (folder / f"{number}-{place}.mmd").write_text(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
