"""Which fields of a create's payload the rules look at: what the others hold can't change a verdict.

Every expression of the resource is walked once, whoever uses it. Each field comes out as one that no rule
mentions, one of which only the presence counts, or one whose value counts. What is not understood raises
NotGenerated, so that nothing rests on a guess.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.evaluation.judging import applies_to
from rulewright.glance.effect_reads import EffectReads
from rulewright.glance.field_reads import FieldReads
from rulewright.glance.guards import Guard, find_guards
from rulewright.glance.named import Parts, find_named
from rulewright.glance.reads import Reads, Role
from rulewright.glance.response_reads import ResponseReads
from rulewright.hotpath.intake import is_sent
from rulewright.hotpath.writing.unit import NotGenerated


class Mentions(Struct, frozen=True):
    """What was found. `parts` are children of objects; `lone` are fields with rules about themselves alone:
    references and checks that read nothing else of the payload. Of `named` fields no more counts than the
    records that they refer to hold there.
    """

    roles: Mapping[str, Role]
    parts: Mapping[tuple[str, str], Role]
    lone: frozenset[str]
    reads_clock: bool
    guards: tuple[Guard, ...] = ()
    named: Mapping[str, Parts] = {}


def find_mentions(rules: CompiledRules, resource: CompiledResource) -> Mentions:
    """Walk all rules about a create. Raises NotGenerated where the verdict might rest on anything else."""
    if rules.reactions.get((resource.name, "create")):
        raise NotGenerated("reactions to a create")
    guards = find_guards(rules, resource)
    reads = Reads(resource, frozenset(guards))
    effects = EffectReads(rules, resource, reads)
    fields = FieldReads(rules, resource, reads, effects)
    fields.walk()
    _walk_rest(resource, reads)
    effects.walk()
    ResponseReads(resource, reads).walk()
    effects.join_own_records()
    effects.follow_copies()
    named = find_named(rules, resource, reads, effects, fields.lone)
    sent = [name for name, one in resource.fields.items() if is_sent(resource, one)]
    return Mentions(
        {name: reads.roles[name] for name in sent},
        reads.parts,
        frozenset(fields.lone.intersection(sent)),
        reads.reads_clock,
        (*guards.values(),),
        {name: parts for name, parts in named.items() if name in sent},
    )


def _walk_rest(resource: CompiledResource, reads: Reads) -> None:
    """Look-ups, checks, variants and where a workflow begins."""
    for name, lookup in resource.lookups.items():
        if name in reads.silent:
            continue
        reads.walk_where(lookup.by, lookup.rule.resource)
        if lookup.rule.of is not None:
            reads.note_foreign(lookup.rule.of, Role.VALUE)
    for check in (*resource.checks, *resource.invariants):
        if applies_to(check, "create"):
            reads.walk(check.condition)
    for variant in resource.variants:
        for name in (*variant.required, *variant.forbidden):
            reads.note(name, Role.PRESENCE)
    workflow = resource.workflow
    if workflow is None:
        return
    if workflow.rule.field is not None:
        reads.note(workflow.rule.field, Role.VALUE)
    if workflow.initial_from is not None:
        reads.walk(workflow.initial_from)


__all__ = ["Guard", "Mentions", "Role", "find_mentions"]
