"""State machines of Step Functions.

LocalStack 2026.3.0: makes a client, and assumes the role, for each task; builds its parser of JSONPath for each path
again; answers StartExecution on the bare ARN of a machine that has an alias, and ListMapRuns and StopExecution of an
execution whose definition is still being parsed, with 500; a worker of an inline Map calls itself for its next item, so
that a run of 1,000 items never ends; an execution that is stopped has neither the error nor the cause that were given,
in its description and in its event; a stop is lost before the first state and overwritten by a failure between two
states or items, because a stopped program takes no next state.
AWS: none of these.
Here: a client for each service, region and role is kept for a minute; a path is parsed once; a machine's alias is no
part of its copy; an execution has its environment from the start; a worker takes its items in a loop; an execution
keeps the error and the cause that it is stopped with; a program that was stopped stays stopped.
"""

import functools
import sys
import time
from typing import Any

from localstack.aws.api.stepfunctions import ExecutionStatus
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.iteration_worker import (
    IterationWorker,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.credentials import (
    StateCredentials,
)
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.services.stepfunctions.asl.eval.program_state import ProgramRunning, ProgramStopped
from localstack.services.stepfunctions.asl.utils import boto_client, json_path
from localstack.services.stepfunctions.backend.alias import Alias
from localstack.services.stepfunctions.backend.execution import Execution
from localstack.services.stepfunctions.backend.execution_worker import ExecutionWorker

# As long as a role's session is used: a role that was deleted and made again is another one after that.
CLIENT_SECONDS = 60
PACKAGE = "localstack.services.stepfunctions."


def apply() -> None:
    original = boto_client.boto_client_for

    @functools.lru_cache(maxsize=256)
    def kept(service: str, region: str, role_arn: str, minute: int) -> Any:
        return original(service=service, region=region, state_credentials=StateCredentials(role_arn=role_arn))

    def boto_client_for(service: str, region: str, state_credentials: Any) -> Any:
        return kept(service, region, state_credentials.role_arn, int(time.monotonic() // CLIENT_SECONDS))

    for name, module in list(sys.modules.items()):  # each imports the function by its name
        if name.startswith(PACKAGE) and getattr(module, "boto_client_for", None) is original:
            module.boto_client_for = boto_client_for
    json_path.parse = functools.lru_cache(maxsize=1024)(json_path.parse)
    IterationWorker._eval_pool = _eval_pool
    _begin_with_environments()
    _stop_with_reasons()
    _stay_stopped()
    Alias.__deepcopy__ = lambda self, memo: self


def _begin_with_environments() -> None:
    make, start = ExecutionWorker._get_evaluation_environment, ExecutionWorker.start

    def made_once(self: Any) -> Any:
        if self.env is None:
            self.env = make(self)
        return self.env

    def start_with_environment(self: Any) -> None:
        self._get_evaluation_environment()
        start(self)

    ExecutionWorker._get_evaluation_environment = made_once
    ExecutionWorker.start = start_with_environment


def _stop_with_reasons() -> None:
    stop = Execution.stop

    def stop_with_reasons(self: Any, stop_date: Any, error: str | None, cause: str | None) -> None:
        if self.exec_status == ExecutionStatus.RUNNING:
            self.error, self.cause = error, cause  # before the event of its end, which has both
        stop(self, stop_date, error, cause)

    Execution.stop = stop_with_reasons


def _stay_stopped() -> None:
    stop = Environment.set_stop

    def stop_from_the_start(self: Any, *args: Any, **reasons: Any) -> None:
        with self._state_mutex:
            if self._program_state is None:
                self._program_state = ProgramRunning()
            stop(self, *args, **reasons)

    def unless_stopped(change: Any) -> Any:
        @functools.wraps(change)
        def changed(self: Any, *args: Any, **given: Any) -> None:
            with self._state_mutex:
                if not isinstance(self._program_state, ProgramStopped):
                    change(self, *args, **given)

        return changed

    Environment.set_stop = stop_from_the_start
    for name in ("set_error", "set_timed_out"):
        setattr(Environment, name, unless_stopped(getattr(Environment, name)))
    for name in ("next_state_name", "next_field_name"):
        following = getattr(Environment, name)
        setattr(Environment, name, property(following.fget, unless_stopped(following.fset)))


def _eval_pool(self: Any, job: Any, worker_frame: Any) -> None:
    """LocalStack's own steps, in a loop. A frame is closed before its job, because a map waits for its jobs only."""
    while job is not None:
        job_frame = worker_frame.open_inner_frame()
        self._eval_job(env=job_frame, job=job)
        worker_frame.close_frame(job_frame)
        following = None
        if not isinstance(job.job_output, Exception) and not self.stopped():
            following = self._job_pool.next_job()
            if following is None:
                published = job_frame.event_history_context.last_published_event_id
                worker_frame.event_history_context.source_event_id = published
        if following is None:
            self._env.close_frame(worker_frame)
        self._job_pool.close_job(job)
        job = following
