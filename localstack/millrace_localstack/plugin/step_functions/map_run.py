"""A map run: its child executions on a few threads, until all are done or too many items have failed."""

from datetime import UTC, datetime
from typing import Any

from localstack.services.stepfunctions.asl.component.common.error_name.failure_event import FailureEventException
from localstack.services.stepfunctions.asl.component.common.timeouts.timeout import EvalTimeoutError
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.job import Job, JobPool
from localstack.services.stepfunctions.asl.eval.program_state import (
    ProgramError,
    ProgramStopped,
    ProgramTimedOut,
)
from localstack.services.stepfunctions.asl.eval.states import ItemData, MapData

from millrace_localstack.plugin.step_functions.results import (
    ABORTED,
    FAILED,
    SUCCEEDED,
    TIMED_OUT,
    Child,
    FailureTolerance,
)

# AWS runs up to 10,000 child executions at a time. Here each is a thread.
MOST_AT_ONCE = 40
# How a program ends that does not end by itself.
FROM_OUTSIDE = (ProgramStopped, ProgramTimedOut)
COUNTERS = {SUCCEEDED: "succeeded", FAILED: "failed", TIMED_OUT: "timed_out", ABORTED: "aborted"}


class MapRunJobs(JobPool):
    """The child executions of a map run. Hands out no more once too many items have failed, or the run was stopped."""

    def __init__(
        self, program: Any, inputs: list[Any], sizes: list[int], tolerance: FailureTolerance, record: Any
    ) -> None:
        super().__init__(job_program=program, job_inputs=inputs)
        self._sizes, self._tolerance, self._record = sizes, tolerance, record
        self._children: dict[int, Child] = {}
        self._running = 0
        self._stopped = False
        self.exceeded = False
        for counter, count in ((record.item_counter, sum(sizes)), (record.execution_counter, len(inputs))):
            counter.total.count(count)
            counter.pending.count(count)

    def next_job(self) -> Job | None:
        with self._mutex:
            return self._next()

    def _next(self) -> Job | None:
        if self.exceeded or self._stopped or not self._open_jobs:
            return None
        job = self._open_jobs.pop()
        self._running += 1
        self._count("pending", job, -1)
        self._count("running", job, 1)
        return job

    def close(self, job: Job, child: Child, *, continues: bool) -> Job | None:
        """Note what became of a job; the worker's next one, if it continues and there is one."""
        with self._mutex:
            self._children[job.job_index] = child
            self._running -= 1
            self._count("running", job, -1)
            self._count(COUNTERS[child.status], job, 1)
            failed = sum(done.items for done in self._children.values() if done.status not in (SUCCEEDED, ABORTED))
            self.exceeded = self._tolerance.exceeded(failed, sum(self._sizes))
            self._stopped = self._stopped or child.status == ABORTED
            following = self._next() if continues else None
            if self._is_terminated():
                self._termination_event.set()
            return following

    def await_jobs(self) -> None:
        """Until the last one is closed. LocalStack's looks first, and may miss a job that is just being given out."""
        self._termination_event.wait()

    def child(self, job: Job, status: str, began: datetime, output: Any = None, error: Any = None) -> Child:
        size = self._sizes[job.job_index]
        return Child(job.job_index, job.job_input, size, status, output, error or {}, began, datetime.now(UTC))

    def children(self) -> list[Child]:
        """All of them, in the order of their items; those that were never begun are pending."""
        waiting = {job.job_index: job.job_input for job in self._open_jobs}
        return [
            self._children.get(index) or Child(index, waiting.get(index), size)
            for index, size in enumerate(self._sizes)
        ]

    def _is_terminated(self) -> bool:
        return self._running == 0 and (self.exceeded or self._stopped or not self._open_jobs)

    def _count(self, name: str, job: Job, sign: int) -> None:
        getattr(self._record.item_counter, name).offset(sign * self._sizes[job.job_index])
        getattr(self._record.execution_counter, name).offset(sign)


def work(worker: Any, job: Job | None, worker_frame: Any) -> None:
    """What a worker's thread does: one child execution after the other, in a loop."""
    pool: MapRunJobs = worker._job_pool
    while job is not None:
        began = datetime.now(UTC)
        inner = worker_frame.open_inner_frame()
        child = _run(worker, pool, inner, job, began)
        worker_frame.delete_frame(inner)
        job = pool.close(job, child, continues=not worker.stopped())


def _run(worker: Any, pool: MapRunJobs, env: Any, job: Job, began: datetime) -> Child:
    status, error = _evaluated(worker, env, job)
    state = env.program_state()
    if isinstance(state, FROM_OUTSIDE):  # with its execution, whatever came of the child
        return pool.child(job, ABORTED, began)
    if status == SUCCEEDED and isinstance(state, ProgramError):
        return pool.child(job, FAILED, began, error=state.error)
    return pool.child(job, status, began, env.states.get_input() if status == SUCCEEDED else None, error)


def _evaluated(worker: Any, env: Any, job: Job) -> tuple[str, dict[str, Any]]:
    """How the evaluation itself ended, with its error if it raised one."""
    try:
        env.states.context_object.context_object_data["Map"] = MapData(
            Item=ItemData(Index=job.job_index, Value=job.job_input)
        )
        env.states.reset(job.job_input)
        env.stack.append(env.states.get_input())
        worker._eval_input(env_frame=env)
        job.job_program.eval(env)
    except EvalTimeoutError:
        return TIMED_OUT, {"error": "States.Timeout"}
    except FailureEventException as failure:
        error, cause = failure.extract_error_cause_pair() or ("States.Runtime", str(failure))
        return FAILED, {"error": error, "cause": cause}
    except Exception as failure:  # of LocalStack's own: it must not end the thread
        return FAILED, {"error": "States.Runtime", "cause": str(failure)}
    return SUCCEEDED, {}
