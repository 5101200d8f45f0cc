"""What may happen to a record: its events, in words or as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rulewright.evaluation import Move
from rulewright.report.pretty import Paint
from rulewright.report.text import show_text, show_value


def moves_in_words(title: str, moves: Sequence[Move], paint: Paint) -> Iterator[str]:
    """A line an event: allowed and where it leads, or why not, or what decides it."""
    yield show_text(title)
    for move in moves:
        if move.allowed:
            needs = f"  needs {', '.join(move.missing)}" if move.missing else ""
            yield f"  {paint('✓', 'accepted')} {move.event}  leads to {move.to}{needs}"
        elif move.guard is None:
            yield f"  {paint('✗', 'rejected')} {move.event}  {show_text(move.why or 'is not possible')}"
        else:
            mark = paint("?", "undecided") if move.allowed is None else paint("✗", "rejected")
            yield f"  {mark} {move.event}  {_withheld(move)}:"
            yield f"      {show_text(move.guard)}"
            values = move.because.values if move.because is not None else {}
            yield from (
                paint(f"      read  {name} = {show_value(value)}", "quiet") for name, value in values.items()
            )


def _withheld(move: Move) -> str:
    needs = f"needs {', '.join(move.missing)}, and would" if move.missing else "would"
    if move.allowed is False:
        return f"{needs} lead to {move.to}, but this does not hold"
    return f"{needs} lead to {move.to} if this holds"


def move_json(move: Move) -> dict[str, object]:
    """One event as JSON: `because` only where a guard fails, or can't be decided (`allowed` is null then)."""
    told: dict[str, object] = {"event": move.event, "allowed": move.allowed, "to": move.to}
    if move.missing:
        told["missing"] = list(move.missing)
    if move.guard is not None and move.because is not None:
        told["because"] = {"expression": move.guard, "values": dict(move.because.values)}
    return told
