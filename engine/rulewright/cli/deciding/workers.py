"""Parts of a file, handed to other processes, any of which may die."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

from rulewright.cli.results import print_aside
from rulewright.errors import PayloadError
from rulewright.inputs.blocks import Block
from rulewright.inputs.ranges import Range

Found = TypeVar("Found")
Given = TypeVar("Given")


@contextmanager
def working(method: str, workers: int, begin: Callable[[Given], None], given: Given) -> Iterator[Executor]:
    """Processes that were started by `method`, "fork" or "spawn"; each begins with what is `given`."""
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(workers, context, _begin_apart, (begin, given)) as pool:
        try:
            yield pool
        finally:
            # Waiting, lest Python's end meets a pool that is just closing its pipes.
            pool.shutdown(wait=True, cancel_futures=True)


def _begin_apart(begin: Callable[[Given], None], given: Given) -> None:
    """Begin; what a plug-in prints is no result here either."""
    print_aside()
    begin(given)


def hand_over(pool: Executor, decide: Callable[..., Found], part: Block | Range, *more: Any) -> Future[Found]:
    """Let a worker decide a part; where the workers have died, what was handed over before is told first."""
    try:
        return pool.submit(decide, part, *more)
    except BrokenProcessPool as error:
        failed: Future[Found] = Future()
        failed.set_exception(error)
        return failed


def result_of(part: Block | Range, future: Future[Found]) -> Found:
    """What a worker found. Raises PayloadError that names the first line that nobody decided."""
    try:
        return future.result()
    except BrokenProcessPool:
        message = "a worker process died (killed, or out of memory); from this line on nothing was decided"
        raise PayloadError(message, f"{part.name}:{part.line}:1") from None
