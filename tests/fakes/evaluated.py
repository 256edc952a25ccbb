"""Hours as the evaluator writes them."""

from typing import Any

from outcomes import tally
from outcomes.store import hour_key
from outcomes.tally import Group
from tests.fakes.evaluation import NOON_HOUR
from tests.fakes.stack import REGION


def put_hours(s3: Any, hours: dict[int, list[Group]], base: int = NOON_HOUR) -> None:
    """Make the bucket `evaluation`, with the groups of each hour, counted from `base`."""
    s3.create_bucket(Bucket="evaluation", CreateBucketConfiguration={"LocationConstraint": REGION})
    for hour, groups in hours.items():
        body = tally.document("sessions", base + hour, groups)
        s3.put_object(Bucket="evaluation", Key=hour_key("sessions", base + hour), Body=body)
