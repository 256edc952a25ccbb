"""Notices to the topic that alarms go to."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST_SUBJECT = 100  # characters, a limit of SNS, printable ASCII


class NoticeNotSent(Exception):
    """SNS did not accept a notice: the step is tried again."""


class Notices:
    """sns : a client of botocore or of aws_client. topic : ARN."""

    def __init__(self, sns: Any, topic: str) -> None:
        self._sns, self._topic = sns, topic

    def send(self, subject: str, text: str) -> None:
        """Raises NoticeNotSent, and what the client raises."""
        plain = subject.encode("ascii", "replace").decode()[:MOST_SUBJECT]
        entry = {"Id": "1", "Subject": plain, "Message": f"{subject}\n{text}"}
        answer = self._sns.publish_batch(TopicArn=self._topic, PublishBatchRequestEntries=[entry])
        if answer.get("Failed"):
            raise NoticeNotSent(f"{self._topic}: {answer['Failed'][0].get('Code', 'refused')}")
