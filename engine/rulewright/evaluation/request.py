"""The first stage: who calls, may they, and is everything there that the request names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from rulewright import cel
from rulewright.compiled import CompiledLookUp, CompiledResource
from rulewright.evaluation.callers import mistyped_parts
from rulewright.evaluation.log import Site, Stage
from rulewright.evaluation.overlay import matches
from rulewright.evaluation.run import Run
from rulewright.evaluation.stored_form import decode_record
from rulewright.formula import FIXED_NAMES, OWN_ROOTS, Path
from rulewright.model import Auth
from rulewright.ports import StoredRecord

# A name in an operation's path.
PARAMETER: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
# A look-up that reads only these can be run before the payload is looked at.
_KNOWN_BEFORE_PAYLOAD: Final = FIXED_NAMES - OWN_ROOTS

# A key that is longer is not told of: nobody could read the message.
_TOLD: Final = 60


def judge_caller(run: Run) -> None:
    """Authentication, then permission; either ends the evaluation (language.md "Order, stops")."""
    api = run.resource.api
    if api is None or api.auth is None or run.is_trusted:
        return
    if run.inputs.actor is None:
        site = Site(f"{run.resource.name}.auth", "", api.auth.span, Stage.REQUEST)
        run.log.end(site.problem("unauthenticated", "nobody is named as the caller (actor)"))
        return
    if wrong := _mistyped(run, api.auth, run.inputs.actor):
        site = Site(f"{run.resource.name}.auth", "", api.auth.span, Stage.REQUEST)
        run.log.end(site.problem("unauthenticated", f"the caller (actor) is not known: {wrong}"))
        return
    operation = run.resource.operation(run.inputs.operation)
    if operation is None or operation.permission is None:
        return
    span = operation.at.get("permission", operation.span)
    site = Site(f"{run.resource.name}.permission", "", span, Stage.REQUEST)
    if operation.permission not in _permissions(run, site):
        message = f"the caller lacks the permission {operation.permission}"
        because = run.because(run.resource.permissions) if run.resource.permissions is not None else None
        run.log.end(site.problem("permission", message, because=because))


def _mistyped(run: Run, auth: Auth, actor: Mapping[str, object]) -> str:
    # Rights that are no list are no rights: `permission` is the better answer.
    formula = run.resource.permissions
    rights = {"permissions"} if formula is None else {path[-1] for path in formula.reads}
    found = (one for one in mistyped_parts(auth, actor) if one[0] not in rights)
    return "; ".join(f"{name} must be of the type {declared}" for name, declared in found)


def _permissions(run: Run, site: Site) -> list[object]:
    formula = run.resource.permissions
    held = run.inputs.actor.get("permissions") if formula is None and run.inputs.actor else None
    if formula is not None:
        held = run.attempt(formula, site)
    return list(held) if isinstance(held, list | tuple) else []


def judge_path_parameters(run: Run) -> None:
    """A missing path parameter is `required` at "" (language.md "Keys of api.yaml and of a resource")."""
    for name in missing_path_parameters(run):
        run.report(_parameter_site(run, name), "required", _missing(name))
        run.path.mark_unsound(name)


def _parameter_site(run: Run, name: str) -> Site:
    operation = run.resource.operation(run.inputs.operation)
    span = operation.at.get("path", operation.span) if operation is not None else None
    return Site(f"{run.resource.name}.path.{name}", "", span, Stage.REQUEST)


def _missing(name: str) -> str:
    return f"the path parameter {name} is required"


def missing_path_parameters(run: Run) -> Iterator[str]:
    """Yield the parameters of the operation's path that were not given; the record's key may stand in."""
    operation = run.resource.operation(run.inputs.operation)
    if operation is None or operation.path is None or run.is_trusted:
        return
    for name in PARAMETER.findall(operation.path):
        given = run.inputs.request.path.get(name)
        names_the_record = not run.is_create and name in (run.resource.key, "id", "uuid")
        if given in (None, "") and not (names_the_record and run.inputs.key is not None):
            yield name


def find_current(run: Run) -> None:
    """Read the record of an update or event; outside the resource's `scope` it does not exist.

    Where a path parameter that the scope reads is missing, nobody knows whether it does: that is told.
    """
    scoping = {path[-1] for path in run.resource.scope.reads if path[:2] == ("request", "path")}
    if unknown := [name for name in missing_path_parameters(run) if name in scoping]:
        run.log.end(_parameter_site(run, unknown[0]).problem("required", _missing(unknown[0])))
        return
    site = Site(f"{run.resource.name}.not_found", "", run.resource.file.span, Stage.REQUEST)
    what = run.resource.file.noun
    if run.records is None:
        message = f"the {what} can't be read: no store was given"
        run.log.end(site.problem("undecided", message, severity="warning"))
        return
    found = run.records.find(run.resource.name, {run.resource.key: run.inputs.key}, 1)
    if found:
        run.stored = found[0]
        run.current = decode_record(run.resource.fields, found[0])
        if run.is_trusted or _in_scope(run, found[0], site):
            return
    run.log.end(site.problem("not_found", f"no such {what}{_looked_for(run)}"))


def _looked_for(run: Run) -> str:
    """Which record was looked for, where that is no secret and no endless text."""
    key = run.resource.key
    shown = str(run.inputs.key)
    if run.resource.fields[key].rule.sensitive or run.inputs.key is None or len(shown) > _TOLD:
        return ""
    return f": {key} {shown}"


def _in_scope(run: Run, record: StoredRecord, site: Site) -> bool:
    wanted = run.attempt(run.resource.scope, site)
    if not isinstance(wanted, dict):
        return False
    return matches(record, wanted)


def judge_existence(run: Run) -> None:
    """Run the look-ups that must exist and can be read before the payload (`if_missing: not_found`)."""
    for lookup in run.resource.lookups.values():
        if not is_early(run.resource, lookup):
            continue
        try:
            run.scope[lookup.rule.name]
        except cel.Unknown:
            continue
        except cel.CelError as error:
            site = Site(lookup.id, "", lookup.rule.span, Stage.REQUEST, lookup.order)
            run.undecided(site, lookup.by, error)


def is_early(resource: CompiledResource, lookup: CompiledLookUp) -> bool:
    """Whether a look-up must find something and can be run before the payload is looked at."""
    return lookup.rule.if_missing == "not_found" and _is_known_early(resource, lookup.by.reads)


def _is_known_early(resource: CompiledResource, reads: tuple[Path, ...]) -> bool:
    return all(
        path[0] in _KNOWN_BEFORE_PAYLOAD
        or (path[0] in resource.lookups and _is_known_early(resource, resource.lookups[path[0]].by.reads))
        for path in reads
    )
