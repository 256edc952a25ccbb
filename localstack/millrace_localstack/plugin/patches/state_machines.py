"""State machines of Step Functions.

LocalStack 2026.3.0: makes a client, and assumes the role, for each task; builds its parser of JSONPath for each path
again; answers StartExecution on the bare ARN of a machine that has an alias with 500; a worker of an inline Map calls
itself for its next item, so that a run of 1,000 items never ends.
AWS: none of these.
Here: a client for each service, region and role is kept for a minute; a path is parsed once; a machine's alias is no
part of its copy; a worker takes its items in a loop.
"""

import functools
import sys
import time
from typing import Any

from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.iteration_worker import (
    IterationWorker,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.credentials import (
    StateCredentials,
)
from localstack.services.stepfunctions.asl.utils import boto_client, json_path
from localstack.services.stepfunctions.backend.alias import Alias

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
    Alias.__deepcopy__ = lambda self, memo: self


def _eval_pool(self: Any, job: Any, worker_frame: Any) -> None:
    """LocalStack's own steps, in a loop. A frame is closed before its job, because a map waits for its jobs only."""
    while job is not None:
        job_frame = worker_frame.open_inner_frame()
        try:
            self._eval_job(env=job_frame, job=job)
        except Exception as failure:  # without an end of its job, the map would wait for good
            job.job_output = failure
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
