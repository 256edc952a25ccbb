"""SNS as a prediction sink: https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html"""

from __future__ import annotations

from sinks.calls import begun
from sinks.message_batch import MessageBatchLimits, unacknowledged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from records.settings import Settings
    from sinks.messages import Call
    from sinks.sink import Sink, Wait


def make(settings: Settings, client: Callable[[str], Any]) -> Sink:
    """settings : `TARGET`, ARN of the topic."""
    return SnsSink(client("sns"), settings.text("TARGET"))


class SnsSink(MessageBatchLimits):
    """One message per prediction; the partition key is in the prediction."""

    def __init__(self, sns: Any, topic_arn: str) -> None:
        self._sns, self._topic_arn = sns, topic_arn

    def begin(self, call: Call) -> Wait:
        entries = [{"Id": str(i), "Message": message.body.decode("ascii")} for i, message in enumerate(call)]
        answer = begun(
            "publish_batch",
            lambda: self._sns.begin_publish_batch(TopicArn=self._topic_arn, PublishBatchRequestEntries=entries),
        )
        return unacknowledged(answer, len(entries))
