"""A line that is surely accepted is one that the plain evaluator accepts without any problem."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from at_a_glance import is_clean, is_sure
from msgspec.structs import replace
from payloads import DictRecords, PayloadMaker, Seed, seeds_of

from rulewright import Program, load
from rulewright.evaluation import Request
from rulewright.glance import guards
from rulewright.glance import verdicts as verdicts_module
from rulewright.glance.mentions import Role, find_mentions
from rulewright.glance.verdicts import Verdicts, make_verdicts
from rulewright.inputs import JsonFlaw, parse_json
from rulewright.inputs.decoding import decode_text

PROGRAM = load()
LINES = 250


def lines_of(value: Any, random: Random) -> Iterator[bytes]:
    """JSON texts of a value, as programs write them and as they should not."""
    separators = random.choice([(",", ":"), (", ", ": "), (" , ", " : "), (",\t", ":\t")])
    text = json.dumps(value, ensure_ascii=random.random() < 0.5, separators=separators)
    yield text.encode("utf-8", "surrogatepass")
    if random.random() < 0.6 or len(text) < 4:
        return
    at = random.randrange(1, len(text))
    key = random.choice([*value, "x"]) if isinstance(value, dict) else "x"
    again = json.dumps({key: random.choice([1, None, "x:y", '":'])})[1:-1]
    for mutated in (
        text[:-1] + ", " + again + "}",
        "{" + again + ", " + text[1:],
        text[:at]
        + random.choice(['"', "\t", " ", "\\u0000", "\\ud800", ":", "é", "NaN", "-0", "1e5", "{", ","])
        + text[at:],
        text[:at] + text[at + 1 :],
        "\ufeff" + text,
        text + random.choice([" ", "\r\n", "\n", "\t\n", "\v", "x", "\0"]),
        text.replace("1", "1.0", 1),
        text.replace("1", "1" * 30, 1),
        text.replace('"', '"\\u003a', 1),
        "[" * 120 + "]" * 120,
        "",
        " \n",
    ):
        if random.random() < 0.3:
            yield mutated.encode("utf-8", "surrogatepass")


def judge(
    program: Program, resource: str, seed: Seed, random: Random, often: Mapping[str, Any] | None = None
) -> tuple[int, list[bytes]]:
    """Send lines to both, as a batch does; how many were surely accepted, and those that should not be.

    `often` are values that fields are to have often.
    """
    compiled = program.compiled.resources[resource]
    keys = {name: one.key for name, one in program.compiled.resources.items()}
    records = DictRecords(seed.records, keys)
    verdicts = make_verdicts(program.compiled, compiled, seed.request, records)
    if verdicts is None:
        return 0, []
    maker = PayloadMaker(program, resource, [seed], random)
    good: list[dict[str, Any]] = []
    sure, wrong, lines = 0, [], []
    for _ in range(LINES):
        value = maker._case().inputs.payload
        if good and random.random() < 0.5:
            # What was acceptable on its own, put together anew.
            value = {name: part for one in good for name, part in one.items() if random.random() < 0.7}
            value = {name: random.choice([each for each in good if name in each])[name] for name in value}
        if good and often and random.random() < 0.5:
            # One that was accepted, but for one field.
            name = random.choice([*often])
            value = {**random.choice(good), name: random.choice(often[name])}
        for line in lines_of(value, random):
            accepted = is_clean_line(program, resource, seed, records, line)
            lines.append(line)
            if is_sure(verdicts, line):
                sure += 1
                wrong += [] if accepted else [line]
            elif accepted:
                verdicts.learn(line)
                good.append(parse_json(decode_text(line)[0]))  # type: ignore[arg-type]
                del good[:-30]
    assert unsure_of(verdicts, lines) == [line for line in lines if not is_sure(verdicts, line)]
    return sure, wrong


def unsure_of(verdicts: Verdicts, lines: list[bytes]) -> list[bytes]:
    """What is left of lines that are looked at one after the other."""
    return [line for _, line in verdicts.scan(lines) if line is not None]


def is_clean_line(program: Program, resource: str, seed: Seed, records: DictRecords, line: bytes) -> bool:
    """Whether the plain evaluator accepts a line and has nothing to say."""
    text, flaw = decode_text(line.rstrip(b"\r\n"))
    try:
        value = parse_json(text) if flaw is None else None
    except JsonFlaw:
        return False
    return is_clean(program, resource, value, records, actor=seed.actor, request=seed.request)


@pytest.mark.parametrize("resource", PROGRAM.resources)
def test_sure_is_never_wrong(resource: str) -> None:
    """Every shipped resource, every scenario's caller and records."""
    random = Random(zlib.crc32(resource.encode()))
    seeds = seeds_of(PROGRAM)[resource]
    found = [judge(PROGRAM, resource, seed, random) for seed in random.sample(seeds, min(4, len(seeds)))]

    assert [line for _, wrong in found for line in wrong] == []


def test_sure_where_there_are_too_many_records_to_keep_in_mind(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `infer` compares a case with is looked up then, for each line."""
    monkeypatch.setattr(guards, "REMEMBERED", 0)
    random = Random(3)
    seeds = [seed for seed in seeds_of(PROGRAM)["ct_oi/case"] if seed.records.get("ct_oi/case")]
    found = [judge(PROGRAM, "ct_oi/case", seed, random) for seed in random.sample(seeds, 6)]

    assert [line for _, wrong in found for line in wrong] == []
    assert sum(sure for sure, _ in found) > 100


RULES = {
    "api.yaml": """
rulewright: 1
api: shop
settings:
  strict: {default: false}
""",
    "buyer.yaml": """
rulewright: 1
resource: shop/buyer
key: id
fields:
  id: {type: integer, required: true}
  note: {type: string, nullable: true}
  level: {type: integer}
""",
    "order.yaml": """
rulewright: 1
resource: shop/order
key: id
lookups:
  alike: {find_all: shop/order, by: {code: record.code}}
  buyers: {count: shop/buyer, by: {level: record.level}}
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  code: {type: string, max_length: 5}
  other: {type: string, unique: {within: [kind]}}
  kind: {type: string, one_of: [a, b, c], blank: absent, default: a}
  level: {type: integer, min: 0, max: 3}
  free: {type: string, pattern: '[a-z ]*', nullable: true}
  ratio: {type: number, max: 10}
  buyer: {type: integer, references: {resource: shop/buyer, as: person}}
  note: {type: string, nullable: true, required_if: given(person.note), forbidden_with: [free]}
  paid: {type: boolean, checks: [{id: yes_only, check: value}]}
  day: {type: date, required_with: [paid]}
  mail: {type: email, nullable: true}
  gone: {type: string, excluded_if: given(payload.level) && payload.level == 2}
  tags: {type: list, items: {type: string, max_length: 3}, max_length: 2}
  place:
    type: object
    fields: {city: {type: string, blank: absent}, zip: {type: string, required_if: given(payload.place.city)}}
  extra: {type: map}
checks:
  - {id: rich, check: '!given(payload.ratio) || payload.ratio < 5.0', path: /ratio}
  - {id: few, check: 'alike.all(one, !given(one.level) || one.level != 2)'}
  - {id: tag, check: '!given(payload.tags) || !("no" in payload.tags)'}
effects:
  - {id: note, when: given(payload.buyer) && given(payload.note), update: person, set: {note: payload.note}}
invariants:
  - {id: counted, check: 'buyers <= 2'}
response:
  body:
    code: record.code
    note: record.note
    size: 'given(record.free) ? 6 / (size(record.free) - 3) : 0'
""",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Rules that look at fields in every way there is."""
    folder = tmp_path_factory.mktemp("rules") / "shop"
    folder.mkdir()
    for name, text in RULES.items():
        Path(folder / name).write_text(text)
    return load(folder.parent)


SHOP = Seed(
    {"code": "x", "kind": "b", "buyer": 1, "level": 1, "free": "abcd", "place": {"city": "Ely", "zip": "E"}},
    {
        "shop/buyer": [
            {"id": 1, "note": None, "level": 1},
            {"id": 2, "note": "n", "level": 1},
            *({"id": number, "note": "n", "level": 3} for number in range(3, 6)),
        ],
        "shop/order": [
            {"id": 1, "code": "x", "level": 1, "other": "o", "kind": "a", "free": None},
            {"id": 2, "code": "z", "level": 2},
        ],
    },
    None,
    Request(),
)
OFTEN = {
    "code": ["z", "x", "y"],
    "other": ["o", "q"],
    "tags": [["no"], ["a"]],
    "gone": ["g"],
    "level": [2, 1],
}


@pytest.mark.parametrize("start", range(6))
def test_sure_of_rules_that_look_at_much(shop: Program, start: int) -> None:
    """Uniques, look-ups of the own kind, copies into other records, responses that may fail, and the rest."""
    sure, wrong = judge(shop, "shop/order", SHOP, Random(start), OFTEN)

    assert wrong == []
    assert sure > 5


def test_fields_that_count(shop: Program) -> None:
    """What is only copied does not count; what is compared, looked up by, or divided by does."""
    resource = shop.compiled.resources["shop/order"]
    verdicts = make_verdicts(shop.compiled, resource, Request(), None)

    assert verdicts is not None
    core = next(line for line in verdicts.source.splitlines() if "in core" in line)
    assert "p.mail" not in core
    assert all(f"p.{name}" in core for name in ("code", "other", "kind", "level", "free", "buyer"))


@pytest.mark.parametrize("name", ["code", "other", "level", "free", "note", "tags", "gone", "paid"])
def test_a_forgotten_field_is_noticed(shop: Program, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The payloads above tell whether any field was wrongly taken not to count."""
    found = find_mentions(shop.compiled, shop.compiled.resources["shop/order"])
    forgetful = replace(found, roles={**found.roles, name: Role.PLAIN})
    monkeypatch.setattr(verdicts_module, "find_mentions", lambda *_: forgetful)

    assert any(judge(shop, "shop/order", SHOP, Random(start), OFTEN)[1] for start in range(8))


FORMS = ("iso", "'%Y-%m-%d'", "'%d/%m/%Y'", "'%Y%m%d'")


@pytest.mark.parametrize("form", FORMS)
def test_days_that_there_are(tmp_path: Path, form: str) -> None:
    """Every day of a leap year and its neighbours, the first and last years, and what is nearly a date."""
    (tmp_path / "shop").mkdir()
    text = ALIKE.replace("FIRST", f"date, nullable: true, format: {form}").replace("CHECKS", "")
    (tmp_path / "shop" / "thing.yaml").write_text(text)
    program = load(tmp_path)
    seed, records = Seed({}, {}, None, Request()), DictRecords({}, {})
    verdicts = make_verdicts(program.compiled, program.compiled.resources["shop/thing"], Request(), records)
    assert verdicts is not None
    days = [f"{y}-{m:02}-{d:02}" for y in (1900, 2000, 2023, 2024) for m in range(14) for d in range(33)]
    days += [f"{y}-02-29" for y in ("0000", "0001", "0004", "0999", "1000", "9999", "10000", "-001", "+024")]
    days += ["2024-2-29", " 2024-02-29", "2024-02-29 ", "2024-02-29T00:00:00", "2024-W01-1", "٢٠٢٤-02-29", ""]
    for separator, order in (("-", (0, 1, 2)), ("/", (2, 1, 0)), ("", (0, 1, 2))):
        days += [separator.join(day.split("-")[at] for at in order) for day in days if day.count("-") == 2]
    lines = [b'{"f": null}', b'{"f": 20240101}', b'{"f": true}']
    lines += [json.dumps({"f": day, "g": day}, ensure_ascii=False).encode() for day in dict.fromkeys(days)]
    verdicts.learn(lines[0])
    verdicts.learn(b'{"f": "2024-01-01", "g": ""}')
    clean = {line: is_clean_line(program, "shop/thing", seed, records, line) for line in lines}
    unsure = set(unsure_of(verdicts, lines))

    assert [line for line in lines if line not in unsure and not clean[line]] == []
    assert [line for line in lines if line in unsure and clean[line]] == []


def test_keys_given_twice_after_payloads_that_gave_few(shop: Program) -> None:
    """How many keys a line has is counted anew for each, whatever those before it held."""
    verdicts = make_verdicts(
        shop.compiled, shop.compiled.resources["shop/order"], Request(), DictRecords({}, {})
    )
    assert verdicts is not None
    good = [
        {"code": "a", "free": "abcd", "mail": "a@example.org", "day": "2024-01-01"},
        {"code": "a", "free": "abcd", "place": {"city": "Ely", "zip": "E"}},
        {"code": "a", "free": "abcd"},
        {"code": "a"},
    ]
    lines = [json.dumps(one).encode() for one in good]
    for line in lines:
        verdicts.learn(line)
    twice = [line[:-1] + b', "code": "a"}' for line in lines]
    twice.append(lines[1].replace(b'"zip"', b'"city": "Ely", "zip"'))
    broken = [b"{", b"[]", b'{"code": 1}']
    random = Random(5)
    for _ in range(200):
        mixed = random.choices([*lines, *twice, *broken], k=30)
        found: list[bytes | None] = []
        for _, unsure in verdicts.scan(mixed):
            found.append(unsure)
            # As a batch does between lines.
            verdicts.learn(random.choice(lines))
        assert found[:-1] == [line for line in mixed if line not in lines]


ALIKE = """
rulewright: 1
resource: shop/thing
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  f: {type: FIRST}
  g: {type: string}
CHECKS
"""
POSITIVE = "VALUE != 0.0 || 1.0 / VALUE > 0.0"


@pytest.mark.parametrize(
    ("declared", "checks", "accepted", "refused"),
    [
        ("number, checks: [{id: pos, check: 'VALUE'}]", "", "0.0", "-0.0"),
        ("number, checks: [{id: pos, check: 'VALUE'}]", "", "0.0", "-1e-400"),
        ("number, required_if: given(payload.g), checks: [{id: pos, check: 'VALUE'}]", "", "0.0", "-0.0"),
        ("number", "!given(payload.f) || VALUE", "0.0", "-0.0"),
        ("list, items: {type: number}", "!given(payload.f) || payload.f.all(v, VALUE)", "[0.0]", "[-0.0]"),
        ("any", "!given(payload.f) || payload.f != true", "1", "true"),
        ("any, nullable: true", "!given(payload.f) || payload.f != true", "1", "true"),
        ("money, nullable: true", "", "5", "5.0"),
        ("money", "", "1", "true"),
        ("numeric_id, nullable: true", "", "1", "true"),
        ("numeric_id, nullable: true, checks: [{id: c, check: value > 0}]", "", "5", "5.0"),
        (
            "object, fields: {p: {type: any}}",
            "!given(payload.f) || !given(payload.f.p) || payload.f.p != true",
            '{"p":1}',
            '{"p":true}',
        ),
        (
            "object, fields: {p: {type: number}}",
            "!given(payload.f) || !given(payload.f.p) || VALUE",
            '{"p":0.0}',
            '{"p":-0.0}',
        ),
        ("map", "!given(payload.f) || !given(payload.f.p) || VALUE", '{"p":0.0}', '{"p":-0.0}'),
    ],
)
def test_what_equals_is_not_always_the_same(
    tmp_path: Path, declared: str, checks: str, accepted: str, refused: str
) -> None:
    """-0.0 equals 0.0, and true equals 1, so that one must not prove anything of the other."""
    sees = "payload.f.p" if '"p"' in accepted else "v" if "[" in accepted else "payload.f"
    name = "value" if "checks" in declared else sees
    said = POSITIVE.replace("VALUE", name)
    every = f'checks: [{{id: c, check: "{checks.replace("VALUE", f"({said})")}"}}]' if checks else ""
    (tmp_path / "shop").mkdir()
    text = ALIKE.replace("FIRST", declared.replace("VALUE", said)).replace("CHECKS", every)
    (tmp_path / "shop" / "thing.yaml").write_text(text)
    program = load(tmp_path)
    seed, records = Seed({}, {}, None, Request()), DictRecords({}, {})
    good, bad = (f'{{"f":{one}}}'.encode() for one in (accepted, refused))

    for learnt in (good, bad):
        verdicts = make_verdicts(
            program.compiled, program.compiled.resources["shop/thing"], Request(), records
        )
        assert verdicts is not None
        if is_clean_line(program, "shop/thing", seed, records, learnt):
            verdicts.learn(learnt)
        is_sure(verdicts, good)  # what is asked is kept in mind, too
        assert not is_sure(verdicts, bad), verdicts.source
        assert declared[:6] != "number" or checks or is_sure(verdicts, good) == (learnt == good)
    assert is_clean_line(program, "shop/thing", seed, records, good)
    assert not is_clean_line(program, "shop/thing", seed, records, bad)
