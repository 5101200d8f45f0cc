"""A folder of rule files to one `Reading`: a `RuleSet`, and every problem of every file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rulewright.fingerprint import new_sha256
from rulewright.model import Api, RuleFile, RuleSet
from rulewright.plugins import Registry, built_in
from rulewright.problem import SourceProblem, Span
from rulewright.reader.api import default_api, read_api
from rulewright.reader.expanding import expand_effects, hint_at_kinds
from rulewright.reader.file_shape import ApiShape, ResourceShape
from rulewright.reader.folder import API_FILE, ApiFolder, find_folders, join
from rulewright.reader.parts import Part
from rulewright.reader.resource import read_resource
from rulewright.reader.shape_check import sound_part
from rulewright.reader.types import Merging
from rulewright.source import MapNode, Scalar, read_source


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read. `unread` names the resources whose file is there but too broken to use."""

    rules: RuleSet
    problems: tuple[SourceProblem, ...]
    unread: frozenset[str] = frozenset()
    # False where only one API was read: what others hold is not known then.
    whole: bool = True
    roots: Mapping[str, MapNode] = field(default_factory=dict)

    def line_of(self, span: Span) -> str:
        """The text of the line that a span starts on."""
        root = self.roots.get(span.file)
        return "" if root is None else root.origin.line(span.line)


def read_rules(
    path: str | Path, *, display_root: str | None = None, registry: Registry | None = None
) -> Reading:
    """Read the rule files of a root folder, of one API's folder, or of the folder of one file.

    `display_root` is how reports name the folder; left out, it is named as `path` names it. `registry`
    holds the words that are known beside the keywords (default: those that ship).
    Gives what could be read beside the problems of all files. Checks on what the files mean come after, in
    `rulewright.checks`; `load_rules` there does both, and raises.
    """
    folders, problems, whole = find_folders(Path(path), display_root)
    reader = _Reader(registry=registry or built_in(), problems=list(problems))
    for folder in folders:
        reader.read_folder(folder)
    shown = str(path) if display_root is None else display_root
    rules = RuleSet(
        root=shown, apis=reader.apis, resources=reader.resources, sha256=reader.digest.hexdigest()
    )
    problems = sorted_problems(reader.problems)
    return Reading(rules, problems, frozenset(reader.unread), whole, reader.roots)


def sorted_problems(problems: list[SourceProblem]) -> tuple[SourceProblem, ...]:
    """Each problem once, by file, line and column.

    What an API shares is checked with each of its resources; hints may differ by what these have.
    """
    told = {(problem.span, problem.code, problem.message): problem for problem in reversed(problems)}
    return tuple(told[place] for place in sorted(told))


@dataclass(slots=True)
class _Reader:
    """What has been read so far."""

    registry: Registry
    problems: list[SourceProblem] = field(default_factory=list)
    apis: dict[str, Api] = field(default_factory=dict)
    resources: dict[str, RuleFile] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    roots: dict[str, MapNode] = field(default_factory=dict)
    digest: Any = field(default_factory=new_sha256)

    def read_folder(self, folder: ApiFolder) -> None:
        """One API: api.yaml first, since its types belong to every resource."""
        api_part = self._read_api(folder)
        for name in folder.resources:
            file = join(folder.shown, f"{name}.yaml")
            node = self._sound(folder, f"{name}.yaml", file, ResourceShape)
            resource = f"{folder.name}/{name}"
            if node is None:
                self.unread.add(resource)
                continue
            part = Part(node)
            self._check_resource_name(part, resource)
            if self.roots[file].entry("rulewright") is None:
                self._warn_of_no_version(node)
            merging = _merging(api_part, part, self.registry)
            self.resources[resource] = read_resource(resource, file, part, merging)
            self.problems.extend(merging.problems)

    def _read_api(self, folder: ApiFolder) -> Part | None:
        file = join(folder.shown, API_FILE)
        node = self._sound(folder, API_FILE, file, ApiShape) if folder.has_api_file else None
        if node is None:
            self.apis[folder.name] = default_api(folder.name, file)
            return None
        part = Part(node)
        name = node.get("api")
        if isinstance(name, Scalar) and name.text != folder.name:
            message = f'api is {name.text}, but the folder is named "{folder.name}"'
            self.problems.append(name.problem("resource-name", message, hint=f"write api: {folder.name}"))
        self.apis[folder.name] = read_api(folder.name, file, part)
        return part

    def _sound(
        self, folder: ApiFolder, name: str, file: str, shape: type[ApiShape | ResourceShape]
    ) -> MapNode | None:
        """The part of a file that fits its shape; what does not is noted."""
        try:
            data = (folder.path / name).read_bytes()
        except OSError as error:
            message = f"the file can't be read: {error.strerror}"
            self.problems.append(SourceProblem("unreadable-file", message, Span(file, 1, 1, 1, 1)))
            return None
        self._digest(f"{folder.relative}/{name}", data)
        node, problems = read_source(data, file)
        self.problems.extend(problems)
        if node is None:
            return None
        if not isinstance(node, MapNode):
            hint = "start with rulewright: 1" if shape is ResourceShape else None
            is_empty = isinstance(node, Scalar) and node.value is None
            message = "the file is empty" if is_empty else "expected a map of keywords"
            self.problems.append(node.problem("wrong-value", message, hint=hint))
            return None
        self.roots[file] = node
        if shape is ResourceShape:
            node = expand_effects(node, self.registry.effects, self.problems)
        sound, flaws = sound_part(shape, node)
        self.problems.extend(hint_at_kinds(node, self.registry.effects, flaws))
        return sound

    def _digest(self, relative: str, data: bytes) -> None:
        # Lengths keep the boundary between name and content: no two sets of files give the same bytes.
        # A folder's name may hold bytes that are no UTF-8.
        name = relative.encode("utf-8", "surrogatepass")
        self.digest.update(b"%d %d\n" % (len(name), len(data)) + name + data)

    def _check_resource_name(self, part: Part, resource: str) -> None:
        name = part.node_of("resource")
        if isinstance(name, Scalar) and name.text != resource:
            message = f"resource is {name.text}, but folder and file are named {resource}"
            self.problems.append(name.problem("resource-name", message, hint=f"write resource: {resource}"))

    def _warn_of_no_version(self, node: MapNode) -> None:
        key = node.entries[0].key
        message = "the version of the rule language is missing"
        self.problems.append(
            key.problem(
                "language-version", message, hint="add rulewright: 1 as the first line", severity="warning"
            )
        )


def _merging(api: Part | None, resource: Part, registry: Registry) -> Merging:
    """What a resource's fields are merged with."""
    types = {name.text: below.node for name, below in api.named("types")} if api else {}
    unknown = resource.text("unknown") or (api.text("unknown") if api else None) or "reject"
    formats: dict[str, Scalar] = {}
    node = api.node_of("formats") if api else None
    for entry in node.entries if isinstance(node, MapNode) else ():
        if isinstance(entry.value, Scalar):
            formats[entry.key.text] = entry.value
    return Merging(types=types, kinds=registry.types, formats=formats, unknown=unknown)
