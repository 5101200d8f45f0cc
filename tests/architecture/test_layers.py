"""The architecture is in the folder listing: a module imports only from modules above it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "engine" / "rulewright"
ADAPTERS = ROOT / "adapters" / "rulewright_adapters"

# Text -> RuleFile -> Program -> Outcome -> adapter, in the order in which one may build on another.
ORDER = (
    "cel",
    "lazy_imports",
    "deferral",
    "pointers",
    "problem",
    "source_text",
    "errors",
    "source",
    "model",
    "copying",
    "outcome",
    "ports",
    "conflicts",
    "inference",
    "fieldtypes",
    "schema",
    "dialects",
    "plugins",
    "misplaced",
    "fingerprint",
    "reader",
    "checks",
    "private_cache",
    "configuration_cache",
    "shipped",
    "bundle",
    "formula",
    "compiled",
    "evaluation",
    "hotpath",
    "glance",
    "timeouts",
    "outbox",
    "history",
    "history_writer",
    "arguments",
    "tables",
    "delivery",
    "ticking",
    "replaying",
    "batch",
    "program",
    "explanation",
    "testing",
    "inputs",
    "report",
    "export",
    "configuration",
    "scenarios",
    "cli",
    "__main__",
)
# The same within packages of many modules: their parts, in the order in which one may build on another.
PARTS = {
    "cli": (
        *("here", "results", "endings", "configured", "variables", "options", "resource_name"),
        *("ages", "output", "folders"),
        *("desk", "splitting", "deciding", "applying", "rule_files", "outbox", "history"),
        *("warm_start", "commands", "lazy_group", "command_line"),
    ),
    "evaluation": (
        *("views", "overlay", "chance", "log", "trace", "fitting", "stored_form"),
        *("secrecy", "masking", "reasons", "provenance", "outcome_masking", "knowledge"),
        *("run", "places", "lookups", "records", "assembly", "changes"),
        *("callers", "request", "idempotency", "shape", "sizes", "presence", "variants"),
        *("judging", "workflow", "gathering", "inferring", "uniqueness"),
        *("effects", "reactions", "response", "decision"),
    ),
    "explanation": (
        *("problem_pages", "conversions", "edits", "samples", "wording", "candidates", "search", "fixes"),
        *("model", "evidence", "origins", "by_field", "inferences", "of_the_whole", "explaining"),
    ),
    "glance": (
        *("chains", "lines", "judges", "proofs", "guards", "reads", "effect_reads", "field_reads"),
        *("response_reads", "named", "mentions", "verdicts", "written"),
    ),
    "hotpath": (
        *("intake", "runtime", "writing", "accepting", "sifting", "telling", "quick", "deciding"),
        *("warm", "keeping"),
    ),
    "inputs": (
        *("limits", "files", "json_text", "decoding", "json_places", "payload"),
        *("sure_lines", "documents", "array_items", "table_place", "cells", "table", "csv_rows"),
        *("xlsx_parts", "xlsx_flaws", "xlsx_survey", "xlsx_pieces", "xlsx_rows"),
        *("reading", "blocks", "lines", "ranges", "record_faults"),
    ),
    "outbox": (
        *("letters", "clock", "claiming", "forwarding", "keeping", "sending", "refusals", "settling"),
        *("deliverer", "worker", "editing", "pruning"),
    ),
    "plugins": (
        *("kinds", "hooks", "shipped", "registry", "listing", "calling", "trying", "verifying"),
        *("finding", "collecting", "loading"),
    ),
    "scenarios": (
        *("files", "model", "results", "selection", "binding", "given", "shapes", "checking", "reading"),
        *("pairing", "matching", "masking", "running", "conditions", "coverage", "mutants", "mutation"),
        *("pretty", "plain", "junit", "findings", "thoroughness"),
    ),
    "rulewright_adapters": (
        *("values", "canonical_texts", "shapes", "rows", "table_texts", "references", "reading", "questions"),
        *("memory_records", "memory"),
        *("sqlite_connection", "sqlite_statements", "sqlite_schema", "sqlite"),
        *("postgres_driver", "postgres_address", "postgres_connection", "postgres_statements"),
        *("postgres_schema", "postgres_writer", "postgres_worker_driver", "postgres_jobs", "postgres_worker"),
        *("postgres", "opening", "http_driver", "http_trust", "http_deadline", "http_headers"),
        *("http_targets", "http_secrets", "http_pace", "http_failures", "http", "forwarding"),
    ),
}
FOLDERS = {package: ADAPTERS if package == ADAPTERS.name else ENGINE / package for package in PARTS}
PARTED = [
    (package, path)
    for package, folder in FOLDERS.items()
    for path in sorted(folder.rglob("*.py"))
    if path != folder / "__init__.py"
]


def modules_of(package: Path) -> list[Path]:
    return sorted(path for path in package.rglob("*.py") if path != ENGINE / "__init__.py")


def imported_names(path: Path) -> Iterator[str]:
    """Yield the dotted names of what a module imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer_of(name: str) -> str | None:
    parts = name.split(".")
    return parts[1] if parts[0] == "rulewright" and len(parts) > 1 and parts[1] in ORDER else None


def part_of(path: Path, package: str) -> str:
    return path.relative_to(FOLDERS[package]).parts[0].removesuffix(".py")


def test_every_module_has_a_layer() -> None:
    """A new module must be given its place in the order."""
    found = {path.relative_to(ENGINE).parts[0].removesuffix(".py") for path in modules_of(ENGINE)}

    assert found == set(ORDER)


def test_every_layer_is_on_the_page() -> None:
    """docs/structure.md tells of all of them, in their order."""
    page = (ROOT / "docs" / "structure.md").read_text().partition("## Where the tests are")[0]
    cells = re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)

    told = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]

    assert told == [*ORDER]


def test_every_folder_of_tests_is_on_the_page() -> None:
    """docs/structure.md tells what each is about."""
    page = (ROOT / "docs" / "structure.md").read_text().partition("## Where the tests are")[2]
    cells = re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)

    told = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}

    assert told == {path.parent.name for path in (ROOT / "tests").glob("*/*.py")}


@pytest.mark.parametrize("path", modules_of(ENGINE), ids=lambda path: str(path.relative_to(ENGINE)))
def test_a_module_imports_only_from_layers_above(path: Path) -> None:
    """Imports run in one direction only."""
    own = path.relative_to(ENGINE).parts[0].removesuffix(".py")
    below = set(ORDER[ORDER.index(own) + 1 :])

    found = {layer_of(name) for name in imported_names(path)} & below

    assert found == set()


@pytest.mark.parametrize("package", PARTS)
def test_every_part_has_a_place(package: str) -> None:
    """A new part of a package must be given its place in the order, and be told of by the package."""
    found = {part_of(path, package) for parted, path in PARTED if parted == package}
    told = re.findall(r"^  (\S.*?)  +\S", (FOLDERS[package] / "__init__.py").read_text(), re.MULTILINE)

    assert found == set(PARTS[package])
    assert ", ".join(told).split(", ") == [*PARTS[package]]


@pytest.mark.parametrize(
    ("package", "path"),
    PARTED,
    ids=lambda one: one.name if isinstance(one, Path) else one,
)
def test_a_part_imports_only_from_parts_above(package: str, path: Path) -> None:
    """Within a package, too, imports run in one direction only."""
    order = PARTS[package]
    home = package if package == ADAPTERS.name else f"rulewright.{package}"
    below = [f"{home}.{part}." for part in order[order.index(part_of(path, package)) + 1 :]]

    found = {name for name in imported_names(path) if f"{name}.".startswith(tuple(below))}

    assert found == set()


def test_what_is_private_stays_in_its_module() -> None:
    """A name with an underscore is imported by no other module."""
    paths = [*modules_of(ENGINE), *modules_of(ADAPTERS)]
    names = {name for path in paths for name in imported_names(path) if name.startswith("rulewright")}

    assert {name for name in names if re.search(r"\._(?!_)", name)} == set()


def test_no_module_has_the_name_of_what_it_holds() -> None:
    """Else it depends on who imported what whether a package's name is a module or a function."""
    paths = [*modules_of(ENGINE), *modules_of(ADAPTERS)]

    found = [
        str(path)
        for path in paths
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == path.stem
    ]

    assert found == []


def test_cel_imports_nothing_else_of_ours() -> None:
    """rulewright.cel can be published on its own."""
    names = {name for path in modules_of(ENGINE / "cel") for name in imported_names(path)}

    ours = {name for name in names if name.startswith("rulewright") and not name.startswith("rulewright.cel")}

    assert ours - {"rulewright"} == set()


@pytest.mark.parametrize("path", modules_of(ADAPTERS), ids=lambda path: path.name)
def test_adapters_see_only_the_port(path: Path) -> None:
    """An adapter could be written by anybody: it needs the ports and the errors, no more.

    What chooses among them also asks which others plug-ins bring.
    """
    allowed: tuple[str, ...] = ("rulewright.ports", "rulewright.errors", "rulewright_adapters")
    if path.name in ("opening.py", "forwarding.py"):
        allowed += ("rulewright.plugins.loading",)

    names = {name for name in imported_names(path) if name.startswith("rulewright")}

    assert [name for name in names if not name.startswith(allowed)] == []


def test_only_source_imports_yaml() -> None:
    """YAML is read in one place, so that it is read strictly everywhere."""
    found = [
        path.relative_to(ENGINE).parts[0]
        for path in modules_of(ENGINE)
        if any(name.split(".")[0] == "yaml" for name in imported_names(path))
    ]

    assert {part.removesuffix(".py") for part in found} == {"source"}
