"""Which plug-ins are installed, and where a plug-in is from.

Every command that loads rules asks, and most people have no plug-in: `importlib.metadata` takes 25 ms and
more to say so. Hence the lists of entry points are first searched for our group as bytes (2 ms), and only
what has it is read properly.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from rulewright.errors import PluginError, in_words

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

GROUP: Final = "rulewright"
SWITCH: Final = "RULEWRIGHT_NO_PLUGINS"
_LEAVE_OUT: Final = f"{SWITCH}=1 leaves installed plug-ins out"


class Candidate(Struct, frozen=True):
    """A plug-in that was found: the object with its hooks, and where it is from.

    `stamp` changes with its code; None where that can't be told.
    """

    name: str
    hooks: object
    file: str | None = None
    distribution: str | None = None
    version: str | None = None
    stamp: str | None = None

    @property
    def shown(self) -> str:
        """How messages name it."""
        known = [one for one in (self.distribution, self.version) if one]
        return f"the plug-in {self.name}" + (f" ({' '.join(known)})" if known else "")

    @property
    def prefixes(self) -> tuple[str, ...]:
        """What codes of the plug-in may start with: its name, its package's, that without `rulewright_`."""
        top = getattr(self.hooks, "__name__", self.name).partition(".")[0]
        return tuple(dict.fromkeys((top.removeprefix("rulewright_"), top, self.name)))


def are_installed_wanted(installed: bool | None) -> bool:
    """Whether installed plug-ins are to be used; where nobody says, the environment does."""
    if installed is not None:
        return installed
    return os.environ.get(SWITCH, "").lower() in ("", "0", "false", "no", "off")


def find_installed() -> Iterator[Candidate]:
    """Import what the entry points of installed distributions name. Raises PluginError."""
    for point, distribution, version in _entry_points():
        shown = f"the plug-in {point.name} ({distribution} {version})"
        try:
            candidate = _candidate(point.name, point.load(), distribution, version)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise PluginError(f"{shown} can't be imported: {in_words(error)}; {_LEAVE_OUT}") from error
        yield candidate


def import_named(name: str) -> Candidate:
    """Import the plug-in of a module's name, or of a path that ends with .py. Raises PluginError."""
    is_file = name.endswith(".py")
    if not is_file and not all(part.strip() for part in name.split(".")):
        raise PluginError(
            f"a plug-in can't be named {name!r}: give a module, like acme.rules, or a path that ends with .py"
        )
    try:
        hooks = _import_file(Path(name)) if is_file else import_module(name)
        return _candidate(Path(name).stem if is_file else name, hooks)
    except KeyboardInterrupt:
        raise
    except ModuleNotFoundError as error:
        shown = f"the plug-in {name} can't be imported: {in_words(error)}"
        raise PluginError(f"{shown}; {_what_to_install(name, is_file, error.name)}") from error
    except BaseException as error:
        raise PluginError(f"the plug-in {name} can't be imported: {in_words(error)}") from error


def _what_to_install(name: str, is_file: bool, missing: str | None) -> str:
    if is_file or missing is None or not f"{name}.".startswith(f"{missing}."):
        return f"install what it needs where Rulewright is installed ({sys.prefix})"
    return (
        f"install it where Rulewright is installed ({sys.prefix}), or name a file by its path, like"
        f" {name.rpartition('.')[2]}.py"
    )


def as_candidate(hooks: object) -> Candidate:
    """A plug-in that the caller has at hand. Raises PluginError."""
    try:
        return _candidate(getattr(hooks, "__name__", type(hooks).__name__), hooks)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        kind = type(hooks).__name__
        raise PluginError(f"a plug-in ({kind}) can't be looked into: {in_words(error)}") from error


def _import_file(path: Path) -> ModuleType:
    """Import one file, without adding its folder to where everybody's modules come from."""
    from importlib.util import module_from_spec, spec_from_file_location  # noqa: PLC0415 - seldom needed

    spec = spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _candidate(
    name: str, hooks: object, distribution: str | None = None, version: str | None = None
) -> Candidate:
    if not isinstance(hooks, ModuleType) or not hooks.__file__:
        return Candidate(name, hooks, None, distribution, version)
    return Candidate(name, hooks, hooks.__file__, distribution, version, _stamp(hooks))


def _stamp(module: ModuleType) -> str | None:
    """A digest that changes with the code of a module, or of the package that it is in."""
    file = Path(module.__file__ or "")
    top = sys.modules.get(module.__name__.partition(".")[0])
    roots = [Path(each) for each in getattr(top, "__path__", ())] if top is not None else []
    try:
        files = sorted(each for root in roots for each in root.rglob("*.py")) or [file]
        parts = [(str(each), (found := each.stat()).st_mtime_ns, found.st_size) for each in files]
    except OSError:
        return None
    from hashlib import sha256  # noqa: PLC0415 - only with plug-ins

    return sha256(repr(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _folders() -> Iterator[str]:
    """The folders of what distributions say of themselves, of those that have an entry point of ours."""
    for place in dict.fromkeys(sys.path):
        try:
            with os.scandir(place or ".") as entries:
                found = [one.path for one in entries if one.name.endswith((".dist-info", ".egg-info"))]
        except OSError:
            continue
        for folder in sorted(found):
            try:
                with open(os.path.join(folder, "entry_points.txt"), "rb") as file:
                    text = file.read()
            except OSError:
                continue
            if f"[{GROUP}]".encode() in text:
                yield folder


def _entry_points() -> Iterator[tuple[EntryPoint, str, str]]:
    seen: set[str] = set()
    for folder in _folders():
        from importlib.metadata import Distribution  # noqa: PLC0415 - see the module's docstring

        distribution = Distribution.at(folder)
        name = distribution.metadata["Name"] or Path(folder).stem
        # What stands further up the path hides its namesakes, as it does for imports.
        if name.lower() in seen:
            continue
        seen.add(name.lower())
        for point in _points_of(distribution, name):
            yield point, name, distribution.version


def _points_of(distribution: Distribution, name: str) -> list[EntryPoint]:
    """The entry points of our group. Raises PluginError where they are written wrongly."""
    try:
        points = sorted(distribution.entry_points.select(group=GROUP))
        for point in points:
            if point.pattern.match(point.value) is None:
                raise ValueError(f"{point.value!r} names no module")
    except (ValueError, TypeError, AttributeError) as error:
        raise PluginError(
            f"the entry points of {name} can't be read: {in_words(error)}; {_LEAVE_OUT}"
        ) from error
    return points
