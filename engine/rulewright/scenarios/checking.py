"""What the names in a scenario file stand for: resources, fields, events, settings, `$names`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields as fields_of_class

from rulewright.arguments import instant
from rulewright.compiled import CompiledRules
from rulewright.compiled.switches import READONLY, switches_of
from rulewright.errors import EvaluationError
from rulewright.model import Api, Field, RuleFile
from rulewright.outcome import Outcome
from rulewright.problem import SourceProblem
from rulewright.reader.flaws import did_you_mean
from rulewright.reader.parts import Part
from rulewright.scenarios.binding import names_in
from rulewright.scenarios.given import Problems, check_field_names, check_given
from rulewright.source import ListNode, MapNode, Node, Scalar

_VERBS = ("payload", "update", "event")
_PARTS_OF_OUTCOME = frozenset(field.name for field in fields_of_class(Outcome))


def check_file(node: MapNode, rules: CompiledRules) -> Problems:
    """Yield the mistakes outside of the scenarios."""
    part = Part(node)
    yield from _check_surroundings(part, rules, part.text("resource"))


def check_story(node: MapNode, file: MapNode, rules: CompiledRules) -> Problems:
    """Yield the mistakes of one scenario whose shape is sound."""
    story = Part(node)
    resource = story.text("resource") or Part(file).text("resource") or ""
    yield from _check_surroundings(story, rules, resource)
    steps = list(story.parts("steps")) if "steps" in story else [story]
    if not steps:
        place = story.node_of("steps") or node
        yield place.problem("wrong-step", "a scenario needs a step, or payload and expect of its own")
    bound: dict[str, str] = {}
    for step in steps:
        own = step.text("resource") or resource
        if step is not story:
            yield from _check_surroundings(step, rules, own)
        yield from _check_verb(step, rules.rules.resources.get(own))
        yield from _check_names(step, bound, own, rules)
        yield from _check_bind(step, bound, own)
        expect = step.part("expect")
        if expect is not None:
            yield from _check_expectation(expect, rules, own)


def _check_surroundings(part: Part, rules: CompiledRules, resource: str | None) -> Problems:
    """What file, scenario and step may all say: resource, given, actor, as_of, settings."""
    yield from _check_resource(part.node_of("resource"), rules)
    yield from check_given(part.node_of("given"), rules)
    api = rules.rules.apis.get((resource or "").partition("/")[0])
    if api is not None:
        yield from _check_settings(part.node_of("settings"), api)
        yield from _check_switches(part.node_of("settings"), api, rules)
        yield from _check_actor(part.node_of("actor"), api)
    as_of = part.node_of("as_of")
    if isinstance(as_of, Scalar):
        try:
            instant(as_of.text)
        except EvaluationError as error:
            yield as_of.problem("wrong-value", str(error))


def _check_resource(node: Node | None, rules: CompiledRules) -> Problems:
    if isinstance(node, Scalar) and node.text not in rules.resources:
        yield _unknown(node, "resource", node.text, rules.resources)


def _check_settings(node: Node | None, api: Api) -> Problems:
    declared = {setting.name: setting for setting in api.settings}
    for entry in node.entries if isinstance(node, MapNode) else ():
        setting = declared.get(entry.key.text)
        if setting is None:
            yield _unknown(entry.key, "setting", entry.key.text, declared)
        elif setting.default is not None and _kind_of(entry.value) != _kind(setting.default):
            wanted = _kind(setting.default)
            message = f"the setting {setting.name} takes {wanted}, as its default in api.yaml does"
            yield entry.value.problem("wrong-value", message)


def _check_switches(node: Node | None, api: Api, rules: CompiledRules) -> Problems:
    """A setting that stands for a word of a rule file says no other one."""
    files = (file for file in rules.rules.resources.values() if file.api == api.name)
    switches = frozenset(name for file in files for name in switches_of(file))
    for entry in node.entries if isinstance(node, MapNode) else ():
        said = entry.value
        if entry.key.text not in switches or not isinstance(said, Scalar):
            continue
        # What is no text is of another type than the default, which has been said.
        if isinstance(said.value, str) and said.value not in READONLY:
            message = f"the setting {entry.key.text} takes {' or '.join(READONLY)}"
            yield said.problem("wrong-value", message, hint=did_you_mean(said.text, READONLY))


def _kind_of(node: Node) -> str:
    return _kind(node.value) if isinstance(node, Scalar) else "a list or a map"


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    return "a text" if isinstance(value, str) else "any value"


def _check_actor(node: Node | None, api: Api) -> Problems:
    """Only a warning: what the server hands over as the actor may hold more than api.yaml declares."""
    if not isinstance(node, MapNode) or api.auth is None or not api.auth.actor:
        return
    for entry in node.entries:
        if entry.key.text not in api.auth.actor:
            hint = did_you_mean(entry.key.text, api.auth.actor)
            message = f"auth.actor in api.yaml declares no {entry.key.text}"
            yield entry.key.problem("unknown-name", message, hint=hint, severity="warning")


def _check_verb(step: Part, file: RuleFile | None) -> Problems:
    """One of payload, update + key, event + key (+ payload)."""
    event = step.node_of("event")
    if "update" in step and "payload" in step:
        message = "update holds what is sent; there is no payload beside it"
        yield step.node.entries[step.node.keys().index("payload")].key.problem("wrong-step", message)
    if "update" in step and event is not None:
        yield event.problem("wrong-step", "a step is an update or an event, not both")
    names_a_record = "update" in step or event is not None
    if names_a_record and "key" not in step:
        verb = "event" if event is not None else "update"
        yield step.node.problem("missing-keyword", f"key is missing: which record is the {verb} for?")
    if "key" in step and not names_a_record:
        found = step.node.entries[step.node.keys().index("key")].key
        yield found.problem("wrong-step", "key goes with update or event; a payload alone creates a record")
    if isinstance(event, Scalar) and file is not None and event.text not in (known := events_of(file)):
        yield _unknown(event, "event", event.text, known)


def events_of(file: RuleFile) -> frozenset[str]:
    """Every event that may happen to a record of a resource."""
    called = {operation.event for operation in file.operations if operation.event}
    if file.workflow is None:
        return frozenset(called)
    declared = {event.name for event in file.workflow.events}
    return frozenset(called | declared | {transition.event for transition in file.workflow.transitions})


def _check_bind(step: Part, bound: dict[str, str], resource: str) -> Problems:
    node = step.node_of("bind")
    if not isinstance(node, Scalar):
        return
    if node.text in bound:
        message = f"a step before binds {node.text} already; from here on it stands for this outcome"
        yield node.problem("duplicate-name", message, severity="warning")
    bound[node.text] = resource


def _check_names(step: Part, bound: Mapping[str, str], resource: str, rules: CompiledRules) -> Problems:
    """Every `$name.path`; only what is expected of a step may use what the step itself binds."""
    own = step.text("bind")
    after = {own: resource, **bound} if own else bound
    for entry in step.node.entries:
        if entry.key.text in ("name", "description", "bind", "given", "settings", "steps"):
            continue
        known = after if entry.key.text == "expect" else bound
        for scalar, name, path in names_in(entry.value):
            if name not in known:
                hint = did_you_mean(name, known) or f"write bind: {name} in an earlier step"
                yield scalar.problem("unknown-name", f"nothing is bound to ${name} here", hint=hint)
            else:
                yield from _check_path(scalar, path, rules.rules.resources.get(known[name]))


def _check_path(scalar: Scalar, path: tuple[str, ...], file: RuleFile | None) -> Problems:
    if path and path[0] not in _PARTS_OF_OUTCOME:
        hint = did_you_mean(path[0], _PARTS_OF_OUTCOME) or "for example .record.id"
        yield scalar.problem("unknown-name", f"an outcome has no {path[0]}", hint=hint)
    elif len(path) > 1 and path[0] == "record" and file is not None:
        known = {field.name for field in file.fields}
        if path[1] not in known:
            yield _unknown(scalar, "field", path[1], known)


def _check_expectation(expect: Part, rules: CompiledRules, resource: str) -> Problems:
    yield from check_field_names(expect.node_of("record"), _fields(rules, resource))
    for change in expect.parts("changes"):
        named = change.node_of("resource")
        yield from _check_resource(named, rules)
        fields = _fields(rules, change.text("resource") or "")
        yield from check_field_names(change.node_of("set"), fields)
        yield from check_field_names(change.node_of("before"), fields)
    store = expect.node_of("store")
    for entry in store.entries if isinstance(store, MapNode) else ():
        if entry.key.text not in rules.resources:
            yield _unknown(entry.key, "resource", entry.key.text, rules.resources)
        wanted = entry.value.items if isinstance(entry.value, ListNode) else (entry.value,)
        for one in wanted:
            if isinstance(one, MapNode):
                yield from check_field_names(one.get("where"), _fields(rules, entry.key.text))


def _fields(rules: CompiledRules, resource: str) -> Mapping[str, Field] | None:
    file = rules.rules.resources.get(resource)
    return None if file is None else {field.name: field for field in file.fields}


def _unknown(node: Scalar, what: str, name: str, known: Iterable[str]) -> SourceProblem:
    words = sorted(known)
    hint = did_you_mean(name, words) or f"known: {', '.join(words) or 'none'}"
    return node.problem(f"unknown-{what}", f"there is no {what} {name}", hint=hint)
