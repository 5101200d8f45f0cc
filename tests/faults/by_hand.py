"""How fault programs are called by hand: options with defaults, counts that are printed, a status."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable

from own_server import running_postgres


def call(
    doc: str | None,
    run: Callable[..., Counter[str]],
    is_right: Callable[[Counter[str]], bool],
    *flags: str,
    any_store: bool = False,
    **numbers: float,
) -> int:
    """Run a program as the command line says; print what it counted and give 0 if all is right, else 1.

    `numbers` are its options with their defaults, `flags` those without a value. With `any_store` there is
    `--store URL` too, and `--postgres`, which starts a server.
    """
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawTextHelpFormatter)
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=type(default), default=default)
    for name in (*flags, *(["postgres"] if any_store else [])):
        parser.add_argument(f"--{name}", action="store_true")
    if any_store:
        parser.add_argument("--store")
    chosen = vars(parser.parse_args())
    start = time.monotonic()
    with running_postgres(chosen.pop("postgres", False)) as url:
        counts = run(**chosen | ({"store": url} if url else {}))
    print(f"{time.monotonic() - start:.1f} s", dict(counts))
    return 0 if is_right(counts) else 1
