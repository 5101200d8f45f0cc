"""Plug-ins are verified when a program is loaded: the message names the plug-in and what is wrong with it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from installing import Install

from rulewright import PluginError
from rulewright.fieldtypes import FieldType
from rulewright.plugins import (
    CelFunction,
    EffectKind,
    ErrorDialect,
    ForwarderScheme,
    IdGenerator,
    ReportFormat,
    RuleCheck,
    StoreScheme,
    built_in,
    text_type,
)
from rulewright.plugins.loading import build_registry
from rulewright.schema.fields import Text
from rulewright.schema.validators import refusal


class Capitals(Text):
    """Letters, stored in capitals."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not text.isalpha():
            raise self.refuse_format("no")
        return text.upper()


class OwnCode(Text):
    """Letters; the error has a code without a prefix."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not text.isalpha():
            raise refusal(self.rule, "odd", "no")
        return text


def plugin(**hooks: Any) -> SimpleNamespace:
    """A plug-in named acme whose hooks give these."""
    made = {f"rulewright_{name}": (lambda given=given: given) for name, given in hooks.items()}
    return SimpleNamespace(__name__="acme", **made)


def complaint(*plugins: object) -> str:
    """What is said of plug-ins that can't be used."""
    with pytest.raises(PluginError) as raised:
        build_registry(plugins, installed=False)
    return str(raised.value)


def word(**more: Any) -> FieldType:
    """A sound type of text, but for what is given."""
    sound = {
        "name": "word",
        "meaning": "a word",
        "check": str.isalpha,
        "example": "abc",
        "wrong": "a b",
        "docs": "Letters.",
    }
    return text_type(**{**sound, **more})


def shout(**more: Any) -> CelFunction:
    """A sound function, but for what is given."""
    sound = {
        "name": "shout",
        "params": ["string"],
        "result": "string",
        "call": str.upper,
        "examples": ["shout('a') == 'A'"],
        "meaning": "Louder.",
    }
    return CelFunction(**{**sound, **more})


def refuse(_: object) -> list[dict[str, object]]:
    raise ValueError("no")


def one_update(_: object) -> list[dict[str, object]]:
    return [{"update": "a/b", "set": {}}]


def not_json(status: int, problems: object) -> object:
    return {1, 2}


def no_page(subject: Any) -> Iterator[Any]:
    yield from ()


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    # field types
    "a name that is none": (
        {"field_types": [word(name="my word")]},
        "the field type my word: name must be letters",
    ),
    "a name of ours": (
        {"field_types": [word(name="string")]},
        "the field type string can't be added: the name is taken by Rulewright itself",
    ),
    "a shipped name": (
        {"field_types": [word(name="money")]},
        "the field type money can't be added: the name is taken",
    ),
    "no example": (
        {"field_types": [word(example=None)]},
        "the field type word: example is missing: a value that is taken",
    ),
    "no wrong one": (
        {"field_types": [word(wrong=None)]},
        "the field type word: wrong is missing: a value that is refused",
    ),
    "no page": ({"field_types": [word(docs=" ")]}, "the field type word: docs must be a text for people"),
    "an example that is refused": (
        {"field_types": [word(example="a b")]},
        "the field type word: example: its own field refuses 'a b'",
    ),
    "a wrong one that is taken": (
        {"field_types": [word(wrong="xyz")]},
        "the field type word: wrong: its own field takes 'xyz'",
    ),
    "a check of two values": (
        {"field_types": [word(check=lambda a, b: True)]},
        "the field type word: check must take 1 value, but <lambda>(a, b) does not",
    ),
    "a check that takes what the field refuses": (
        {"field_types": [word(check=lambda text: True, field="rulewright.schema.fields:UuidText")]},
        "the field type word: check: it takes 'a b', which its field refuses",
    ),
    "a check that takes what is stored otherwise": (
        {"field_types": [word(check=lambda text: text.isalpha(), field=f"{__name__}:Capitals")]},
        "the field type word: check: it takes 'abc', which its field stores as 'ABC'",
    ),
    "a field of another family": (
        {"field_types": [word(field="marshmallow.fields:String")]},
        "the field type word: field must name a subclass of rulewright.schema.RuleField",
    ),
    "a code of nobody": (
        {"field_types": [word(check=lambda text: text.isalpha(), field=f"{__name__}:OwnCode")]},
        "the field type word: field: the code odd of its errors must be a known one, or start with acme_",
    ),
    "a check that is nowhere": (
        {"field_types": [word(check="no.module:check")]},
        "check: 'no.module:check' must name a function as 'module:function': No module named 'no'",
    ),
    "one, and no list": ({"field_types": word()}, "must give a list of FieldTypes, not FieldType"),
    "one name twice": (
        {"field_types": [word(), word()]},
        "the field type word is added twice; each needs a name of its own",
    ),
    "something else": ({"field_types": ["word"]}, "rulewright_field_types() must give FieldTypes, not str"),
    # functions
    "a function of ours": (
        {"functions": [shout(name="size")]},
        "the function size can't be added: the name is taken",
    ),
    "a macro of ours": (
        {"functions": [shout(name="given")]},
        "the function given can't be added: the name is taken",
    ),
    **{
        f"a word of the language: {name}": (
            {"functions": [shout(name=name)]},
            f"the function {name}: name is a word of the language",
        )
        for name in ("in", "true", "null", "if", "package")
    },
    "parameters as a text": (
        {"functions": [shout(params="string")]},
        "params must be a list of texts, like ['string'], and is 'string'",
    ),
    "examples as a text": (
        {"functions": [shout(examples="shout('a') == 'A'")]},
        "examples must be a list of texts",
    ),
    "a type that is none": (
        {"functions": [shout(params=["text"])]},
        "the function shout: params: 'text' is no type; there are string, int",
    ),
    "a result that is none": (
        {"functions": [shout(result="void")]},
        "the function shout: result: 'void' is no type",
    ),
    "too many parameters": (
        {"functions": [shout(call=lambda a, b: a)]},
        "the function shout: call must take 1 value, but",
    ),
    "no examples": ({"functions": [shout(examples=[])]}, "the function shout: examples is empty"),
    "an example that is false": (
        {"functions": [shout(examples=["shout('a') == 'a'"])]},
        "the function shout: examples: shout('a') == 'a' must be true, and is False and then False",
    ),
    "an example of something else": (
        {"functions": [shout(examples=["1 == 1"])]},
        "the function shout: examples: 1 == 1 does not call the function",
    ),
    "an example that is no CEL": (
        {"functions": [shout(examples=["shout('a'"])]},
        "the function shout: examples: shout('a': ",
    ),
    "a result of another type": ({"functions": [shout(call=len)]}, "shout() must give string, but gave int"),
    "a function that is not pure": (
        {"functions": [shout(call=iter(["A", "B"]).__next__, params=[], examples=["shout() == 'A'"])]},
        "the function shout: examples: shout() == 'A' must be true, and is True and then False",
    ),
    "a cost that is none": (
        {"functions": [shout(cost=0)]},
        "the function shout: cost must be a whole number from 1, and is 0",
    ),
    # the others
    "a code without prefix": (
        {"checks": [RuleCheck("no-date", no_page, "no-date: x")]},
        "the check no-date: code must start with acme-, so that it is nobody else's",
    ),
    "a check without a page": (
        {"checks": [RuleCheck("acme-x", no_page, "")]},
        "the check acme-x: page must be a text for people",
    ),
    "a check of nothing": (
        {"checks": [RuleCheck("acme-x", lambda: iter(()), "x")]},
        "the check acme-x: check must take 1 value, but",
    ),
    "an effect of ours": (
        {"effects": [EffectKind("create", one_update, {}, None, "x")]},
        "the effect create can't be added: the name is taken",
    ),
    "an effect that takes all": (
        {"effects": [EffectKind("pay", one_update, {}, {}, "x")]},
        "the effect pay: expand must raise ValueError for wrong, and takes it",
    ),
    "an effect that refuses its example": (
        {"effects": [EffectKind("pay", refuse, {}, {}, "x")]},
        "the effect pay can't be tried out: ValueError: no",
    ),
    "an effect of something else": (
        {"effects": [EffectKind("pay", lambda _: [{"delete": "a/b"}], {}, {}, "x")]},
        "the effect pay: expand gives delete, which no effect of the language has",
    ),
    "a generator by the clock": (
        {"generators": [IdGenerator("tick", lambda c, o, n=[0]: n.append(0) or len(n), "x", {})]},
        "the generator tick: make must give the same value for the same chance",
    ),
    "a generator of nothing": (
        {"generators": [IdGenerator("tick", lambda c, o: None, "x", {})]},
        "the generator tick: make must give a text or a whole number, not NoneType",
    ),
    "a dialect of one value": (
        {"dialects": [ErrorDialect("plain", lambda status: {}, "x")]},
        "the dialect plain: write must take 2 values, but",
    ),
    "a dialect that is no JSON": (
        {"dialects": [ErrorDialect("plain", not_json, "x")]},
        "the dialect plain: write must give JSON data: Object of type set",
    ),
    "a dialect of ours": (
        {"dialects": [ErrorDialect("drf", not_json, "x")]},
        "the dialect drf can't be added: the name is taken",
    ),
    "a format of ours": (
        {"formats": [ReportFormat("json", iter, "x")]},
        "the format json can't be added: the name is taken",
    ),
    "a format of numbers": (
        {"formats": [ReportFormat("nine", lambda _: iter([9]), "x")]},
        "the format nine: write must yield texts",
    ),
    "a store of ours": (
        {"stores": [StoreScheme("sqlite", refuse, "x")]},
        "the store sqlite can't be added: the name is taken",
    ),  # type: ignore[arg-type]
    "a scheme that is none": (
        {"stores": [StoreScheme("json:", refuse, "x")]},
        "the store json:: scheme must be small letters and digits",
    ),  # type: ignore[arg-type]
    "a forwarder without words": (
        {"forwarders": [ForwarderScheme("amqp", refuse, "")]},
        "the forwarder amqp: meaning must be a text for people, and is ''",
    ),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_what_is_wrong_is_said(case: str) -> None:
    """The plug-in, the thing and the argument are named."""
    hooks, expected = WRONG[case]

    said = complaint(plugin(**hooks))

    assert said.startswith("the plug-in acme: ")
    assert expected in said


def test_everything_wrong_is_said_at_once() -> None:
    """One run tells all, of all plug-ins."""
    said = complaint(
        plugin(field_types=[word(example=None), word(name="other", docs="")]),
        SimpleNamespace(__name__="zeta", rulewright_functions=lambda: [shout(examples=[])]),
    )

    assert [line.split(": ")[:2] for line in said.splitlines()] == [
        ["the plug-in acme", "the field type word"],
        ["the plug-in acme", "the field type other"],
        ["the plug-in zeta", "the function shout"],
    ]


def test_a_name_that_another_plug_in_has_is_taken() -> None:
    """The first keeps it; the message says whose it is."""
    other = SimpleNamespace(__name__="zeta", rulewright_functions=lambda: [shout()])

    said = complaint(plugin(functions=[shout()]), other)

    taken = "the name is taken by the plug-in acme; choose another"
    assert said == f"the plug-in zeta: the function shout can't be added: {taken}"


def test_a_hook_that_wants_arguments_is_refused() -> None:
    """The message names the plug-in and the argument."""
    said = complaint(SimpleNamespace(__name__="acme", rulewright_functions=lambda registry: []))

    assert said == "the plug-in acme: rulewright_functions must take no arguments, and takes registry"


@pytest.mark.parametrize(
    ("hooks", "expected"),
    [
        (
            {"rulewright_fieldtypes": list},
            "there is no hook rulewright_fieldtypes; did you mean rulewright_field_types?",
        ),
        ({"rulewright_functions": []}, "rulewright_functions must be a function that gives a list"),
        ({"functions": list}, "adds nothing: it has none of the functions rulewright_field_types,"),
        (
            {"rulewright_functions": lambda: 1 / 0},
            "rulewright_functions() fails: ZeroDivisionError: division by zero",
        ),
        ({"rulewright_functions": lambda: None}, "must give a list of CelFunctions, not NoneType"),
    ],
)
def test_hooks_that_are_none_are_said(hooks: dict[str, Any], expected: str) -> None:
    """A misspelt hook would otherwise never be called."""
    assert expected in complaint(SimpleNamespace(__name__="acme", **hooks))


class Mute(Exception):
    """An error whose text can't be had."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


def raising(error: BaseException) -> Any:
    """A function that raises."""

    def fail(*_: object) -> Any:
        raise error

    return fail


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (plugin(functions=[]), ""),
        (SimpleNamespace(__name__="acme", rulewright_functions=raising(SystemExit(0))), "SystemExit: 0"),
        (
            SimpleNamespace(__name__="acme", rulewright_functions=raising(Mute())),
            "rulewright_functions() fails: Mute (its text fails with RuntimeError)",
        ),
        (plugin(functions=[shout(call=raising(SystemExit(0)))]), "shout() fails with SystemExit"),
        (
            plugin(field_types=[word(check=raising(SystemExit(0)))]),
            "the field type word can't be tried out: SystemExit: 0",
        ),
        (plugin(field_types=[word(name="a\nb")]), "the field type 'a\\nb': name must be"),
    ],
)
def test_whatever_a_plug_in_raises_is_said(made: SimpleNamespace, expected: str) -> None:
    """SystemExit would else end a command as if all were well; a broken text would be a traceback."""
    if not expected:
        assert build_registry([made], installed=False).plugins
        return
    said = complaint(made)

    assert expected in said
    assert said.startswith("the plug-in acme: ")


@pytest.mark.parametrize("method", ["__dir__", "__getattr__"])
def test_a_plug_in_that_can_not_be_looked_into(method: str) -> None:
    """A module may define both."""
    methods = {"__dir__": lambda _: ["rulewright_functions"], method: raising(RuntimeError("odd"))}
    made = type("Odd", (), {**methods, "__name__": "acme"})()

    assert "RuntimeError: odd" in complaint(made)


def test_an_interruption_is_no_failure() -> None:
    """Whoever presses Ctrl-C wants the run to end."""
    made = SimpleNamespace(__name__="acme", rulewright_functions=raising(KeyboardInterrupt()))

    with pytest.raises(KeyboardInterrupt):
        build_registry([made], installed=False)


def test_a_type_without_an_example_names_the_argument() -> None:
    """Left out altogether, it is Python that says so, and we say of which plug-in."""
    made = SimpleNamespace(
        __name__="acme",
        rulewright_field_types=lambda: [text_type("word", "a word", check=str.isalpha, wrong="1", docs="x")],  # type: ignore[call-arg]
    )

    said = complaint(made)

    assert "rulewright_field_types() fails: TypeError: text_type() missing 1 required" in said
    assert said.endswith("keyword-only argument: 'example'")


def test_nothing_happens_on_import(install: Install) -> None:
    """A plug-in is a module with functions: importing it adds nothing anywhere, and needs no pluggy."""
    install("quiet", "def rulewright_functions():\n    raise RuntimeError('called')\n", group="else")
    before = built_in()

    __import__("quiet")

    assert built_in() is before
    assert build_registry(installed=False) is before
    assert "quiet" in sys.modules


def test_a_sound_plug_in_is_taken() -> None:
    """What `word` and `shout` are varied from is right."""
    registry = build_registry([plugin(field_types=[word()], functions=[shout()])], installed=False)

    assert registry.types["word"].example == "abc"
    assert registry.plugins[0].adds == {"field type": ("word",), "function": ("shout",)}
    assert "word" not in built_in().types


def test_a_check_that_needs_what_is_missing_is_left_alone() -> None:
    """Its module can't be imported: whoever uses the type in a rule file is told what to install."""
    kind = word(check="gone_module:check", needs=("gone_module", "gone-module"))

    assert build_registry([plugin(field_types=[kind])], installed=False).types["word"] == kind
