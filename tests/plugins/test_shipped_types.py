"""The types that ship as plug-ins: what each takes and what it refuses."""

from __future__ import annotations

from pathlib import Path

import iso4217
import pycountry
import pytest

from rulewright import RuleFileError, load
from rulewright.fieldtypes import resolve
from rulewright.plugins import built_in
from rulewright.plugins.registry import SHIPPED
from rulewright.plugins.shipped.countries import COUNTRIES
from rulewright.plugins.shipped.ids import make_prefixed_id
from rulewright.plugins.shipped.money import CURRENCIES
from rulewright.plugins.verifying import VERIFIERS, FixedChance

TAKEN = {
    "uk_postcode": ["SW1A 1AA", "sw1a1aa", "M1 1AE", "B33 8TH", "GIR 0AA", "gir0aa", "EC1A 1BB", "W1A 0AX"],
    "us_ssn": ["111223333", "111-22-3333", "899-99-9999", "665-01-0001", "667010001"],
    "us_zip": ["12345", "02134", "12345-6789"],
    "iso_country": ["GB", "FR", "US", "AX"],
    "currency": ["GBP", "EUR", "USD", "JPY", "XCG"],
    "slug": ["a", "a-b", "patricks-case-2"],
    "prefixed_id": ["organisation_0123456789ABCDEFGHIJKLMNOPQRS", "a1_" + "z" * 29],
    "phone": ["+442071838750", "+44 20 7183 8750", "+1-202-456-1111", "+49 30 227-32152"],
    "email": ["ann@example.org", "a.b+c@sub.example.co.uk"],
    "money": [0, -5, 15099, 2**63 - 1],
    "numeric_id": [0, -5, 1001, 2**63 - 1],
}
REFUSED = {
    "uk_postcode": ["", "SW1A", "SW1A  1AA", "SW1A 1AA ", "1AA SW1A", "\u017fW1A 1AA", "SW1A\n1AA", 5],
    "us_ssn": [
        "",
        "000-12-3456",
        "666-12-3456",
        "900-12-3456",
        "111-00-3333",
        "111-22-0000",
        "11122333",
        111223333,
    ],
    "us_zip": ["", "1234", "123456", "12345-", "12345-678", "1234\u0665", 12345],
    "iso_country": ["", "UK", "gb", "GBR", "ZZ", " GB", None],
    "currency": ["", "gbp", "Pounds", "GB", "DEM", 826],
    "slug": ["", "A", "a--b", "-a", "a-", "a b", "\xe9"],
    "prefixed_id": [
        "organisation",
        "_" + "z" * 29,
        "Organisation_" + "z" * 29,
        "a_" + "z" * 28,
        "a_" + "z" * 30,
    ],
    "phone": [
        "",
        "020 7183 8750",
        "+44",
        "+44 20",
        "+44 20 7183 8750 ext. 5",
        "tel:+442071838750",
        "+999123456789",
    ],
    "email": ["", "ann at example", "ann@", "@example.org", "ann@@example.org"],
    "money": ["150.99", 150.99, True, None, 2**63],
    "numeric_id": [
        "",
        " ",
        "-5",
        "1.0",
        " 1",
        "1e3",
        "\u0661",
        "9" * 20,
        "9223372036854775808",
        1.0,
        True,
        None,
        2**63,
    ],
}


def pairs(table: dict[str, list[object]]) -> list[tuple[str, object]]:
    return [(name, value) for name, values in table.items() for value in values]


def field_of(name: str, folder: Path) -> object:
    """The marshmallow field of a type."""
    (folder / "a").mkdir()
    (folder / "a" / "b.yaml").write_text(
        "rulewright: 1\nresource: a/b\nkey: id\nfields:\n  id: {type: integer, readonly: ignore}\n"
        f"  it: {{type: {name}}}\n"
    )
    return load(folder, installed=False).schema("a/b")()


def test_every_shipped_type_has_cases() -> None:
    """A type that is added gets its own examples here."""
    names = {kind.name for kind in built_in().types.values() if kind.base}

    assert TAKEN.keys() == REFUSED.keys() == names


@pytest.mark.parametrize(("name", "value"), pairs(TAKEN))  # type: ignore[arg-type]
def test_what_it_takes(name: str, value: object, tmp_path: Path) -> None:
    """The field takes it and keeps it as it is; the fast path knows it too."""
    kind = built_in().types[name]

    assert field_of(name, tmp_path).load({"it": value}) == {"it": value}  # type: ignore[attr-defined]
    assert kind.check is None or resolve(kind.check)(value) is True


@pytest.mark.parametrize(("name", "value"), pairs(REFUSED))
def test_what_it_refuses(name: str, value: object, tmp_path: Path) -> None:
    """The field refuses it, with a code of the language; the fast path never takes it."""
    kind = built_in().types[name]
    errors = field_of(name, tmp_path).validate({"it": value})  # type: ignore[attr-defined]

    assert [one.code for one in errors["it"]] in (["format"], ["type"])
    assert kind.check is None or not isinstance(value, str) or resolve(kind.check)(value) is not True


@pytest.mark.parametrize(
    ("text", "number"), [("1001", 1001), ("0", 0), ("007", 7), ("9223372036854775807", 2**63 - 1)]
)
def test_a_numeric_id_as_text_is_a_number(text: str, number: int, tmp_path: Path) -> None:
    """Text of digits is taken for the number that it says."""
    assert field_of("numeric_id", tmp_path).load({"it": text}) == {"it": number}  # type: ignore[attr-defined]


@pytest.mark.parametrize("module", SHIPPED, ids=lambda module: module.__name__.rpartition(".")[2])
def test_shipped_plug_ins_pass_what_foreign_ones_must(module: object) -> None:
    """They are not verified when a program is loaded, so they are here."""
    faults = [
        fault
        for hook, verifier in VERIFIERS.items()
        for one in getattr(module, hook, list)()
        for fault in verifier.verify(one, ("rulewright",))
    ]

    assert faults == []


def test_countries_are_those_of_iso_3166() -> None:
    """The table is the standard's, as pycountry has it."""
    assert {one.alpha_2 for one in pycountry.countries} == COUNTRIES


def test_currencies_are_those_of_iso_4217() -> None:
    """The table is the standard's, as iso4217 has it."""
    assert {one.code for one in iso4217.Currency} == CURRENCIES


def test_a_prefixed_id_is_what_its_type_takes() -> None:
    """What the generator makes fits the type of the same name."""
    made = make_prefixed_id(FixedChance(), {"prefix": "organisation"})

    assert resolve(built_in().types["prefixed_id"].check)(made)


def test_a_missing_package_is_told_when_the_rules_are_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the place of the type, and what to install."""
    monkeypatch.setattr("rulewright.checks.unknown_type.find_spec", lambda name: None)
    monkeypatch.setenv("RULEWRIGHT_CACHE", "off")

    with pytest.raises(RuleFileError) as raised:
        field_of("phone", tmp_path)

    (problem,) = raised.value.problems
    assert (problem.code, problem.span.line) == ("unknown-type", 6)
    assert problem.message == "the type phone needs phonenumbers, which is not installed"
    assert problem.hint == "pip install 'rulewright[phone]'"


def test_money_is_reckoned_with(tmp_path: Path) -> None:
    """A sum of a whole number and an amount costs what any sum does: it was taken for one of long texts."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "sale.yaml").write_text(
        "rulewright: 1\nresource: shop/sale\nkey: id\nfields:\n"
        "  id: {type: integer, readonly: ignore, generate: sequence}\n"
        "  amount: {type: money, required: true}\n"
        "  base: {type: integer, default: 5}\n"
        "  total: {type: integer, readonly: ignore, compute: record.base + record.amount}\n"
    )

    outcome = load(tmp_path).evaluate("shop/sale", {"amount": 7})

    assert outcome.record is not None
    assert outcome.record["total"] == 12
