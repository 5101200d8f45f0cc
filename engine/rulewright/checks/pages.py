"""The user pages of the codes that reading a file gives, before any check runs."""

from __future__ import annotations

from collections.abc import Mapping

READING_PAGES: Mapping[str, str] = {
    "yaml-syntax": """yaml-syntax: the file is no YAML.

Most often a text that holds ": ", or that starts with one of @ % ` * & [ {, stands without quotes, a quote or
bracket is not closed, or a line is indented with tabs or too far.""",
    "byte-order-mark": (
        "byte-order-mark: the file starts with a byte-order mark. Save it as UTF-8 without BOM."
    ),
    "not-utf-8": "not-utf-8: the file is not UTF-8 text. It was probably saved as Windows-1252 or Latin-1.",
    "control-character": """control-character: the file holds a character that can't be seen.

Such characters come in with text that is copied from elsewhere. Delete it; where it is meant, write it as an
escape in double quotes.""",
    "too-large": (
        "too-large: the file, or what its aliases and shared types unfold to, is larger than is taken."
    ),
    "too-deep": "too-deep: lists and maps are nested deeper than is taken (64 levels).",
    "too-many-aliases": "too-many-aliases: the file has more aliases (*name) than are taken (100).",
    "unknown-alias": """unknown-alias: *name stands for an anchor &name that is not there before it.

A text that starts with * must be in quotes.""",
    "several-documents": "several-documents: a line of --- starts a second document; a file holds one.",
    "duplicate-key": (
        "duplicate-key: a key stands twice in one map. YAML itself would silently take the last."
    ),
    "merge-key": "merge-key: << is not read. Write the keys out, or use a shared type of api.yaml.",
    "key-not-text": """key-not-text: a key is a number, a boolean, null, a list or a map.

Put it in quotes. (yes, no, on and off are text here and need none.)""",
    "tag": """tag: a value starts with !, which YAML takes for a tag.

    required_if: !given(payload.uorn)       # wrong
    required_if: '!given(payload.uorn)'     # right""",
    "cut-by-comment": """cut-by-comment: a space and # cut an expression short.

    check: payload.name == 'St #1'          # YAML reads: payload.name == 'St
    check: "payload.name == 'St #1'"        # right""",
    "cut-by-comma": """cut-by-comma: inside { } a comma ended an expression.

    {id: a, check: payload.total > math.greatest(1, 2)}      # YAML ends it behind the 1
    {id: a, check: 'payload.total > math.greatest(1, 2)'}    # right""",
    "unknown-keyword": "unknown-keyword: a keyword does not exist in this place.",
    "missing-keyword": "missing-keyword: a keyword that must be there is not.",
    "wrong-value": """wrong-value: a keyword holds another kind of value than it takes.

YAML is read strictly: only true, false, null and plain decimal numbers are typed; yes, no, on, off, 012,
0x1F, 1_000, 5:30 and 2025-01-31 are text.""",
    "not-an-expression": """not-an-expression: a CEL expression is a text, and this is not.

A condition that is always true needs no expression: required: true in the place of required_if: true.""",
    "bad-name": """bad-name: a name has other characters than letters, digits and _, or starts with a digit.

Names of resources, fields, look-ups and events become names of tables and columns.""",
    "bad-duration": "bad-duration: durations are written 21d, 12h, 90m or 10s.",
    "language-version": (
        "language-version: a rule file starts with rulewright: 1, the version of its language."
    ),
    "resource-name": """resource-name: the file says another name than its folder and its own name do.

rules/rubixx/person.yaml holds resource: rubixx/person; rules/rubixx/api.yaml holds api: rubixx.""",
    "type-cycle": "type-cycle: a shared type holds itself, so its fields would never end.",
    "unreadable-file": "unreadable-file: a file or folder is not there or can't be opened.",
    "misplaced-file": """misplaced-file: a rule file lies in a folder below its API's, where it is not read.

Rule files are <api>/<name>.yaml. What has no rulewright: or resource: of its own, and scenario files, may lie
in such folders; folders whose names start with _ or a dot are passed over.""",
    "no-rule-files": "no-rule-files: a folder holds none, or a file is not one: they are <api>/<name>.yaml.",
}
