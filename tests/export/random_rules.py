"""Random rule folders for diagrams: workflows and relations with names and texts that are hard to write."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

# What means something to Mermaid, Graphviz, HTML or a terminal.
HARD_TEXTS = (
    *(
        "end",
        "state",
        "class",
        "note",
        "default",
        "root",
        "TB",
        "constructor",
        "__proto__",
        "s_end",
        "end note",
    ),
    *(
        "direction LR",
        "Direction  TB of travel",
        "[*]",
        "<<choice>>",
        "[[fork]]",
        "note right of a : b",
        "---",
    ),
    *(
        "classDef x fill:#fff;",
        "style a: b#c;",
        "a --> b : c",
        "::: x",
        "@{shape: x}",
        "$$x^2$$",
        "accTitle: x",
    ),
    *(
        '%%{init: {"theme": "dark"}}%%',
        "%% remark",
        "`code`",
        "**bold** _it_",
        "1. first",
        "10. tenth",
        "- item",
    ),
    *(
        'say "hi"',
        "it's",
        "back\\slash",
        "\\",
        "\\n",
        "\\N",
        "#35;",
        "&lt;b&gt;",
        "<b>bold</b>",
        "<br/>",
        "{x",
        "}",
    ),
    *(
        "</td></table>>",
        "a: b",
        "a; b",
        "|",
        "fa:fa-car",
        "click a href b",
        "Straße 日本語 😀",
        "\u202eright",
    ),
    *("\x1b[31mred", "very long " * 30, "x" * 200, "two\nlines", "", " "),
)
NAMES = (
    "end",
    "state",
    "pk",
    "FK",
    "uk_code",
    "class",
    "one",
    "to",
    "style",
    "id2",
    "items",
    "direction",
    "a",
)
ITSELF = {"id": "record.id"}


def write_rules(folder: Path, random: Random) -> None:
    """Fill a folder with two APIs whose resources name one another."""
    counts = {api: random.randint(1, 3) for api in random.sample(NAMES, 2)}
    resources = [f"{api}/{name}" for api, count in counts.items() for name in random.sample(NAMES, count)]
    for one in resources:
        path = folder / f"{one}.yaml"
        path.parent.mkdir(exist_ok=True)
        # JSON is YAML.
        path.write_text(json.dumps(_resource(one, resources, random), ensure_ascii=False))
        path.with_name("api.yaml").write_text(json.dumps(_api(path.parent.name)))


def _api(api: str) -> dict[str, Any]:
    targets = {"end": {"method": "POST", "url": 'https://a.example/%%{x}?a="b"&c=<d>#e'}}
    return {"rulewright": 1, "api": api, "targets": targets}


def _resource(resource: str, others: list[str], random: Random) -> dict[str, Any]:
    fields = {name: _field(random.choice(others), random) for name in random.sample(NAMES, 4)}
    found: dict[str, Any] = {
        "rulewright": 1,
        "resource": resource,
        "key": "id",
        "fields": {
            "id": {"type": "integer", "readonly": "ignore"},
            "its_state": {"type": "string"},
            **fields,
        },
        "lookups": {"looked": {random.choice(["find", "count"]): random.choice(others), "by": ITSELF}},
        "effects": [
            {"id": "made", "create": random.choice(others), "bind": "made_one"},
            {"id": "changed", "update": random.choice(others), "where": ITSELF, "set": {}},
            {"id": "sent", "send": "end", "body": "record.id"},
        ][: random.randint(0, 3)],
    }
    if random.random() < 0.8:
        found["workflow"] = _workflow(resource, others, random)
    return found


def _field(other: str, random: Random) -> dict[str, Any]:
    reference = {"references": {"resource": other, "by": "id"}}
    item = {"type": "object", "fields": {"end": {"type": "integer", **reference}}}
    shapes: list[dict[str, Any]] = [
        {"type": "integer", "required": random.random() < 0.5, **reference},
        {"type": "list", "items": {"type": "integer"}, **reference},
        {"type": "list", "items": item},
        {"type": "string", "unique": True},
    ]
    return random.choice(shapes)


def _workflow(resource: str, others: list[str], random: Random) -> dict[str, Any]:
    states = random.sample(HARD_TEXTS, random.randint(1, 6))
    events = random.sample(NAMES, 3)
    some, other = json.dumps(states[0]), json.dumps(states[-1])
    starts = (
        f"given(record.id) ? {some} : record.id == 2 ? {other} : {some}",
        f"cel.bind(x, 1, x == 2 ? {some} : {other})",
        "string(record.id)",
    )
    initial = {"initial": states[0]} if random.random() < 0.5 else {"initial_from": random.choice(starts)}
    after = f"{random.choice(others)}.{random.choice(['create', 'update'])}"
    of_all = {"find_all": resource, "by": {"id": "source.id"}}
    return {
        "field": "its_state",
        **initial,
        "states": {
            one: {"title": random.choice(HARD_TEXTS), "final": random.random() < 0.2} for one in states
        },
        "events": dict.fromkeys(events),
        "transitions": [_transition(states, event, random) for event in (*events, *events)],
        "timeouts": [{"state": random.choice(states), "after": "36h", "fire": random.choice(events)}],
        "reactions": [{"after": after, "for_each": of_all, "fire": random.choice(events)}],
    }


def _transition(states: list[str], event: str, random: Random) -> dict[str, Any]:
    some = random.sample(states, random.randint(1, len(states)))
    found: dict[str, Any] = {"event": event, "to": random.choice(states), "from": random.choice(["*", some])}
    if random.random() < 0.5:
        found["guard"] = f"given(record.id) && string(record.id) != {json.dumps(random.choice(HARD_TEXTS))}"
    return found
