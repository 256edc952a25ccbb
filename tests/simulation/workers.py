"""Many seeds over many processes, one result after the other."""

import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import islice
from multiprocessing import get_context

from tests.simulation.run import Result, attempt


def results(
    seeds: Iterable[int], records: int, jobs: int, task: Callable[[int, int], Result] = attempt
) -> Iterator[Result]:
    """The results as they come. When the caller stops, runs that have not begun are left out."""
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_leave_interrupts_to_the_parent)
    waiting = iter(seeds)
    running: set[Future[Result]] = set()
    try:
        while True:
            running |= {pool.submit(task, seed, records) for seed in islice(waiting, 2 * jobs - len(running))}
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
