"""Both backends and a plain oracle on random sessions: `python tests/inference/differential.py`.

Prints every difference and how many there are. Exit status 1 where there is one, or where a backend is
missing that was asked for.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from random_sessions import differences

from rulewright.inference import InferenceEngine, JoinRule, installed_backends, make_matcher


def engines(
    backends: Sequence[str],
) -> dict[str, Callable[[Sequence[JoinRule]], InferenceEngine]]:
    """What makes the engine of each backend."""
    return {name: partial(InferenceEngine, matcher=make_matcher(name)) for name in backends}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--backends", nargs="*", default=["durable", "clips"])
    given = parser.parse_args()
    missing = set(given.backends) - set(installed_backends())
    if missing:
        print(f"not installed: {', '.join(sorted(missing))}")
        return 1
    started = time.perf_counter()
    found = differences(engines(given.backends), range(given.seed, given.seed + given.sessions // 10))
    for one in found:
        print(one)
    seconds = time.perf_counter() - started
    names = " and ".join(given.backends)
    print(f"{given.sessions} sessions on {names} and the oracle: {len(found)} differences, {seconds:.0f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
