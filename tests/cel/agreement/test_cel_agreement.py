"""Fast, absorbing and tree-walking evaluation give the same, on random expressions and records."""

from __future__ import annotations

from collections import Counter
from random import Random

from generator import Generator, record
from outcomes import differences

from rulewright.cel import ALL_FUNCTIONS, parse, walk
from rulewright.cel.macros import MACRO_NAMES
from rulewright.cel.tree import CHILD_FIELDS, Call

RECORDS_EACH = 50
ORDINARY = 50_000
SEED = 20_250_115


def texts(seed: int, count: int) -> list[str]:
    """Random expressions of several sizes."""
    generator = Generator(seed)
    return [generator.expression(generator.random.choice((1, 2, 3, 3, 4))) for _ in range(count)]


def test_all_three_agree(evaluations: int) -> None:
    """The same verdict, value with its type, or class of error; `--agreement N` tries more.

    More evaluations start with those of the ordinary run and go on with expressions nobody has tried.
    """
    random = Random(SEED)
    records = [record(random) for _ in range(400)]
    counts: Counter[str] = Counter()
    found = [
        difference
        for text in texts(SEED, -(-evaluations // RECORDS_EACH))
        for difference in differences(text, random.sample(records, RECORDS_EACH), counts)
    ]

    assert found == []
    assert counts["evaluations"] >= evaluations
    # Were the fast version to fail always, the others would cover for it.
    assert counts["fast"] > 0.9 * counts["value"]
    assert counts["value"] > 0.3 * counts["evaluations"]
    assert counts["limits"] < 0.01 * counts["evaluations"]


def test_the_generator_leaves_nothing_out() -> None:
    """Every function, operator, macro and kind of node comes up."""
    trees = [parse(text) for text in texts(SEED, ORDINARY // RECORDS_EACH * 3)]
    nodes = [node for tree in trees for node in walk(tree)]
    text = " ".join(texts(SEED, ORDINARY // RECORDS_EACH * 3))

    assert set(CHILD_FIELDS) - {type(node) for node in nodes} == set()
    assert set(ALL_FUNCTIONS) - {node.function for node in nodes if isinstance(node, Call)} == set()
    assert [name for name in MACRO_NAMES if f"{name}(" not in text and name != "existsOne"] == []
