"""The figures as a page."""

import statistics
from collections.abc import Callable
from dataclasses import astuple
from typing import Any

from benchmarks.http.contestants import BARE, OURS, PEER, SERVER, HttpContestant
from benchmarks.http.running import MeasuredLoad, RunningServer
from benchmarks.paths import DOCS

PAGE = DOCS / "benchmarks" / "http.md"
Measure = Callable[[RunningServer], MeasuredLoad]
Closed = dict[int, dict[HttpContestant, MeasuredLoad]]
Equal = dict[HttpContestant, MeasuredLoad]


# Where the time of one client goes: measured apart, because a profile of the server would change it.
PARTS = """
## One client

A request that is alone costs what uvicorn does around an empty application (the table above), and our share. In a loop
without a socket that share is 38 µs: reading and checking the request 6, scoring 19, the response 3, ASGI, batching
and sending 10. With a pause of 0.5 ms before each request, as with one client, the same code takes 150 µs on this
machine, because others have used caches and branch predictors in between. So with one client what counts is how much
code and memory a request touches, in uvicorn as in the scorer: an empty application already takes two fifths of our
figure. What could be left out has been: times and values that were slow to make, a timer for each response, outcomes
that were kept.
"""


def median(loads: list[MeasuredLoad]) -> MeasuredLoad:
    """The median of each figure."""
    return MeasuredLoad(*(statistics.median(column) for column in zip(*map(astuple, loads), strict=True)))


def figures(closed: Closed, equal: Equal) -> dict[str, Any]:
    """All of it as JSON."""
    named = {f"{clients} clients": loads for clients, loads in closed.items()} | {"equal load": equal}
    return {what: {one.name: astuple(load) for one, load in loads.items()} for what, loads in named.items()}


def page(closed: Closed, equal: Equal, rate: float, skipped: dict[str, str], machine: dict[str, str]) -> str:
    lines = [
        "# Benchmarks of the HTTP server",
        "",
        "Written by `make bench-http`. One row a request, the same XGBoost model (300 trees, 20 features, depth 6),",
        "one core for each server and another for the load, all in one run, interleaved; medians. CPU is that of all",
        "of a server's processes. What else runs on the machine moves all rows, so compare ratios.",
        "",
        f"{machine['date']}, commit {machine['commit']}, {machine['processor']}, load {machine['load']} when it began.",
        f"{machine['versions']}, mlserver 1.7.1.",
        "",
        *_closed(closed),
        "",
        f"At an equal load of {rate:.0f} requests per second, 60 % of what the best peer can do, by 8 clients:",
        "",
        "| | p50, ms | p99, ms | CPU, µs a request |",
        "|---|--:|--:|--:|",
        *[f"| {one.name} | {load.p50:.2f} | {load.p99:.2f} | {load.cpu:.0f} |" for one, load in equal.items()],
        "",
        *_bare(closed),
        *[f"Left out: {name}: {reason}." for name, reason in skipped.items()],
    ]
    return "\n".join(lines).rstrip() + "\n" + PARTS


def _closed(closed: Closed) -> list[str]:
    lines = [
        "| | 1 client: CPU, µs a request | requests per CPU second | p99, ms "
        "| 32 clients: CPU, µs a request | requests per CPU second | p99, ms |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for one in closed[1]:
        if one.kind in (SERVER, PEER):
            cells = [cell for clients in (1, 32) for cell in _cells(closed[clients][one])]
            lines.append(f"| {one.name} | {' | '.join(cells)} |")
    for clients in (1, 32):
        ours = next(load for one, load in closed[clients].items() if one.name == OURS)
        peers = [(one.name, load) for one, load in closed[clients].items() if one.kind == PEER]
        name, best = min(peers, key=lambda found: found[1].cpu)
        word = "client" if clients == 1 else "clients"
        lines += ["", f"With {clients} {word}: {best.cpu / ours.cpu:.1f} × the requests per CPU second of {name}."]
    return lines


def _cells(load: MeasuredLoad) -> list[str]:
    return [f"{load.cpu:.0f}", f"{1e6 / load.cpu:,.0f}", f"{load.p99:.2f}"]


def _bare(closed: Closed) -> list[str]:
    lines = [
        "ASGI servers with an application that reads the body and answers ([ADR 49](../adr/0049-uvicorn-serves.md)):",
        "",
        "| | CPU, µs a request, 1 client | p99, ms | 32 clients | p99, ms |",
        "|---|--:|--:|--:|--:|",
    ]
    for one in closed[1]:
        if one.kind == BARE:
            few, many = closed[1][one], closed[32][one]
            lines.append(f"| {one.name} | {few.cpu:.0f} | {few.p99:.2f} | {many.cpu:.0f} | {many.p99:.2f} |")
    return [*lines, ""]
