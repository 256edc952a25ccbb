"""`make bench-http`: what a request costs the server and its peers, and how long it takes."""

import argparse
import json
import os
from contextlib import ExitStack
from functools import partial

from benchmarks import machine
from benchmarks.aws import Aws
from benchmarks.http import table
from benchmarks.http.contestants import BARE, OURS, PEER, HttpContestant, contestants
from benchmarks.http.running import MeasuredLoad, RunningServer
from benchmarks.paths import SCRATCH
from benchmarks.workload import Size, Workload

CLIENTS = (1, 32)
# The equal load, as a share of what the best peer can do.
SHARE, RATE_CLIENTS = 0.6, 8
TOLERANCE = 1e-6
PACKAGES = ("xgboost-cpu", "numpy", "uvicorn", "fastapi", "bentoml", "granian", "hypercorn")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-http", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds; writes no document")
    arguments = parser.parse_args()
    rounds, seconds = (2, 1) if arguments.quick else (5, 2)
    began = machine.moment()
    cores = sorted(os.sched_getaffinity(0))
    workload = Workload(Size()).make()
    with Aws(SCRATCH / "buckets") as aws, ExitStack() as stack:
        aws.release(workload)
        found = contestants(workload, aws)
        skipped = {one.name: one.missing for one in found if one.missing}
        running = [stack.enter_context(RunningServer(one, (cores[0], cores[-1]))) for one in found if not one.missing]
        _agree(running)
        closed: table.Closed = {}
        for clients in CLIENTS:
            closed[clients] = _median(running, rounds, partial(_closed_loop, clients, seconds))
        models = [one for one in running if one.contestant.kind != BARE]
        best = max(closed[32][one.contestant].per_second for one in models if one.contestant.kind == PEER)
        rate = SHARE * best
        body = SCRATCH / "body.json"
        equal = _median(models, rounds, lambda one: one.at_rate(rate, RATE_CLIENTS, seconds, body))
    text = table.page(closed, equal, rate, skipped, machine.describe(PACKAGES) | began)
    (SCRATCH / "http.json").write_text(json.dumps(table.figures(closed, equal), indent=1))
    print(text)
    if not arguments.quick:
        table.PAGE.write_text(text)


def _closed_loop(clients: int, seconds: int, one: RunningServer) -> MeasuredLoad:
    return one.closed_loop(clients, seconds)


def _agree(running: list[RunningServer]) -> None:
    """No contestant may leave out what makes the work: all give the same score."""
    scores = {}
    for one in running:
        answer = one.answer()
        if one.contestant.kind != BARE:
            found = json.loads(answer)
            scores[one.contestant.name] = found["outputs"][0]["data"][0] if "outputs" in found else found["score"]
    expected = scores[OURS]
    for name, score in scores.items():
        if abs(score - expected) > TOLERANCE:
            raise RuntimeError(f"{name}: expected the score {expected}, got {score}")


def _median(running: list[RunningServer], rounds: int, measure: "table.Measure") -> dict[HttpContestant, MeasuredLoad]:
    """Rounds in which each has its turn, so that what else the machine does hits all; the median of each figure."""
    loads: dict[HttpContestant, list[MeasuredLoad]] = {one.contestant: [] for one in running}
    for number in range(rounds + 1):
        for one in running:
            load = measure(one)
            if load.failed:
                raise RuntimeError(f"{one.contestant.name}: {load.failed} of {load.requests} requests failed")
            if number:  # the first round warms up
                loads[one.contestant].append(load)
    return {one: table.median(found) for one, found in loads.items()}


main()
