"""What the scorer logs in a real runtime: a line of numbers an invocation, and JSON throughout."""

import time
from collections import Counter
from collections.abc import Callable
from itertools import islice

from millrace_localstack.launcher import LocalStack
from stream_producers.bad import with_bad
from stream_producers.synthetic import FEATURES, Sessions
from telemetry import metrics
from tests.integration.function_log import FunctionLog
from tests.integration.harness import Harness, wait_for

OpenStack = Callable[[str], Harness]


def test_every_invocation_tells_its_numbers_and_all_lines_are_json(harness: OpenStack, localstack: LocalStack) -> None:
    queued = harness("queued")
    log, began = FunctionLog(localstack, queued), time.time()
    queued.send(list(islice(with_bad(Sessions(105).events(), 0.1, FEATURES, seed=105), 600)), queued.stream)

    account = queued.settle()
    wait_for(lambda: sum(told.metric(metrics.EVENTS) for told in log.invocations()) >= 600)

    lines, own = log.text().splitlines(), log.own_lines()
    assert all(isinstance(members, dict) and "request_id" in members for members in own)
    requests = {line.split()[2] for line in lines if line.startswith("START")}
    assert {members["request_id"] for members in own} <= requests
    assert any("quarantined" in members["message"] for members in own if "_aws" not in members)

    told = log.invocations()
    totals = {name: sum(one.metric(name) for one in told) for name in metrics.COUNTS}
    assert totals[metrics.EVENTS] == 600
    assert totals[metrics.PREDICTIONS] == account.predictions
    assert totals[metrics.QUARANTINED] == sum(account.quarantined.values()) > 30
    assert totals[metrics.FAILED] == totals[metrics.RELEASE_REFUSED] == 0
    by_code = Counter[str]()
    for members in own:
        if "Code" in members:
            by_code[members["Code"]] += members[metrics.QUARANTINED_BY_CODE]
    assert by_code == account.quarantined
    for one in told:
        assert one.properties["source"] == "kinesis"
        assert 0 < one.metrics[metrics.EVENT_AGE] <= (time.time() - began) * 1000
        assert one.metrics[metrics.MODEL_AGE] > 0
        stages = sum(one.metrics[name] for name in metrics.DURATIONS if name != metrics.BATCH_DURATION)
        assert 0 < stages <= one.metrics[metrics.BATCH_DURATION]
