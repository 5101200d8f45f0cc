"""The library's face: load rule files, evaluate payloads, apply what was accepted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from rulewright import batch, outbox
from rulewright.arguments import (
    instant,
    request_of,
    require_actor,
    require_declared,
    require_deliverer,
    require_key,
    require_load,
    require_own_key,
    require_payloads,
    require_record_key,
    require_records,
    require_seed,
    require_sent,
    require_store,
    require_target,
    require_tracer,
)
from rulewright.bundle import load_rules_once
from rulewright.compiled import CompiledRules, compile_rules
from rulewright.errors import AdapterError
from rulewright.evaluation import Inputs, Move, Request, Tracer, find_resource, moves, with_payload
from rulewright.history import DECISIONS
from rulewright.hotpath import decide
from rulewright.inference import require_backend
from rulewright.outbox.letters import LEASE, MESSAGES
from rulewright.outcome import Outcome
from rulewright.plugins import Registry
from rulewright.plugins.loading import build_registry
from rulewright.ports import Forwarder, Records, Store, Table, Transaction
from rulewright.shipped import shipped_folder
from rulewright.tables import tables_of

if TYPE_CHECKING:
    from marshmallow import Schema

    from rulewright.batch import Applier
    from rulewright.delivery import Receipt
    from rulewright.outbox import Deliverer, Settled, Worker

Settings = Mapping[str, Mapping[str, object]]


class Program:
    """Rule files, checked and compiled: immutable, safe to share between threads.

    `audit`: what is applied is kept, for the history of each record.
    """

    def __init__(self, compiled: CompiledRules, *, audit: bool = True) -> None:
        self.compiled = compiled
        self.audit = audit

    @property
    def resources(self) -> tuple[str, ...]:
        """The names of all resources, sorted, as "<api>/<name>"."""
        return tuple(sorted(self.compiled.resources))

    @property
    def registry(self) -> Registry:
        """The words that the rules may use beside the keywords: what ships, and what plug-ins add."""
        return self.compiled.registry

    @property
    def ruleset(self) -> str:
        """ "sha256:" and the digest of every rule file; it goes out with every outcome."""
        return self.compiled.digest

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The shapes in which a store keeps the resources."""
        return tables_of(self.compiled, audit=self.audit)

    def schema(self, resource: str) -> type[Schema]:
        """Return the marshmallow Schema class of a resource's creates, for webargs, apispec and the like.

        It judges shape and static `required`; conditions, look-ups and effects need `evaluate`.
        Raises EvaluationError for an unknown resource.
        """
        return find_resource(self.compiled, resource).schema_of_creates()

    def evaluate(
        self,
        resource: str,
        payload: object,
        *,
        operation: str = "create",
        key: object = None,
        store: Records | None = None,
        actor: Mapping[str, object] | None = None,
        request: Request | Mapping[str, Mapping[str, object]] | None = None,
        as_of: datetime | str | None = None,
        seed: int | None = None,
        tracer: Tracer | None = None,
        referee: bool = False,
    ) -> Outcome:
        """Decide one payload. Nothing is written.

        `payload` is what JSON decoding gives. `key` names the record of an update. `actor` is whoever
        calls, already authenticated; None is nobody. `request` holds path, query and headers. `as_of`
        (an aware datetime or ISO 8601 text; default: now) and `seed` (of random ids) make a decision
        repeatable. `operation` is create, update or an event of the resource's workflow. `tracer` is
        called with every condition that is judged. `referee`: the plain evaluator decides, not the generated
        program (as with a tracer); the outcome is the same. Raises EvaluationError for an unknown resource or
        operation, or an update or event without a key of the right type.
        """
        require_records(store)
        require_tracer(tracer)
        require_own_key(self.compiled, resource, operation, key)
        inputs = self.inputs(
            payload, operation=operation, key=key, actor=actor, request=request, as_of=as_of, seed=seed
        )
        return decide(self.compiled, resource, inputs, store, tracer, referee=referee)

    def transitions(
        self,
        resource: str,
        key: object,
        *,
        store: Records,
        actor: Mapping[str, object] | None = None,
        request: Request | Mapping[str, Mapping[str, object]] | None = None,
        as_of: datetime | str | None = None,
    ) -> tuple[Move, ...]:
        """Return every event of a stored record: allowed to happen now, or the guard that fails.

        Raises NoRecordError, an EvaluationError, where there is no such record; EvaluationError where there
        is no such resource, no workflow, or the key is no integer where keys are.
        """
        require_records(store)
        require_record_key(self.compiled, resource, key)
        inputs = self.inputs({}, key=key, actor=actor, request=request, as_of=as_of)
        return moves(self.compiled, resource, inputs, store)

    def apply(
        self,
        resource: str,
        payload: object,
        *,
        store: Store,
        operation: str = "create",
        key: object = None,
        actor: Mapping[str, object] | None = None,
        request: Request | Mapping[str, Mapping[str, object]] | None = None,
        as_of: datetime | str | None = None,
        seed: int | None = None,
        forward: str | None = None,
        referee: bool = False,
    ) -> Receipt:
        """Decide one payload and carry the decision out, both in one transaction of `store`.

        Parameters as in `evaluate`. `forward` names a target: an accepted payload is put into the outbox
        for it, too. A refused payload writes nothing. Raises AdapterError where the store fails; nothing
        is written then either.
        """
        require_store(store)
        require_target(forward)
        require_own_key(self.compiled, resource, operation, key)
        inputs = self.inputs(
            payload, operation=operation, key=key, actor=actor, request=request, as_of=as_of, seed=seed
        )
        find_resource(self.compiled, resource)
        store.prepare(self.tables)
        return self._apply_alone(resource, inputs, store, forward, referee=referee)

    def _apply_alone(
        self,
        resource: str,
        inputs: Inputs,
        store: Store,
        forward: str | None = None,
        *,
        referee: bool = False,
    ) -> Receipt:
        """Apply in a transaction of its own, again where the store gives it up; see `in_own_transaction`."""
        from rulewright.delivery import in_own_transaction  # noqa: PLC0415 - for those who write

        def transact() -> Receipt:
            with store.transaction() as transaction:
                return self.apply_within(resource, inputs, transaction, forward=forward, referee=referee)

        return in_own_transaction(self.compiled, resource, inputs, store, transact)

    def apply_many(
        self,
        resource: str,
        payloads: Iterable[object],
        *,
        store: Store,
        operation: str = "create",
        key: object = None,
        actor: Mapping[str, object] | None = None,
        request: Request | Mapping[str, Mapping[str, object]] | None = None,
        as_of: datetime | str | None = None,
        seed: int | None = None,
        forward: str | None = None,
    ) -> Iterator[Receipt]:
        """Apply many payloads, and yield a receipt for each, in order, once it is stored.

        Nothing is stored until the receipts are iterated over, and then up to a thousand at a time, which are
        read before: each payload has to be an object of its own that is not changed meanwhile.
        The outcomes and records are those of `apply` of one after the other: a payload sees what those
        before it stored, and a refused one changes nothing. Up to a thousand share a transaction (fewer
        where they take more than some seconds: other writers wait), and a thousand the time where `as_of` is
        not given; payload number n (from 0) has the seed `seed` + n. A payload may also be Inputs (see
        `inputs`), for a key of its own. Raises AdapterError where the store fails: then what was yielded
        before stays stored.
        """
        require_store(store)
        require_payloads(payloads)
        require_seed(seed)
        store.prepare(self.tables)
        write, refuse = self._write_with(resource, store, forward), self._refuse_with(resource, store)
        rest, done = iter(payloads), 0
        while chunk := list(islice(rest, batch.CHUNK)):
            # One reading of the clock for the chunk.
            shared = self.inputs(
                None, operation=operation, key=key, actor=actor, request=request, as_of=as_of, seed=seed
            )
            first = shared.seed + (done if seed is not None else 0)
            given = [
                one if isinstance(one, Inputs) else with_payload(shared, one, number)
                for number, one in enumerate(chunk, first)
            ]
            for receipts in batch.in_transactions(given, write, refuse):
                yield from receipts
            done += len(chunk)

    def _write_with(
        self, resource: str, store: Store, forward: str | None
    ) -> Callable[[Sequence[Inputs]], list[Receipt]]:
        applier = self.applier(resource, forward=forward)

        def write(chunk: Sequence[Inputs]) -> list[Receipt]:
            with store.transaction() as transaction:
                return applier.carry_out(chunk, transaction, seconds=batch.SECONDS)

        return write

    def _refuse_with(self, resource: str, store: Store) -> Callable[[Inputs, AdapterError], list[Receipt]]:
        def refuse(one: Inputs, error: AdapterError) -> list[Receipt]:
            from rulewright.delivery import Receipt, contradicted  # noqa: PLC0415 - for those who write

            outcome = decide(self.compiled, resource, one, store)
            return [Receipt(contradicted(outcome, error), stored=False)]

        return refuse

    def applier(self, resource: str, *, forward: str | None = None) -> Applier:
        """Return what carries out chunks of payloads, inside transactions that the caller opens."""
        require_target(forward)
        return batch.Applier(self.compiled, resource, self.tables, audit=self.audit, forward=forward)

    def tick(self, *, store: Store, as_of: datetime | str | None = None) -> tuple[Receipt, ...]:
        """Fire the events of all timeouts that are due at `as_of` (default: now), each in its transaction.

        The system itself acts: no caller's rights are judged, and `actor` is null in expressions.
        """
        now = instant(as_of)
        require_store(store)
        store.prepare(self.tables)
        from rulewright.ticking import fire_due  # noqa: PLC0415 - for those who write

        return tuple(fire_due(self.compiled, store, now, audit=self.audit))

    def apply_within(
        self,
        resource: str,
        inputs: Inputs,
        transaction: Transaction,
        *,
        forward: str | None = None,
        referee: bool = False,
    ) -> Receipt:
        """As `apply`, inside a transaction that the caller opened on a prepared store."""
        require_sent(inputs, transaction)
        from rulewright.delivery import carry_out  # noqa: PLC0415 - for those who write

        return carry_out(
            self.compiled,
            resource,
            inputs,
            transaction,
            audit=self.audit,
            forward=forward,
            referee=referee,
        )

    def deliverer(
        self, store: Store, forwarder: Forwarder, *, workers: int = 8, lease_seconds: float = LEASE
    ) -> Deliverer:
        """Return what sends the messages in the outbox of `store` through `forwarder`: see its `run`."""
        require_deliverer(store, forwarder, workers, lease_seconds)
        self._prepare_outbox(store)
        return outbox.Deliverer(store, forwarder, self.compiled, workers, lease_seconds, self._keep_settled)

    def worker(
        self, store: Store, forwarder: Forwarder, *, workers: int = 8, lease_seconds: float = LEASE
    ) -> Worker:
        """Return what sends messages as jobs that the store, a `JobStore`, hands out: see its `run`."""
        require_deliverer(store, forwarder, workers, lease_seconds)
        self._prepare_outbox(store)
        return outbox.Worker(store, forwarder, self.compiled, workers, lease_seconds, self._keep_settled)

    def _prepare_outbox(self, store: Store) -> None:
        # The records' own tables are left as they are: rules may have changed since, messages go out.
        store.prepare((MESSAGES, DECISIONS) if self.audit else (MESSAGES,))

    def _keep_settled(self, settled: Settled, transaction: Transaction) -> None:
        if self.audit and settled.change is not None:
            from rulewright.history_writer import keep_write_back  # noqa: PLC0415 - for those who write

            keep_write_back(settled.change, self.compiled, transaction)

    def inputs(
        self,
        payload: object,
        *,
        operation: str = "create",
        key: object = None,
        actor: Mapping[str, object] | None = None,
        request: Request | Mapping[str, Mapping[str, object]] | None = None,
        as_of: datetime | str | None = None,
        seed: int | None = None,
    ) -> Inputs:
        """Gather what one evaluation depends on, with the clock and chance filled in.

        Raises EvaluationError for an actor, a request, a key, a seed or a time that is none.
        """
        require_key(key)
        require_seed(seed)
        require_actor(actor)
        return Inputs(
            operation=operation,
            payload=payload,
            now=instant(as_of),
            seed=int.from_bytes(os.urandom(8)) if seed is None else seed,
            key=key,
            actor=actor,
            request=request_of(request),
        )


def load(
    path: str | os.PathLike[str] | None = None,
    *,
    settings: Settings | None = None,
    audit: bool = True,
    plugins: Iterable[object] = (),
    installed: bool | None = None,
) -> Program:
    """Read, check and compile rule files.

    `path` is a rules folder, one API's folder or one rule file; by default the rules that ship with
    Rulewright. `settings` overrides the switches of api.yaml: API -> setting -> value. `audit`: what is
    applied is kept, so that `rulewright history` can tell of it. `plugins`: what these rules may use beside
    what is installed, as modules, their names, or paths of Python files; `installed`: whether installed
    plug-ins are used (default: unless RULEWRIGHT_NO_PLUGINS is set). Raises RuleFileError, which holds every
    problem of every file, ConfigurationError for a setting that no api.yaml declares and for an argument of
    another type, and PluginError.
    """
    require_load(path, settings, audit, plugins, installed)
    registry = build_registry(plugins, installed=installed)
    # Wherever the package lies, positions of what ships read rules/<api>/<resource>.yaml.
    shown = "rules" if path is None else None
    rules = load_rules_once(shipped_rules() if path is None else path, display_root=shown, registry=registry)
    # What was read before may have been read where a backend was installed.
    require_backend(rules)
    overrides = settings or {}
    for api, values in overrides.items():
        require_declared(rules, api, values)
    return Program(compile_rules(rules, overrides, registry), audit=audit)


def shipped_rules() -> Path:
    """Return the folder of the rules that ship."""
    return Path(shipped_folder())
