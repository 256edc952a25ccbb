"""A minute of EventBridge's schedules that passes at once: POST /_localstack/millrace/minute.

LocalStack 2026.3.0 looks once a minute for the runs of the next minute. It still does; a test that waits for a schedule
has it look now as well.
"""

from typing import Any

from localstack.services.events.scheduler import JobScheduler
from localstack.services.internal import get_internal_apis
from rolo import Resource

PATH = "/_localstack/millrace/minute"


class Minute:
    def on_post(self, request: Any) -> dict[str, int]:
        jobs = list(JobScheduler.instance().jobs)
        for job in jobs:
            job.run()  # where it is due
        return {"schedules": len(jobs)}


def apply() -> None:
    get_internal_apis().add(Resource(PATH, Minute()))
