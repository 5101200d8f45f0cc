"""What is asked of each kind of thing that a plug-in adds, before any program uses it.

One row a kind: where it goes in the registry, which names are taken, and a generator of what is wrong. Types
are tried out with their examples, on their marshmallow field and on their fast path; functions run theirs.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from msgspec import Struct

from rulewright import cel
from rulewright.cel.tree import Call
from rulewright.fieldtypes import FIELD_TYPES, FieldType, is_there, resolve
from rulewright.plugins.calling import TYPES, callable_function
from rulewright.plugins.kinds import (
    CelFunction,
    EffectKind,
    ErrorDialect,
    ForwarderScheme,
    IdGenerator,
    ReportFormat,
    RuleCheck,
    StoreScheme,
)
from rulewright.plugins.registry import Registry
from rulewright.problem import Problem

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*")
_CODE: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
# What may stand beside the keyword of a plug-in.
BESIDE_EFFECTS: Final = ("id", "when", "on")
OWN_EFFECTS: Final = frozenset(
    ("id", "when", "on", "create", "update", "send", "where", "set", "bind", "body", "expect")
)
_OWN_FORMATS: Final = frozenset(("pretty", "text", "json", "jsonl", "github", "junit", "sarif"))
_OWN_SCHEMES: Final = frozenset(("memory", "postgres", "postgresql", "sqlite", "http", "https"))
_OWN_MACROS: Final = frozenset(
    ("given", "find", "has", "all", "exists", "exists_one", "map", "filter", "cel")
)


Prefixes = tuple[str, ...]


class Verifier(Struct, frozen=True):
    """One kind.

    `verify` takes the thing and the prefixes of the plug-in's codes, and yields what is wrong, in words.
    """

    kind: str
    type: type[Any]
    table: str
    name_of: Callable[[Any], str]
    verify: Callable[[Any, Prefixes], Iterator[str]]
    own: Collection[str] = ()

    def taken(self, registry: Registry) -> Collection[str]:
        """The names that a plug-in can't use any more."""
        table: Mapping[str, object] = getattr(
            registry, "functions" if self.table == "declared" else self.table
        )
        return {*table, *self.own}


def _name(name: object, pattern: re.Pattern[str] = _NAME) -> Iterator[str]:
    if isinstance(name, str) and pattern.fullmatch(name):
        return
    if pattern is _NAME:
        yield f"name must be letters, digits and _ only, with no digit first, not {name!r}"
    else:
        yield f"name must be small letters, digits, +, . and - only, with a letter first, not {name!r}"


def _texts(one: object, *arguments: str) -> Iterator[str]:
    for argument in arguments:
        value = getattr(one, argument)
        if not isinstance(value, str) or not value.strip():
            yield f"{argument} must be a text for people, and is {value!r}"


def _takes(one: object, argument: str, *values: object) -> Iterator[str]:
    """Whether an argument is a function of as many values."""
    function = getattr(one, argument)
    if not callable(function):
        yield f"{argument} must be a function, and is {type(function).__name__}"
        return
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # written in C: it says nothing about what it takes
    try:
        signature.bind(*values)
    except TypeError as error:
        count = f"{len(values)} value{'' if len(values) == 1 else 's'}"
        name = getattr(function, "__name__", type(function).__name__)
        yield f"{argument} must take {count}, but {name}{signature} does not: {error}"


def _listed(one: object, argument: str, example: str) -> Iterator[str]:
    """Whether an argument is a list of texts; a text alone would be taken for one of its letters."""
    value = getattr(one, argument)
    if not isinstance(value, list | tuple) or not all(isinstance(text, str) for text in value):
        yield f"{argument} must be a list of texts, like [{example!r}], and is {value!r}"


def _field_type(kind: FieldType, prefixes: Prefixes) -> Iterator[str]:
    yield from _name(kind.name)
    yield from _texts(kind, "meaning", "docs")
    if kind.base not in FIELD_TYPES:
        yield f"base must be one of {', '.join(FIELD_TYPES)}, and is {kind.base!r}"
        return
    basic = FIELD_TYPES[kind.base]
    for argument in ("column", "cel"):
        if getattr(kind, argument) != getattr(basic, argument):
            yield f"{argument} must be {getattr(basic, argument)!r}, as base is {kind.base}"
    if basic.json_schema.get("type") not in _types(kind.json_schema):
        yield f"json_schema must have the type {basic.json_schema.get('type')!r}, as base is {kind.base}"
    for argument in ("example", "wrong"):
        if getattr(kind, argument) is None:
            yield f"{argument} is missing: a value that is {'taken' if argument == 'example' else 'refused'}"
    faults = [*_type_check(kind)]
    yield from faults
    if not faults and kind.example is not None and kind.wrong is not None:
        from rulewright.plugins.trying import trial_of  # noqa: PLC0415 - takes the schemas with it

        yield from trial_of(kind, tuple(f"{plain(one, '_')}_" for one in prefixes))


def _types(schema: Mapping[str, object]) -> list[object]:
    """The types of a JSON Schema, be they one or several: a type may take values in other forms, too."""
    named = schema.get("type")
    return named if isinstance(named, list) else [named]


def _type_check(kind: FieldType) -> Iterator[str]:
    """Whether `check` is, or names, a function of one value; what it needs may be known to be missing."""
    if kind.check is not None and not isinstance(kind.check, str):
        yield from _takes(kind, "check", kind.example)
    if not isinstance(kind.check, str) or (kind.needs is not None and not is_there(kind.needs[0])):
        return  # said where a rule file asks for the type
    try:
        resolve(kind.check)
    except (ImportError, AttributeError, ValueError) as error:
        yield f"check: {kind.check!r} must name a function as 'module:function': {error}"


def _function(declared: CelFunction, _: Prefixes) -> Iterator[str]:
    yield from _name(declared.name)
    yield from _texts(declared, "meaning")
    if _is_word(declared.name):
        yield "name is a word of the language, and no expression could call it; choose another"
        return
    faults = [*_listed(declared, "params", "string"), *_listed(declared, "examples", f"{declared.name}('a')")]
    yield from faults
    if faults:
        return
    for argument, named in (("params", declared.params), ("result", [declared.result])):
        wrong = [one for one in named if one not in TYPES]
        if wrong:
            yield f"{argument}: {wrong[0]!r} is no type; there are {', '.join(TYPES)}"
            return
    if not isinstance(declared.cost, int) or declared.cost < 1:
        yield f"cost must be a whole number from 1, and is {declared.cost!r}"
        return
    yield from (faults := [*_takes(declared, "call", *declared.params)])
    if not declared.examples:
        yield "examples is empty: give an expression that is true"
    for example in () if faults else declared.examples:
        yield from _example(declared, example)


def _is_word(name: str) -> bool:
    """Whether a name, sound as it is, can't stand for a function."""
    try:
        return not isinstance(cel.parse(f"{name}()"), Call)
    except cel.CelError:
        return True


def _example(declared: CelFunction, example: str) -> Iterator[str]:
    functions = {**cel.ALL_FUNCTIONS, declared.name: callable_function(declared)}
    try:
        node = cel.parse(example)
        if not any(getattr(part, "function", None) == declared.name for part in cel.walk(node)):
            yield f"examples: {example} does not call the function"
        program = cel.Program(example, node, functions=functions)
        # Twice, and by both evaluators: a pure function gives one thing.
        values = [program.walk({}), program.evaluate({})]
    except cel.CelError as error:
        yield f"examples: {example}: {error}"
        return
    if values != [True, True]:
        yield f"examples: {example} must be true, and is {' and then '.join(map(repr, values))}"


def _check(check: RuleCheck, prefixes: Prefixes) -> Iterator[str]:
    prefixes = tuple(f"{plain(one, '-')}-" for one in prefixes)
    if not isinstance(check.code, str) or not _CODE.fullmatch(check.code):
        yield f"code must be small letters, digits and hyphens, not {check.code!r}"
    elif not check.code.startswith(prefixes):
        yield f"code must start with {prefixes[0]}, so that it is nobody else's"
    yield from _texts(check, "page")
    yield from _takes(check, "check", None)


def _effect(kind: EffectKind, _: Prefixes) -> Iterator[str]:
    yield from _name(kind.name)
    yield from _texts(kind, "meaning")
    faults = [*_takes(kind, "expand", kind.example)]
    yield from faults
    if faults:
        return
    expanded = list(kind.expand(deepcopy(kind.example)))
    if not expanded:
        yield "expand must give at least one effect for the example"
    for one in expanded:
        yield from effect_faults(one)
    try:
        list(kind.expand(deepcopy(kind.wrong)))
    except ValueError:
        return
    yield "expand must raise ValueError for wrong, and takes it"


def effect_faults(effect: object) -> Iterator[str]:
    """What is wrong with an effect that a plug-in made."""
    if not isinstance(effect, Mapping):
        yield f"expand must give maps, as effects are written in a rule file, not {type(effect).__name__}"
        return
    unknown = [str(key) for key in effect if key not in OWN_EFFECTS]
    if unknown:
        yield f"expand gives {unknown[0]}, which no effect of the language has"


def _generator(maker: IdGenerator, _: Prefixes) -> Iterator[str]:
    yield from _name(maker.name)
    yield from _texts(maker, "meaning")
    faults = [*_takes(maker, "make", None, {})]
    yield from faults
    if faults:
        return
    made = [maker.make(FixedChance(), deepcopy(dict(maker.example))) for _ in range(2)]
    if made[0] != made[1]:
        yield "make must give the same value for the same chance, and gives two"
    if isinstance(made[0], bool) or not isinstance(made[0], str | int):
        yield f"make must give a text or a whole number, not {type(made[0]).__name__}"


class FixedChance:
    """Chance that draws the same every time."""

    def bits(self, count: int) -> int:
        """Half of them."""
        return (1 << count) // 3

    def uuid(self) -> str:
        """A version 4 UUID."""
        return "3f2b8c1e-5a44-4d0e-9c38-6f6f2f0d7a11"

    def letters(self, alphabet: str, length: int) -> str:
        """The letters in turn."""
        return "".join(alphabet[place % len(alphabet)] for place in range(length))


def _dialect(dialect: ErrorDialect, _: Prefixes) -> Iterator[str]:
    yield from _name(dialect.name)
    yield from _texts(dialect, "meaning")
    sample = [Problem("a/b.c.required", "required", "/c", "c is required")]
    faults = [*_takes(dialect, "write", 400, sample)]
    yield from faults
    if faults:
        return
    body = dialect.write(400, sample)
    try:
        json.dumps(body, allow_nan=False)
    except (TypeError, ValueError) as error:
        yield f"write must give JSON data: {error}"


def _format(form: ReportFormat, _: Prefixes) -> Iterator[str]:
    yield from _name(form.name, _SCHEME)
    yield from _texts(form, "meaning")
    faults = [*_takes(form, "write", ())]
    yield from faults
    if not faults and not all(isinstance(text, str) for text in form.write(())):
        yield "write must yield texts"


def _scheme(one: StoreScheme | ForwarderScheme, _: Prefixes) -> Iterator[str]:
    if not isinstance(one.scheme, str) or not _SCHEME.fullmatch(one.scheme):
        yield f"scheme must be small letters and digits, as in jsonl://, not {one.scheme!r}"
    yield from _texts(one, "meaning")
    yield from _takes(one, "open", "")


def plain(name: str, hyphen: str) -> str:
    """A name in small letters, with `hyphen` in place of all but letters and digits."""
    return re.sub(r"[^a-z0-9]+", hyphen, name.lower()).strip(hyphen)


def _by_name(one: Any) -> str:
    return str(one.name)


def _by_scheme(one: Any) -> str:
    return str(one.scheme)


VERIFIERS: Final[Mapping[str, Verifier]] = {
    "rulewright_field_types": Verifier("field type", FieldType, "types", _by_name, _field_type),
    "rulewright_functions": Verifier("function", CelFunction, "declared", _by_name, _function, _OWN_MACROS),
    "rulewright_checks": Verifier("check", RuleCheck, "checks", lambda one: str(one.code), _check),
    "rulewright_effects": Verifier("effect", EffectKind, "effects", _by_name, _effect, OWN_EFFECTS),
    "rulewright_generators": Verifier(
        "generator", IdGenerator, "makers", _by_name, _generator, ("sequence", "uuid")
    ),
    "rulewright_dialects": Verifier("dialect", ErrorDialect, "dialects", _by_name, _dialect),
    "rulewright_formats": Verifier("format", ReportFormat, "formats", _by_name, _format, _OWN_FORMATS),
    "rulewright_stores": Verifier("store", StoreScheme, "stores", _by_scheme, _scheme, _OWN_SCHEMES),
    "rulewright_forwarders": Verifier(
        "forwarder", ForwarderScheme, "forwarders", _by_scheme, _scheme, _OWN_SCHEMES
    ),
}
