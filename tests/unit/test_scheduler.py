"""Every test runs once, on whichever worker, and every worker ends; also where a worker crashes."""

import subprocess
import sys
from collections import Counter, deque
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import scheduler

SHUTDOWN = None
FOLDERS = (
    "tests/integration/a",
    "tests/integration/b",
    "tests/simulation/a",
    "tests/unit/a",
    "tests/unit/b",
    "tests/c",
)


class Worker:
    """A worker of pytest-xdist as the scheduler sees it: it runs a test only when it knows what comes after it."""

    gateway: Any = SimpleNamespace(id="gw")

    def __init__(self) -> None:
        self.queue: deque[int | None] = deque()
        self.shutting_down = False

    def send_runtest_some(self, indices: list[int]) -> None:
        self.queue.extend(indices)

    def shutdown(self) -> None:
        self.queue.append(SHUTDOWN)
        self.shutting_down = True

    @property
    def can_run(self) -> bool:
        return len(self.queue) > 1 and self.queue[0] is not SHUTDOWN

    @property
    def ends(self) -> bool:
        return bool(self.queue) and self.queue[0] is SHUTDOWN


class Session:
    """pytest-xdist's DSession, as far as a scheduler depends on it."""

    def __init__(self, tests: list[str], workers: int) -> None:
        options = {"tx": [f"{workers}*popen"]}
        config: Any = SimpleNamespace(option=SimpleNamespace(loadscopereorder=True), getvalue=options.get)
        self.tests, self.ran, self.crashed = tests, list[str](), list[str]()
        self.scheduler = scheduler.Together(config, log=None)
        self.scheduler.log = lambda *_: None
        self.active = [Worker() for _ in range(workers)]
        self.starting: list[Worker] = []
        for worker in self.active:
            self.scheduler.add_node(worker)
        for worker in self.active:
            self.scheduler.add_node_collection(worker, tests)
        self.scheduler.schedule()

    def steps(self) -> list[tuple[Worker, str]]:
        """What can happen next, crashes aside."""
        going = [(worker, "run") for worker in self.active if worker.can_run]
        ending = [(worker, "end") for worker in self.active if worker.ends]
        return going + ending + [(worker, "start") for worker in self.starting]

    def step(self, worker: Worker, what: str, *, crash: bool) -> None:
        if what == "start":
            self.starting.remove(worker)
            self.scheduler.add_node_collection(worker, self.tests)
            self.active.append(worker)
            self.scheduler.schedule()
        elif what == "end":
            self.active.remove(worker)
            if worker in self.scheduler.nodes:
                assert self.scheduler.remove_node(worker) is None
        elif crash:
            self._crash(worker)
        else:
            index = worker.queue.popleft()
            assert index is not None
            self.ran.append(self.tests[index])
            self.scheduler.mark_test_complete(worker, index)
        if self.scheduler.tests_finished and not self.starting:
            for one in self.active:
                if not one.shutting_down:
                    one.shutdown()

    def _crash(self, worker: Worker) -> None:
        running = worker.queue[0]
        assert running is not None
        self.active.remove(worker)
        assert self.scheduler.remove_node(worker) == self.tests[running]
        self.crashed.append(self.tests[running])
        replacement = Worker()
        self.scheduler.add_node(replacement)
        self.starting.append(replacement)


@given(st.data())
def test_each_test_runs_once_and_each_worker_ends(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.tuples(st.sampled_from(FOLDERS), st.integers(1, 5)), max_size=8))
    tests = sorted(
        {f"{folder}{i}.py::test_{k}" for i, (folder, size) in enumerate(sizes) for k in range(size)},
        key=scheduler.turn,
    )
    session = Session(tests, data.draw(st.integers(1, 4)))
    if not tests:
        return  # pytest-xdist itself ends a run without tests
    while steps := session.steps():
        worker, what = data.draw(st.sampled_from(steps))
        session.step(worker, what, crash=data.draw(st.integers(0, 9)) == 0)
    assert not session.active
    assert Counter(session.ran + session.crashed) == Counter(tests)


def test_what_belongs_together_runs_on_one_worker() -> None:
    tests = [f"tests/integration/test_{i}.py::test" for i in range(4)] + [f"tests/c{i}.py::test" for i in range(4)]
    session = Session(tests, 2)
    by_worker: dict[int, list[str]] = {}
    while steps := session.steps():
        worker, what = steps[-1]
        before = len(session.ran)
        session.step(worker, what, crash=False)
        by_worker.setdefault(id(worker), []).extend(session.ran[before:])
    assert len([ran for ran in by_worker.values() if any("integration" in test for test in ran)]) == 1


def test_a_run_ends_after_a_worker_crashed(tmp_path: Path) -> None:
    """With the real pytest-xdist: the crash comes after tests that the worker had done, and with work left."""
    root = Path(scheduler.__file__).parent.parent
    (tmp_path / "conftest.py").write_text(
        f"import sys; sys.path.insert(0, {str(root)!r})\n"
        "from tests.scheduler import Together\n"
        "def pytest_xdist_make_scheduler(config, log): return Together(config, log)\n"
    )
    for name in "abcd":
        (tmp_path / f"test_{name}.py").write_text("def test_1(): pass\ndef test_2(): pass\n")
    (tmp_path / "test_e.py").write_text(
        "import os\ndef test_1(): pass\ndef test_2(): os._exit(1)\ndef test_3(): pass\n"
    )

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-n",
            "2",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            str(tmp_path),
            str(tmp_path),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert "1 failed, 10 passed" in done.stdout
    assert "test_e.py::test_2" in done.stdout
