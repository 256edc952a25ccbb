"""SNS as a prediction sink."""

from collections.abc import Sequence
from typing import Any

from sinks.calls import begun
from sinks.message_batch import MessageSink, not_acknowledged
from sinks.messages import Message
from sinks.sink import Wait


class SnsSink(MessageSink):
    """https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html"""

    def __init__(self, sns: Any, topic_arn: str) -> None:
        self._sns, self._topic_arn = sns, topic_arn

    def begin(self, messages: Sequence[Message]) -> Wait:
        entries = [{"Id": str(i), "Message": m.body.decode("ascii")} for i, m in enumerate(messages)]
        answer = begun(self._sns, "publish_batch", TopicArn=self._topic_arn, PublishBatchRequestEntries=entries)
        return lambda: not_acknowledged(answer(), len(entries))
