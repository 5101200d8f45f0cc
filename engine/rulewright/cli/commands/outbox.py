"""`rulewright outbox list|show|deliver|work|retry|drop|prune --store URL`"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import click

from rulewright.cli.ages import older_than_option
from rulewright.cli.options import OutputChoices, hand_options_on, listing_options, rules_option

STATES = ("waiting", "sending", "delivered", "dead", "dropped")

_store = click.option(
    "--store", metavar="URL", envvar="RULEWRIGHT_STORE", help="Where the outbox is: sqlite:///file.db"
)
_ids = click.argument("ids", metavar="ID...", type=int, nargs=-1)
_every_dead = click.option("--dead", is_flag=True, help="All that are dead.")
_lease = click.option(
    "--lease",
    metavar="SECONDS",
    type=click.FloatRange(1, 3600),
    default=60.0,
    show_default=True,
    help="After how long others take over what one that was killed held.",
)


def _at_once(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(
        name,
        metavar="N",
        type=click.IntRange(1, 100),
        default=8,
        show_default=True,
        help="How many messages are sent at once.",
    )


@click.group("outbox")
@click.pass_context
def command(context: click.Context) -> None:
    """Look after messages that are on their way: what waits, what was refused, what to do about it.

    Messages are written together with the results that they tell of, and stay here. `deliver` sends those
    that are due. What can't be delivered for now is tried again for a day and a half; what is refused, or
    was tried in vain for so long, is dead until it is retried or dropped.
    """
    hand_options_on(context, command)


@command.command("list")
@_store
@click.option("--state", type=click.Choice(STATES), multiple=True, help="Only these (repeatable).")
@click.option("--target", metavar="NAME", help="Only messages to this target.")
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="No more than the N oldest.")
@listing_options
def list_command(
    store: str | None, state: tuple[str, ...], target: str | None, limit: int | None, output: OutputChoices
) -> None:
    """List messages, oldest first."""
    from rulewright.cli.outbox.letters import list_outbox  # noqa: PLC0415 - lazy, for a fast --help

    list_outbox(store, state or STATES, target, limit, output)


@command.command("show")
@click.argument("ids", metavar="ID...", type=int, nargs=-1, required=True)
@_store
@listing_options
def show_command(ids: tuple[int, ...], store: str | None, output: OutputChoices) -> None:
    """Show messages whole, with the last answer; sensitive values are masked."""
    from rulewright.cli.outbox.letters import show_outbox  # noqa: PLC0415 - lazy, for a fast --help

    show_outbox(store, ids, output)


@command.command("deliver")
@_store
@rules_option
@click.option("--watch", is_flag=True, help="Go on until stopped; what is being sent is finished first.")
@_at_once("--workers")
@_lease
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="Send no more than N messages.")
@listing_options
def deliver_command(
    store: str | None,
    rules: str | None,
    watch: bool,
    workers: int,
    lease: float,
    limit: int | None,
    output: OutputChoices,
) -> None:
    """Send what is due, to the targets of rulewright.toml ([targets.NAME]).

    Several may run at once, on several machines. What one of them held when it was killed is taken over by
    another after its lease. Each message arrives at least once, with the same Idempotency-Key every time.
    """
    from rulewright.cli.outbox.sending import deliver_outbox  # noqa: PLC0415 - lazy, for a fast --help

    deliver_outbox(store, rules, output, watch=watch, workers=workers, lease=lease, limit=limit)


@command.command("work")
@_store
@rules_option
@_at_once("--concurrency")
@_lease
@listing_options
def work_command(
    store: str | None, rules: str | None, concurrency: int, lease: float, output: OutputChoices
) -> None:
    """Send messages as they become due, as one of many workers on PostgreSQL, until stopped.

    From the first run on, each message gets a job of Procrastinate in the transaction that stores it. A
    worker that was not heard of for --lease seconds is lost, and others take over. Where the server does not
    answer any more it is tried again, after a minute at most. SIGTERM and Ctrl-C end the work once what is
    being sent is finished. Needs pip install 'rulewright[workers]'.
    """
    from rulewright.cli.outbox.sending import work_outbox  # noqa: PLC0415 - lazy, for a fast --help

    work_outbox(store, rules, output, workers=concurrency, lease=lease)


@command.command("prune")
@_store
@older_than_option
@click.option("--dead", is_flag=True, help="Dead messages, too: nobody will retry them.")
@listing_options
def prune_command(store: str | None, older_than: timedelta, dead: bool, output: OutputChoices) -> None:
    """Remove messages that were delivered or dropped long ago: last tried, or else made, before --older-than.

    What waits or is being sent always stays, and so does the newest message.
    """
    from rulewright.cli.outbox.pruning import prune_outbox  # noqa: PLC0415 - lazy, for a fast --help

    prune_outbox(store, older_than, dead, output)


def _edit(name: str, verb: str) -> Callable[..., None]:
    def edit(ids: tuple[int, ...], dead: bool, store: str | None, output: OutputChoices) -> None:
        from rulewright.cli.outbox.letters import edit_outbox  # noqa: PLC0415 - lazy, for a fast --help

        if bool(ids) == dead:
            raise click.UsageError("say which: ID... or --dead")
        edit_outbox(store, name, ids, output)

    edit.__doc__ = verb
    return edit


for _name, _help in (
    ("retry", "Send messages again, at once and with all attempts."),
    ("drop", "Never send messages; they stay listed as dropped."),
):
    command.command(_name)(_ids(_every_dead(_store(listing_options(_edit(_name, _help))))))
