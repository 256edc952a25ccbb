"""What really happened in a run: each kind of fault, and what the event sources did about it."""

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Iterable

from simulator import Behaviours, QueueBehaviours
from simulator.aws import Client
from tests.simulation import models
from tests.simulation.cloud import EVALUATION, FAILURES
from tests.simulation.faults import CORRUPT_RELEASE, CORRUPT_SHADOW, LATE_RELEASE
from tests.simulation.ledger import UNNOTICED
from tests.simulation.stack import Stack

_CALLS = {
    "sink throttles": ("throttle",),
    "sink refuses entries": ("entries_failed",),
    "sink times out": ("read_timeout", "connect_timeout"),
    "sink commits and times out": ("late_timeout",),
    "sink answers 5xx": ("server_error",),
    "sink denies access": ("access_denied",),
    "sink is slow": ("slow",),
    "sink resets connections": ("reset_before", "reset_after", "unreachable"),
    "sink's answers are damaged": ("truncated", "miscounted"),
    "sink's answers contradict themselves": ("contradictory", "error_body"),
    "sink's answers come in pieces": ("slow_body",),
    "sink's connections go stale": UNNOTICED,
}
_DAMAGES = (
    "truncated", "miscounted", "contradictory", "error_body", "reset_before", "reset_after", "slow_body",
)  # fmt: skip
_FAILURES = ("throttle", "server_error", "access_denied", "connect_timeout", "read_timeout", "late_timeout")


def faults(stack: Stack) -> Counter[str]:
    """How often each kind of fault struck, by its name in the plan; only kinds that the plan has.

    Calls that fail in an outage count for the outage, and for the rate of that failure if the plan has it too.
    """
    mapping, queue, invoker = stack.mapping.counts, stack.queue_mapping.counts, stack.invoker.counts
    queue_sent = stack.queue.counts["sent"]
    throttled = mapping["throttled"] + queue["throttled"] + invoker["throttled"]
    cloud = stack.cloud
    hosts = cloud.sink, cloud.quarantine, cloud.store, cloud.shadow, cloud.drift
    sink, quarantine, store, shadow, drift = (host.counts for host in hosts)
    struck = {
        **{kind: _sum(sink, names) for kind, names in _CALLS.items()},
        "sink is down": _sum(sink, _FAILURES),
        "quarantine fails": _sum(quarantine, _FAILURES),
        "quarantine is down": _sum(quarantine, _FAILURES),
        "quarantine's answers are damaged": _sum(quarantine, _DAMAGES),
        "on-failure store fails": _failures(stack.lambdas_own),
        "function is killed": stack.ledger.counts["Killed"],
        "function is throttled": throttled,
        "function is throttled for long": throttled,
        "containers come and go": stack.function.cold_starts,
        "poller crashes": mapping["crashes"],
        "checkpoints lag": mapping["lagging_checkpoints"],
        "batches come twice": mapping["duplicates"],
        "notifications come twice": queue_sent - len(stack.queued.notifications),
        "deletes fail": queue["delete_errors"],
        "events run twice": invoker["duplicates"],
        "release is not read": _sum(store, _FAILURES),
        "model store is down": _sum(store, _FAILURES),
        "model store is slow": _sum(store, _FAILURES),
        "model store's answers are damaged": _sum(store, _DAMAGES),
        "model store's connections go stale": _sum(store, UNNOTICED),
        "shadow sink fails": _sum(shadow, (*_FAILURES, "entries_failed")),
        "shadow sink's answers are damaged": _sum(shadow, _DAMAGES),
        "shadow sink is down": _sum(shadow, _FAILURES),
        "drift bucket fails": _sum(drift, _FAILURES),
        "drift bucket is down": _sum(drift, _FAILURES),
        "drift bucket's answers are damaged": _sum(drift, _DAMAGES),
        CORRUPT_SHADOW: sum(release.shadow == models.CORRUPT for release in stack.scenario.releases),
        LATE_RELEASE: stack.ledger.counts["ModelUnavailable"],
        CORRUPT_RELEASE: sum(release.corrupt is not None for release in stack.scenario.releases),
    }
    return Counter({kind: struck[kind] for kind in stack.scenario.faults.kinds})


def outcomes(stack: Stack) -> Counter[str]:
    """Where the events went, and by which detours."""
    inputs, counts = stack.ledger.inputs.values(), stack.ledger.counts
    mapping, queue, invoker = stack.mapping.counts, stack.queue_mapping.counts, stack.invoker.counts
    return Counter(
        {
            "events": len(inputs),
            "predictions": sum(entry.copies > 0 for entry in inputs),
            "quarantined": sum(entry.quarantined is not None for entry in inputs),
            "duplicate predictions": sum(entry.copies - 1 for entry in inputs if entry.copies > 1),
            "scored by two models": sum(bool(entry.others) for entry in inputs),
            "deliveries of records": counts["deliveries"],
            "invocations": counts["invocations"],
            "invocations that ran out of time": counts["TimedOut"],
            "invocations that failed": mapping["function_errors"]
            + queue["function_errors"]
            + invoker["function_errors"],
            "partial failures": mapping["partial_failures"] + queue["partial_failures"],
            "bisections": mapping["bisections"],
            "records given up by the mapping": mapping["given_up"],
            "direct events given up": invoker["given_up"],
            "dead letters": stack.queue.counts["dead"],
            "records redriven": counts["redriven"],
            "records that failed a redrive": counts["redrive failures"],
            "containers": counts["containers"],
            "splits and merges": counts["reshards"],
            "releases": len(stack.scenario.releases),
            "runs without faults": int(stack.scenario.fault_free),
            "runs in which each record was delivered once": int(max(stack.ledger.deliveries.values()) == 1),
        }
    )


def behaviours(stack: Stack) -> Counter[str]:
    """Which answer to each open question the run took."""
    sources: dict[str, Behaviours | QueueBehaviours] = {
        "Kinesis": stack.scenario.behaviours,
        "SQS": stack.scenario.queue_behaviours,
    }
    return Counter(
        f"{source}: {field.name}={getattr(drawn, field.name)}"
        for source, drawn in sources.items()
        for field in dataclasses.fields(drawn)
    )


def digest(stack: Stack) -> str:
    """One fingerprint of all that was sent, delivered and came out, in its order."""
    whole = hashlib.sha256()
    for entry in stack.ledger.inputs.values():
        whole.update(b"%b %d %d %b\n" % (entry.id, entry.copies, entry.acknowledged, entry.prediction or b"-"))
        whole.update((entry.quarantined or "").encode())
    for entry in stack.ledger.order:
        whole.update(entry.id)
    for bucket in (FAILURES, EVALUATION):
        for key, body in stack.buckets.objects(bucket).items():
            whole.update(key.encode() + body)
    whole.update(repr(sorted(outcomes(stack).items())).encode())
    whole.update(stack.world.trace().encode())
    return whole.hexdigest()


def _failures(client: Client) -> int:
    return _sum(client.counts, _FAILURES)


def _sum(counts: Counter[str], names: Iterable[str]) -> int:
    return sum(counts[name] for name in names)
