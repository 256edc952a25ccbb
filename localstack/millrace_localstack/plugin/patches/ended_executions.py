"""Executions of Step Functions that are stopped, or run out of time.

LocalStack 2026.3.0: answers ListMapRuns and StopExecution of an execution that is just starting with 500; an execution
that is stopped has neither the error nor the cause that were given, in its description and in its event; a stop is
lost before the first state, overwritten by a failure between two states or items, because a stopped program takes no
next state, and waited out by a task that waits for its token, and by a Wait that had just begun.
AWS: none of these.
Here: an execution has its environment from the start, and keeps the error and the cause of the stop that ended it; a
program that was stopped, or ran out of time, stays so; a task looks twice a second whether its execution is running.
"""

import functools
import time
from typing import Any

from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service.state_task_service_callback import (  # noqa: E501
    StateTaskServiceCallback,
)
from localstack.services.stepfunctions.asl.eval.callback.callback import CallbackOutcomeTimedOut
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.services.stepfunctions.asl.eval.program_state import ProgramRunning, ProgramStopped
from localstack.services.stepfunctions.backend.execution import BaseExecutionWorkerCommunication
from localstack.services.stepfunctions.backend.execution_worker import ExecutionWorker

from millrace_localstack.plugin.step_functions.map_run import FROM_OUTSIDE

POLL_SECONDS = 0.5


def apply() -> None:
    _begin_with_environments()
    _keep_reasons()
    _stay_ended()
    _wait_for_tokens()


def _begin_with_environments() -> None:
    begin, make = ExecutionWorker.__init__, ExecutionWorker._get_evaluation_environment

    def begin_with_environment(self: Any, *args: Any, **given: Any) -> None:
        begin(self, *args, **given)
        self.env = make(self)

    ExecutionWorker.__init__ = begin_with_environment
    ExecutionWorker._get_evaluation_environment = lambda self: self.env


def _keep_reasons() -> None:
    reflect = BaseExecutionWorkerCommunication._reflect_execution_status

    def reflect_with_reasons(self: Any) -> None:
        state = self.execution.exec_worker.env.program_state()
        if isinstance(state, ProgramStopped):  # before the status, with which both are read
            self.execution.error, self.execution.cause = state.error, state.cause
        reflect(self)

    BaseExecutionWorkerCommunication._reflect_execution_status = reflect_with_reasons


def _stay_ended() -> None:
    stop = Environment.set_stop

    def stop_from_the_start(self: Any, *args: Any, **reasons: Any) -> None:
        with self._state_mutex:
            if self._program_state is None:
                self._program_state = ProgramRunning()
            stop(self, *args, **reasons)
            _wake(self)

    def unless_ended(change: Any) -> Any:
        @functools.wraps(change)
        def changed(self: Any, *args: Any, **given: Any) -> None:
            with self._state_mutex:
                if not isinstance(self._program_state, FROM_OUTSIDE):
                    change(self, *args, **given)
                _wake(self)

        return changed

    Environment.set_stop = stop_from_the_start
    for name in ("set_error", "set_timed_out"):
        setattr(Environment, name, unless_ended(getattr(Environment, name)))
    for name in ("next_state_name", "next_field_name"):
        following = getattr(Environment, name)
        setattr(Environment, name, property(following.fget, unless_ended(following.fset)))


def _wake(env: Any) -> None:
    """For good: LocalStack wakes who waits already, not who is about to wait."""
    if isinstance(env._program_state, FROM_OUTSIDE):
        env.program_state_event.set()


def _wait_for_tokens() -> None:
    wait = StateTaskServiceCallback._eval_wait_for_task_token

    def wait_while_running(
        self: Any, env: Any, timeout_seconds: int, callback_endpoint: Any, heartbeat_endpoint: Any
    ) -> Any:
        if heartbeat_endpoint is not None:  # looks after each heartbeat
            return wait(self, env, timeout_seconds, callback_endpoint, heartbeat_endpoint)
        deadline, answered = time.monotonic() + timeout_seconds, callback_endpoint._notify_event
        while env.is_running() and (left := deadline - time.monotonic()) > 0:
            if answered.wait(min(left, POLL_SECONDS)):
                break
        return callback_endpoint.get_outcome() or CallbackOutcomeTimedOut(callback_id=callback_endpoint.callback_id)

    StateTaskServiceCallback._eval_wait_for_task_token = wait_while_running
