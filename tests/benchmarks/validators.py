"""What a Python user would pick instead: each peer judges types itself, then does the same hand-written work.

The work: dates, the pattern of an email, conditional presence, look-ups in a dict store, computed fields, a
normalised record, effects as a list of changes, one head counted after the changes, possible duplicates.
Responses, what was read, and explained problems are Rulewright's alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib import import_module
from typing import Any
from uuid import uuid4

from engine_cases import CASE_ACTOR, ENGAGEMENT_PATH, PATCHED, DictStore

EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+\Z").search
Judge = Callable[[Any], Any]


@dataclass(frozen=True)
class Peer:
    """One library on one case: the functions that are timed; `errors` gives all errors."""

    name: str
    accept: Judge
    errors: Judge | None = None
    decode: Judge | None = None


TEXTS = [
    "first_name",
    "middle_name",
    "last_name",
    "suffix",
    "nickname",
    "ss_number",
    "email",
    "mailing_address",
    "mailing_apt_number",
    "mailing_city",
    "mailing_state",
    "mailing_zip_code",
    "street_address",
    "street_apt_number",
    "street_city",
    "street_state",
    "street_zip_code",
]
WHOLES = ["yearly_income", "yearly_expenses", "street_county", "household"]
FLAGS = ["deceased", "private", "head_of_household"]
NULLS = dict.fromkeys([*TEXTS, *WHOLES, *FLAGS, "date_of_birth", "id", "entry_agent", "mod_agent", "group"])
LINES = [
    "addressLineOne",
    "addressLineTwo",
    "addressLineThree",
    "addressLineFour",
    "addressLineFive",
    "postcode",
]


def finish_case(sent: Mapping[str, Any], store: DictStore) -> tuple[dict[str, Any], list[Any], list[str]]:
    """What no validator does for a case: look-ups, the head of the household, the record."""
    record = {**NULLS, **sent}
    born, county, household = record["date_of_birth"], record["street_county"], record["household"]
    if born is not None and date.fromisoformat(born).isoformat() != born:
        raise ValueError("date_of_birth")
    if record["email"] is not None and not EMAIL(record["email"]):
        raise ValueError("email")
    if county is not None and not store.find("ct_oi/county", {"id": county}):
        raise ValueError("street_county")
    record["id"] = store.last_in_sequence("ct_oi/case", "id", "") + 1
    record["entry_agent"] = record["mod_agent"] = CASE_ACTOR["agent"]
    record["group"] = CASE_ACTOR["group"]
    members: list[Any] = []
    if household is not None:
        if not store.find("ct_oi/household", {"id": household}):
            raise ValueError("household")
        members = store.find("ct_oi/case", {"household": household})
    alone = not any(member["id"] != record["id"] for member in members)
    head = record["head_of_household"] = alone or bool(record["head_of_household"])
    changes: list[Any] = []
    if household is None:
        household = record["household"] = store.last_in_sequence("ct_oi/household", "id", "") + 1
        changes.append(("create", "ct_oi/household", household, {"head_of_household": record["id"]}))
    elif head:
        for one in store.find("ct_oi/case", {"household": household, "head_of_household": True}):
            changes.append(("update", "ct_oi/case", one["id"], {"head_of_household": False}))
        changes.append(("update", "ct_oi/household", household, {"head_of_household": record["id"]}))
    heads = store.count("ct_oi/case", {"household": household, "head_of_household": True})
    left = heads - sum(change[1] == "ct_oi/case" for change in changes)
    if (head and left) or left + head != 1:
        raise ValueError("head_of_household")
    return record, changes, twins(record, store)


def finish_update(sent: Mapping[str, Any], store: DictStore) -> tuple[dict[str, Any], list[Any], list[str]]:
    """What no validator does for an update of a case: what is stored, what changed, who is the head."""
    stored = store.find("ct_oi/case", {"id": PATCHED}, 1)[0]
    record = {**NULLS, **stored, **sent}
    changed = {name for name, value in sent.items() if value != stored.get(name)}
    born, county, household = record["date_of_birth"], record["street_county"], record["household"]
    if "date_of_birth" in changed and born is not None and date.fromisoformat(born).isoformat() != born:
        raise ValueError("date_of_birth")
    if "email" in changed and record["email"] is not None and not EMAIL(record["email"]):
        raise ValueError("email")
    if "street_county" in changed and county and not store.find("ct_oi/county", {"id": county}):
        raise ValueError("street_county")
    if "household" in changed or household is None:
        raise NotImplementedError("the benchmark moves nobody")
    record["mod_agent"] = CASE_ACTOR["agent"]
    if not store.find("ct_oi/household", {"id": household}):
        raise ValueError("household")
    members = store.find("ct_oi/case", {"household": household})
    alone = not any(member["id"] != record["id"] for member in members)
    head = record["head_of_household"] = alone or bool(
        sent.get("head_of_household", stored["head_of_household"])
    )
    changes: list[Any] = []
    if head and not stored["head_of_household"]:
        for one in store.find("ct_oi/case", {"household": household, "head_of_household": True}):
            changes.append(("update", "ct_oi/case", one["id"], {"head_of_household": False}))
        changes.append(("update", "ct_oi/household", household, {"head_of_household": record["id"]}))
    heads = store.count("ct_oi/case", {"household": household, "head_of_household": True})
    left = heads - stored["head_of_household"] - sum(change[1] == "ct_oi/case" for change in changes)
    if left + head != 1:
        raise ValueError("head_of_household")
    own = {name: value for name, value in record.items() if value != stored.get(name)}
    before = {name: stored.get(name) for name in own}
    return record, [("update", "ct_oi/case", PATCHED, own, before), *changes], twins(record, store)


def twins(record: Mapping[str, Any], store: DictStore) -> list[str]:
    """Who may be the same person: warnings that name the other case."""
    found: list[str] = []
    for names in (("ss_number",), ("last_name", "first_name", "date_of_birth"), ("email",)):
        where = {name: record[name] for name in names}
        if None not in where.values():
            for other in store.find("ct_oi/case", where):
                near = any(
                    record[name] is not None and other.get(name) == record[name]
                    for name in ("household", "street_county")
                )
                if other["id"] != record["id"] and (near or names == ("ss_number",)):
                    found.append(f"case {other['id']} has the same {names[0]}")
    return found


def finish_engagement(sent: Mapping[str, Any], store: DictStore) -> tuple[dict[str, Any], list[Any]]:
    """What no validator does for an engagement: presence by what is looked up, the record."""
    record: dict[str, Any] = {"endDate": None, "owner": None, "uorn": None, "address": None, **sent}
    started = datetime.strptime(record["startDate"], "%d/%m/%Y")
    scheme = store.find("rubixx/support_scheme", {"reference": ENGAGEMENT_PATH["schemeReference"]})[0]
    people = store.find("rubixx/person", {"reference": record["referredPersonReference"]})
    if not people:
        raise ValueError("referredPersonReference")
    if record["uorn"] is not None and not store.find("rubixx/occupancy", {"uorn": record["uorn"]}):
        raise ValueError("uorn")
    if record["owner"] is not None and record["owner"] not in scheme["members"]:
        raise ValueError("owner")
    own, address = people[0]["address"], record["address"]
    if address is None and record["uorn"] is None and own is None:
        raise ValueError("address is required")
    if address is not None and record["uorn"] is not None:
        raise ValueError("address must not be given")
    if (
        address is not None
        and own is None
        and not (address.get("addressLineOne") and address.get("postcode"))
    ):
        raise ValueError("address")
    record["address"] = address if address is not None or record["uorn"] is not None else own
    record["startDate"] = started.date().isoformat()
    record["reference"] = f"SE{store.last_in_sequence('rubixx/engagement', 'reference', 'SE') + 1:010d}"
    record["engagementId"] = str(uuid4())
    record["schemeReference"] = scheme["reference"]
    changes: list[Any] = []
    if address is not None and own is not None:
        changes.append(("update", "rubixx/person", people[0]["reference"], {"address": address}))
    return record, changes


def pydantic_peer(case: str, store: DictStore, finish: Callable[..., Any]) -> Peer:
    """pydantic v2, strict, with a model_validator for what types can't say.

    That runs only where all types are right, so of a refused payload it tells of types alone.
    """

    def validate(self: Any) -> Any:
        object.__setattr__(self, "__record__", finish(_dumped(self), store))
        return self

    def _dumped(self: Any) -> dict[str, Any]:
        sent = {name: self.__dict__[name] for name in self.__pydantic_fields_set__}
        address = sent.get("address")
        if address is not None:
            sent["address"] = {name: address.__dict__[name] for name in address.__pydantic_fields_set__}
        return sent

    pydantic = import_module("pydantic")
    validators = {"finish": pydantic.model_validator(mode="after")(validate)}
    config, fields = _strict(), _pydantic_fields(case)
    model = pydantic.create_model("Model", __config__=config, __validators__=validators, **fields)
    name = "pydantic + model_validator"
    return Peer(name, model.model_validate, _pydantic_errors(model), model.model_validate_json)


def complete_pydantic_peer(case: str, store: DictStore, _: Callable[..., Any]) -> Peer:
    """pydantic v2, strict, with validators of fields: all that is wrong with a payload is told.

    They judge formats and look references up, of each field that has the right type.
    """
    pydantic, annotated = import_module("pydantic"), import_module("typing").Annotated
    fields = _pydantic_fields(case)
    for name, judge in _judges(case, store).items():
        type_, default = fields[name]
        fields[name] = annotated[type_, pydantic.AfterValidator(judge)], default
    model = pydantic.create_model("Model", __config__=_strict(), **fields)
    return Peer("pydantic + validators of fields", model.model_validate, _pydantic_errors(model))


def _pydantic_errors(model: Any) -> Judge:
    refused = import_module("pydantic").ValidationError

    def errors(payload: Any) -> Any:
        try:
            return model.model_validate(payload)
        except refused as error:
            return [(one["type"], one["loc"], one["msg"]) for one in error.errors()]

    return errors


def _strict() -> Any:
    return import_module("pydantic").ConfigDict(strict=True, extra="forbid")


def _pydantic_fields(case: str) -> dict[str, Any]:
    if case == "ct_oi/case":
        fields: dict[str, Any] = dict.fromkeys((*TEXTS, "date_of_birth"), (str | None, None))
        return fields | dict.fromkeys(WHOLES, (int | None, None)) | dict.fromkeys(FLAGS, (bool | None, None))
    lines = dict.fromkeys(LINES, (str | None, None))
    part = import_module("pydantic").create_model("Address", __config__=_strict(), **lines)
    literal = import_module("typing").Literal["Active", "Ended", "Suspended"]
    fields = dict.fromkeys(("startDate", "referredPersonReference"), (str, ...))
    fields |= {"status": (literal, ...), "owner": (str | None, None), "uorn": (str | None, None)}
    return fields | {"address": (part | None, None)}


def _judges(case: str, store: DictStore) -> dict[str, Judge]:
    """What judges single fields beside their types, each in one function."""
    if case == "ct_oi/case":
        return {
            "date_of_birth": _need_iso_date,
            "email": _need_email,
            "street_county": _need_known(store, "ct_oi/county", "id"),
            "household": _need_known(store, "ct_oi/household", "id"),
        }

    def need_member(name: str | None) -> str | None:
        scheme = store.find("rubixx/support_scheme", {"reference": ENGAGEMENT_PATH["schemeReference"]})[0]
        if name is not None and name not in scheme["members"]:
            raise ValueError("no member of the scheme")
        return name

    return {
        "startDate": _need_british_date,
        "owner": need_member,
        "uorn": _need_known(store, "rubixx/occupancy", "uorn"),
        "referredPersonReference": _need_known(store, "rubixx/person", "reference"),
    }


def _need_iso_date(text: str | None) -> str | None:
    if text is not None and date.fromisoformat(text).isoformat() != text:
        raise ValueError("no date")
    return text


def _need_british_date(text: str) -> str:
    datetime.strptime(text, "%d/%m/%Y")
    return text


def _need_email(text: str | None) -> str | None:
    if text is not None and not EMAIL(text):
        raise ValueError("no email")
    return text


def _need_known(store: DictStore, resource: str, key: str) -> Judge:
    def need(value: Any) -> Any:
        if value is not None and not store.find(resource, {key: value}):
            raise ValueError("names no existing record")
        return value

    return need


def msgspec_peer(case: str, store: DictStore, finish: Callable[..., Any]) -> Peer:
    """A msgspec Struct and the work by hand."""
    msgspec = import_module("msgspec")
    if case == "ct_oi/case":
        fields = [(name, str | None, None) for name in (*TEXTS, "date_of_birth")]
        fields += [(name, int | None, None) for name in WHOLES] + [
            (name, bool | None, None) for name in FLAGS
        ]
    else:
        part = msgspec.defstruct(
            "Address", [(line, str | None, None) for line in LINES], forbid_unknown_fields=True
        )
        fields = [(name, str) for name in ("startDate", "status", "referredPersonReference")]
        fields += [("owner", str | None, None), ("uorn", str | None, None), ("address", part | None, None)]
    struct = msgspec.defstruct("Payload", fields, forbid_unknown_fields=True, kw_only=True, gc=False)
    asdict, convert, decode = msgspec.structs.asdict, msgspec.convert, msgspec.json.Decoder(struct).decode

    def finished(read: Any) -> Any:
        sent = asdict(read)
        if sent.get("address") is not None:
            sent["address"] = asdict(sent["address"])
        return finish(sent, store)

    return Peer(
        "msgspec + hand-written",
        lambda payload: finished(convert(payload, struct)),
        None,
        lambda data: finished(decode(data)),
    )


def schema_of(case: str) -> dict[str, Any]:
    """The payload as JSON Schema."""
    text, whole, flag = ({"type": [kind, "null"]} for kind in ("string", "integer", "boolean"))
    if case == "ct_oi/case":
        properties = dict.fromkeys((*TEXTS, "date_of_birth"), text)
        properties |= dict.fromkeys(WHOLES, whole) | dict.fromkeys(FLAGS, flag)
        return {"type": "object", "properties": properties, "additionalProperties": False}
    address = {
        "type": ["object", "null"],
        "properties": dict.fromkeys(LINES, text),
        "additionalProperties": False,
    }
    properties = {"owner": text, "uorn": text, "address": address, "startDate": {"type": "string"}}
    properties |= {
        "status": {"enum": ["Active", "Ended", "Suspended"]},
        "referredPersonReference": {"type": "string"},
    }
    required = ["startDate", "status", "referredPersonReference"]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def jsonschema_rs_peer(case: str, store: DictStore, finish: Callable[..., Any]) -> Peer:
    """jsonschema-rs, then the work by hand."""
    validator = import_module("jsonschema_rs").validator_for(schema_of(case))

    def accept(payload: Any) -> Any:
        validator.validate(payload)
        return finish(payload, store)

    return Peer("jsonschema-rs + hand-written", accept, lambda payload: [*validator.iter_errors(payload)])


def fastjsonschema_peer(case: str, store: DictStore, finish: Callable[..., Any]) -> Peer:
    """fastjsonschema, which stops at the first error, then the work by hand."""
    validate = import_module("fastjsonschema").compile(schema_of(case))
    return Peer("fastjsonschema + hand-written", lambda payload: finish(validate(payload), store))


def cerberus_peer(case: str, store: DictStore, finish: Callable[..., Any]) -> Peer:
    """Cerberus, then the work by hand."""
    kinds = {"string": "string", "integer": "integer", "boolean": "boolean", "object": "dict"}

    def rule(schema: Mapping[str, Any]) -> dict[str, Any]:
        if "enum" in schema:
            return {"type": "string", "allowed": schema["enum"]}
        kind = schema["type"]
        found: dict[str, Any] = {
            "type": kinds[kind if isinstance(kind, str) else kind[0]],
            "nullable": kind != "string",
        }
        if "properties" in schema:
            found["schema"] = {name: rule(part) for name, part in schema["properties"].items()}
        return found

    schema = schema_of(case)
    rules = {name: rule(part) for name, part in schema["properties"].items()}
    for name in schema.get("required", ()):
        rules[name]["required"] = True
    validator = import_module("cerberus").Validator(rules)

    def accept(payload: Any) -> Any:
        assert validator.validate(payload)
        return finish(validator.document, store)

    return Peer(
        "cerberus + hand-written", accept, lambda payload: validator.validate(payload) or validator.errors
    )


def marshmallow_peer(case: str, store: DictStore, finish: Callable[..., Any]) -> Peer:
    """marshmallow, which Rulewright itself uses for shape, then the work by hand."""
    marshmallow = import_module("marshmallow")
    fields, one_of = marshmallow.fields, marshmallow.validate.OneOf
    text, flag = fields.String(allow_none=True), fields.Boolean(allow_none=True, truthy={True}, falsy={False})
    if case == "ct_oi/case":
        shape = dict.fromkeys((*TEXTS, "date_of_birth"), text) | dict.fromkeys(FLAGS, flag)
        shape |= dict.fromkeys(WHOLES, fields.Integer(strict=True, allow_none=True))
    else:
        part = marshmallow.Schema.from_dict(dict.fromkeys(LINES, text))
        shape = dict.fromkeys(("owner", "uorn"), text) | {"address": fields.Nested(part, allow_none=True)}
        shape |= dict.fromkeys(("startDate", "referredPersonReference"), fields.String(required=True))
        shape["status"] = fields.String(required=True, validate=one_of(["Active", "Ended", "Suspended"]))
    schema = marshmallow.Schema.from_dict(shape)()
    return Peer(
        "marshmallow + hand-written", lambda payload: finish(schema.load(payload), store), schema.validate
    )


CONDITIONS = {
    "ct_oi/case": ("household == null", "household != null and head_of_household == true"),
    "rubixx/engagement": (
        "address == null and uorn == null and person.address == null",
        "address != null and uorn != null",
        "address != null and person.address != null",
    ),
}


def zen_peer(case: str, store: DictStore, finish: Callable[..., Any]) -> Peer:
    """zen-engine for the conditions alone: it knows no types, so none are judged. Then the work by hand."""
    compiled = [import_module("zen").compile_expression(one) for one in CONDITIONS[case]]

    def accept(payload: Any) -> Any:
        people = store.find("rubixx/person", {"reference": payload.get("referredPersonReference")})
        facts = {**payload, "person": people[0] if people else None}
        for one in compiled:
            one.evaluate(facts)
        return finish(payload, store)

    return Peer("zen-engine for conditions, no types, + hand-written", accept)


PEERS = (
    pydantic_peer,
    msgspec_peer,
    jsonschema_rs_peer,
    fastjsonschema_peer,
    cerberus_peer,
    marshmallow_peer,
    zen_peer,
)
# These accept without the rest of the work, and are asked for errors alone.
TELLERS = (complete_pydantic_peer,)
FINISH = {"ct_oi/case": finish_case, "rubixx/engagement": finish_engagement}
