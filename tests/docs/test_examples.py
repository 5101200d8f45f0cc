"""The examples run as they are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
PAYLOADS = [path for path in sorted(EXAMPLES.glob("payloads/*.json")) if not path.stem.endswith("-actor")]

SHOWN = {
    "embed.py": ["rejected", "accepted", "in the store: household 1, headed by case 1"],
    "own_rules.py": ["rejected ['customers on account must give their purchase order']", "ORD-00001 2700"],
}


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_example_runs(path: Path, tmp_path: Path) -> None:
    """Each example ends well from any folder and prints what it promises."""
    done = subprocess.run(
        [sys.executable, str(path)], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    assert done.returncode == 0
    for line in SHOWN[path.name]:
        assert line in done.stdout.splitlines()


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.name)
def test_example_payload_is_what_its_name_says(path: Path) -> None:
    """A payload beside its API's records and caller is refused where it is called invalid, else accepted."""
    resource = path.stem.removesuffix("-invalid").replace("-", "/", 1).partition("-")[0]
    api = resource.partition("/")[0]
    beside = ["--records", f"{api}-records.yaml", "--actor", f"{api}-actor.json"]
    scheme = ["--param", "schemeReference=SP1000000006"] if api == "rubixx" else []

    done = subprocess.run(
        [sys.executable, "-m", "rulewright", "validate", resource, path.name, *beside, *scheme],
        cwd=path.parent,
        check=False,
    )

    assert done.returncode == (1 if path.stem.endswith("-invalid") else 0)
