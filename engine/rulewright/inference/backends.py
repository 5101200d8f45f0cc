"""Which backend finds the joins: durable-rules where it is installed, else CLIPS, or what is chosen."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, cast

from rulewright.errors import ConfigurationError, RuleFileError
from rulewright.problem import SourceProblem

if TYPE_CHECKING:
    from rulewright.inference.engine import Matcher
    from rulewright.inference.rules import JoinRule
    from rulewright.model import RuleSet

CHOICE: Final = "RULEWRIGHT_INFERENCE"
"""The environment variable that names a backend."""

EXTRAS: Final = "pip install 'rulewright[infer]' (CLIPS) or, on Python 3.11 and 3.12, 'rulewright[durable]'"
"""How a backend is installed."""

NO_BACKEND: Final = "no-inference"
MISSING: Final = "infer needs an inference backend, and none is installed"

# Name -> the module it needs, where its matcher is, and what that is called; the default first.
_BACKENDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "durable": ("durable_rules_engine", "rulewright.inference.durable_backend", "DurableMatcher"),
    "clips": ("clips", "rulewright.inference.clips_backend", "ClipsMatcher"),
}
# It is compiled against one Python, and can be there without loading (durable-rules on 3.13). Trying takes a
# millisecond; clips, which takes ninety, has wheels and is only looked for.
_TRIED: Final = "durable_rules_engine"
_EXTRA_OF: Final[Mapping[str, str]] = {
    "durable": "pip install 'rulewright[durable]' (Python 3.11 and 3.12)",
    "clips": "pip install 'rulewright[infer]'",
}


def installed_backends() -> tuple[str, ...]:
    """Return the names of the backends that can be imported here, the default first."""
    return tuple(name for name, (module, _, _) in _BACKENDS.items() if _is_installed(module))


def _is_installed(module: str) -> bool:
    try:
        if module == _TRIED:
            import_module(module)
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def require_backend(rules: RuleSet) -> None:
    """Raise RuleFileError where rule files have `infer` and nothing that can run it is installed."""
    found = [file.inferences[0].span for file in rules.resources.values() if file.inferences]
    if found and not installed_backends():
        raise RuleFileError(SourceProblem(NO_BACKEND, MISSING, span, hint=EXTRAS) for span in found)


def require_choice(rules: RuleSet) -> None:
    """Raise ConfigurationError where rule files have `infer` and the backend chosen can't be used."""
    if os.environ.get(CHOICE) and any(file.inferences for file in rules.resources.values()):
        choose_backend()


def choose_backend() -> str:
    """Return the backend to use. Raises ConfigurationError where there is none, or not the one chosen."""
    installed = installed_backends()
    chosen = os.environ.get(CHOICE)
    if chosen:
        if chosen not in _BACKENDS:
            raise ConfigurationError(f"{CHOICE} is {chosen}; it may be {' or '.join(_BACKENDS)}")
        if chosen not in installed:
            raise ConfigurationError(
                f"{CHOICE} is {chosen}, which is not installed for this Python: "
                f"{_EXTRA_OF[chosen]}, or unset {CHOICE}"
            )
        return chosen
    if not installed:
        raise ConfigurationError(f"{MISSING}: {EXTRAS}")
    return installed[0]


def make_matcher(backend: str) -> Callable[[Sequence[JoinRule]], Matcher]:
    """Return what makes the matcher of a backend; its library is imported at the first use.

    Making one raises ConfigurationError where the library does not load.
    """

    def make(rules: Sequence[JoinRule]) -> Matcher:
        _, module, name = _BACKENDS[backend]
        try:
            return cast("Matcher", getattr(import_module(module), name)(rules))
        except ImportError as error:
            raise ConfigurationError(
                f"the inference backend {backend} does not load here ({error}); install it anew: "
                f"{_EXTRA_OF[backend]}"
            ) from error

    return make
