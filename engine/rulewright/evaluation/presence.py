"""Must a field be given, may it be, does it apply at all: excluded, forbidden, required."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from rulewright import cel
from rulewright.compiled import CompiledField
from rulewright.evaluation.changes import is_touched, merge_update, note_dropped
from rulewright.evaluation.log import Site, Stage
from rulewright.evaluation.places import places_of
from rulewright.evaluation.run import Place, Run, forget_parts, holder_in, site_at
from rulewright.formula import Formula
from rulewright.pointers import steps_of
from rulewright.problem import Because


def drop_excluded(run: Run) -> None:
    """Drop the fields whose `excluded_if` holds, with an info each. All judge the same payload."""
    excluded = [place for place in places_of(run, "excluded") if is_excluded(run, place)]
    for place in excluded:
        for view in (place.siblings, holder_in(run, run.sent, place.pointer)):
            if view is not None:
                view.unsound.discard(place.field.name)
                view.nulls.discard(place.field.name)
                view.partial.pop(place.field.name, None)
                view.pop(place.field.name, None)
        run.log.withdraw(place.pointer, Stage.SHAPE)
    if excluded and run.is_event:
        # What an event brings is dropped before it goes into the record, which keeps what is stored.
        merge_update(run)
    if excluded:
        note_dropped(run, excluded)
        run.record.forget()
        run.scope.forget()
    _end_undecided(run)


def _end_undecided(run: Run) -> None:
    """Where nobody knows whether a field applies, what is wrong with it may not count."""
    paths = run.log.error_paths(Stage.PRESENCE)
    for path in paths:
        run.log.withdraw(path, Stage.SHAPE)
    run.end_fields(paths)
    forget_parts(run, paths)


def is_excluded(run: Run, place: Place) -> bool:
    """Whether there is something to drop, and a condition says so, which is reported."""
    return _is_sent(place) and _does_not_apply(run, place)


def _is_sent(place: Place) -> bool:
    """Whether there is something to drop: a value, or what is no value of the field."""
    if place.value is not None:
        return True
    is_missing = place.field.rule.required and place.field.name in place.siblings.nulls
    return not place.is_sound and not is_missing


def _does_not_apply(run: Run, place: Place) -> bool:
    condition = place.field.excluded_if
    if condition is None or not is_touched(run, place.top, condition):
        return False
    site = _site(place, "excluded_if")
    if not run.holds(condition, site, place.scope(run)):
        return False
    message = place.field.rule.messages.get(
        "excluded_if", f"{place.field.label} does not apply and is left out"
    )
    run.report(site, "excluded", message, severity="info", because=run.because(condition, place.scope(run)))
    return True


def judge_presence(run: Run) -> None:
    """Judge every field: `forbidden` ends it and all that is in it, then `required`, then `immutable`.

    What needs no expression is judged first, so that a condition that reads a field whose absence is an
    error already is skipped (language.md "unsound").
    """
    ended: set[str] = set()
    for conditional in (False, True):
        for place in places_of(run, "presence"):
            if not _is_within_any(place.pointer, ended):
                ended.update(judge_place(run, place, conditional=conditional))
        run.settle(Stage.PRESENCE)
        forget_parts(run, run.log.paths_of("forbidden"))


def _is_within_any(pointer: str, ended: Collection[str]) -> bool:
    while pointer:
        if pointer in ended:
            return True
        pointer = pointer.rpartition("/")[0]
    return False


def judge_place(run: Run, place: Place, *, conditional: bool) -> Iterator[str]:
    """Judge one field, by its conditions or by what needs none; yield its pointer where a rule ends it."""
    if _present(place) and _judge_forbidden(run, place, conditional=conditional):
        yield place.pointer
    elif _is_missing(run, place) and _judge_required(run, place, conditional=conditional):
        # A null where a value is required is `required`, not a wrong type.
        run.log.withdraw(place.pointer, Stage.SHAPE)
        yield place.pointer
    elif not conditional and _is_changed_for_good(run, place):
        _report_immutable(run, place)
        yield place.pointer


def _is_changed_for_good(run: Run, place: Place) -> bool:
    if not place.field.rule.immutable or run.current is None or run.is_event:
        return False
    return place.is_sound and place.top in run.changed and _differs_from_stored(run, place)


def _differs_from_stored(run: Run, place: Place) -> bool:
    """Items of a list have no identity, so nothing in a list is compared."""
    stored: object = run.current
    for step in steps_of(place.pointer):
        if not isinstance(stored, Mapping):
            return False
        stored = stored.get(step)
    try:
        return place.item is None and place.value != stored
    except cel.Unknown:  # a part of it has a problem of its own, which is told
        return False


def _report_immutable(run: Run, place: Place) -> None:
    label = place.field.label
    message = place.field.rule.messages.get("immutable", f"{label} can't be changed once it is set")
    run.report(_site(place, "immutable"), "immutable", message)


def _is_missing(run: Run, place: Place) -> bool:
    is_null = place.field.name in place.siblings.nulls
    return (is_null or (place.is_sound and place.value is None)) and not _is_system_set(run, place)


def _is_system_set(run: Run, place: Place) -> bool:
    return place.field.rule.readonly is not None and place.field.name not in run.settable


def _present(place: Place) -> bool:
    """Whether there is something to forbid: a value, or a null where null is no way to say "nothing"."""
    name = place.field.name
    is_null = name in place.siblings.nulls or dict.__contains__(place.siblings, name)
    if place.value is not None or (name in place.siblings.unsound and not is_null):
        return True
    return is_null and not place.field.rule.nullable and place.field.rule.blank is None


def _judge_forbidden(run: Run, place: Place, *, conditional: bool) -> bool:
    for keyword, formula, names in _forbidding(place.field):
        if (formula is not None) is not conditional:
            continue
        because = _applies(run, place, keyword, formula, names)
        if because is not None:
            message = _message(place, keyword, "forbidden", "must not be given", names)
            # A forbidden object reports nothing inside, whatever was found there before.
            for stage in (Stage.SHAPE, Stage.PRESENCE):
                run.log.withdraw(place.pointer, stage)
            run.report(_site(place, keyword), "forbidden", message, because=because)
            return True
    return False


def _judge_required(run: Run, place: Place, *, conditional: bool) -> bool:
    for keyword, formula, names in _requiring(place.field):
        if (formula is not None) is not conditional:
            continue
        because = _applies(run, place, keyword, formula, names)
        if because is not None:
            message = _message(place, keyword, "required", "is required", names)
            run.report(_site(place, keyword), "required", message, because=because)
            return True
    return False


def _message(place: Place, keyword: str, code: str, text: str, names: tuple[str, ...]) -> str:
    """The rule file's own words, else ours, with the fields beside it that make the rule apply."""
    said, label = place.field.rule.messages, place.field.label
    told = f"{label} {text}"
    if names:
        word = "with" if keyword.endswith("_with") else "without"
        before = label[: len(label) - len(place.field.name)]
        found = _given_siblings(place, names).items()
        there = [f"{before}{name}" for name, is_given in found if is_given is (word == "with")]
        told = f"{told} {word} {' and '.join(there)}"
    return said.get(keyword, said.get(code, told))


_Condition = tuple[str, Formula | None, tuple[str, ...]]


def _forbidding(field: CompiledField) -> Iterator[_Condition]:
    rule = field.rule
    if field.forbidden_if is not None:
        yield "forbidden_if", field.forbidden_if, ()
    if rule.forbidden_with:
        yield "forbidden_with", None, rule.forbidden_with
    if rule.forbidden_without:
        yield "forbidden_without", None, rule.forbidden_without


def _requiring(field: CompiledField) -> Iterator[_Condition]:
    rule = field.rule
    if rule.required:
        yield "required", None, ()
    if field.required_if is not None:
        yield "required_if", field.required_if, ()
    if field.required_unless is not None:
        yield "required_unless", field.required_unless, ()
    if rule.required_with:
        yield "required_with", None, rule.required_with
    if rule.required_without:
        yield "required_without", None, rule.required_without


def _applies(
    run: Run, place: Place, keyword: str, formula: Formula | None, names: tuple[str, ...]
) -> Because | None:
    """Return why the rule applies here, None if it does not or can't be told."""
    if not is_touched(run, place.top, formula, names):
        return None
    if formula is not None:
        held = run.holds(formula, _site(place, keyword), place.scope(run))
        wanted = keyword != "required_unless"
        return run.because(formula, place.scope(run)) if held is wanted else None
    if not names:
        return Because()
    return _because_of_siblings(place, keyword, names)


def _because_of_siblings(place: Place, keyword: str, names: tuple[str, ...]) -> Because | None:
    """`*_with`: any of them is given. `*_without`: any of them is not."""
    wanted = keyword.endswith("_with")
    found = _given_siblings(place, names)
    if wanted not in found.values():
        return None
    prefix = place.pointer.rsplit("/", 1)[0].strip("/").replace("/", ".")
    paths = {".".join(filter(None, ("payload", prefix, name))): given for name, given in found.items()}
    return Because(None, {f"given({path})": given for path, given in paths.items() if given is not None})


def _given_siblings(place: Place, names: tuple[str, ...]) -> dict[str, bool | None]:
    """Which fields beside a field are given; None of one that is unsound."""
    found: dict[str, bool | None] = {}
    for name in names:
        try:
            found[name] = place.siblings.is_given(name)
        except cel.Unknown:
            found[name] = None
    return found


def _site(place: Place, keyword: str) -> Site:
    return site_at(place.field, keyword, place.pointer, Stage.PRESENCE)
