"""DynamoDB as a prediction sink: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html

Effectively once: an item is written only where none has its prediction id, so that of all copies of a prediction the
first stays. docs/adr/0058.
"""

from __future__ import annotations

from aws_client.errors import error_code
from sinks.calls import begun
from sinks.put_records import KIB

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from records.settings import Settings
    from sinks.messages import Call, Message
    from sinks.sink import Sink, Wait

KEY, PARTITION_KEY, PREDICTION = "prediction_id", "partition_key", "prediction"
THERE_ALREADY = "ConditionalCheckFailedException"
_CONDITION = f"attribute_not_exists({KEY})"
_DIGITS = 64  # of a prediction id
# Names and values of an item's attributes count: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
_AROUND = len(KEY) + _DIGITS + len(PARTITION_KEY) + len(PREDICTION)


def make(settings: Settings, client: Callable[[str], Any]) -> Sink:
    """settings : `TARGET`, ARN of the table."""
    return DynamoDbSink(client("dynamodb"), settings.text("TARGET"))


class DynamoDbSink:
    """One item per prediction and call: no batch operation of DynamoDB takes conditions.

    The publisher has several calls in flight, no two of them of one key. Limit of an item: 400 KB, with the names of
    its attributes.
    """

    max_entries = 1
    max_bytes = 400 * KIB - _AROUND
    max_entry_bytes = 400 * KIB - _AROUND
    counts_keys = True

    def __init__(self, dynamodb: Any, table_arn: str) -> None:
        self._dynamodb, self._table_arn = dynamodb, table_arn

    def begin(self, call: Call) -> Wait:
        (message,) = call
        there = begun("put_item", lambda: self._put(message))
        return lambda: [] if there() else [0]

    def _put(self, message: Message) -> Callable[[], bool]:
        # The capacity is asked for because the answer would be empty without it.
        answer = self._dynamodb.begin_put_item(
            TableName=self._table_arn,
            Item=item(message),
            ConditionExpression=_CONDITION,
            ReturnConsumedCapacity="TOTAL",
        )

        def wait() -> bool:
            """Whether there is an item of this id now."""
            try:
                return "CapacityUnits" in (answer().get("ConsumedCapacity") or ())
            except Exception as error:
                if error_code(error) != THERE_ALREADY:
                    raise
                return True

        return wait


def item(message: Message) -> dict[str, dict[str, str]]:
    """The item of a prediction: its id, its key, and itself as JSON."""
    # The id is before everything that comes from the event.
    _, _, rest = message.body.partition(b'"prediction_id":"')
    return {
        KEY: {"S": rest[:_DIGITS].decode("ascii")},
        PARTITION_KEY: {"S": message.partition_key},
        PREDICTION: {"S": message.body.decode("ascii")},
    }
