"""Registered consumers of a stream."""

from typing import Any

from millrace_localstack.plugin.kinesis import account, descriptions, pages, subscription
from millrace_localstack.plugin.kinesis.account import KinesisAccount
from millrace_localstack.plugin.kinesis.consumer import Consumer
from millrace_localstack.plugin.kinesis.errors import in_use, invalid_argument, limit_exceeded, not_found
from millrace_localstack.plugin.kinesis.operations import Answer, Request
from millrace_localstack.plugin.kinesis.operations.tags import check_tags
from millrace_localstack.plugin.kinesis.stream import Stream

MOST_CONSUMERS = 20
MOST_LISTED = 100


def register(caller: KinesisAccount, request: Request) -> Answer:
    stream, name = account.stream_of_arn(request["StreamARN"]), request["ConsumerName"]
    if name in stream.consumers:
        raise in_use(f"Consumer {name} of stream {stream.name} under account {stream.account} already exists.")
    if len(stream.consumers) >= MOST_CONSUMERS:
        raise limit_exceeded(f"Stream {stream.name} has {MOST_CONSUMERS} registered consumers, the limit.")
    consumer = Consumer(stream.arn, name)
    check_tags({}, request.get("Tags", {}))
    consumer.tags.update(request.get("Tags", {}))
    stream.consumers[name] = consumer
    return {"Consumer": descriptions.consumer(consumer)}


def deregister(caller: KinesisAccount, request: Request) -> Answer:
    stream, consumer = _consumer(request)
    stream.consumers.pop(consumer.name, None)
    return None


def describe(caller: KinesisAccount, request: Request) -> Answer:
    stream, consumer = _consumer(request)
    return {"ConsumerDescription": {**descriptions.consumer(consumer), "StreamARN": stream.arn}}


def list_consumers(caller: KinesisAccount, request: Request) -> Answer:
    stream, after = account.stream_of_arn(request["StreamARN"]), None
    if token := request.get("NextToken"):
        (after,) = pages.fields("ListStreamConsumers", token, 1)
    size = min(request.get("MaxResults", MOST_LISTED), MOST_LISTED)
    ordered = sorted(stream.consumers.values(), key=lambda consumer: consumer.name)
    consumers, more = pages.page(ordered, lambda consumer: consumer.name, after, size)
    answer: dict[str, Any] = {"Consumers": [descriptions.consumer(consumer) for consumer in consumers]}
    if more:
        answer["NextToken"] = pages.next_token("ListStreamConsumers", consumers[-1].name)
    return answer


def subscribe_to_shard(caller: KinesisAccount, request: Request) -> Answer:
    arn, start = request["ConsumerARN"], request["StartingPosition"]
    stream, _ = account.of_arn(arn)[0].consumer(arn)
    return {"EventStream": subscription.begin(stream, request["ShardId"], start)}


def _consumer(request: Request) -> tuple[Stream, Consumer]:
    """By ConsumerARN, or by StreamARN and ConsumerName."""
    arn, stream_arn, name = request.get("ConsumerARN"), request.get("StreamARN"), request.get("ConsumerName")
    if arn is not None:
        return account.of_arn(arn)[0].consumer(arn)
    if stream_arn is None or name is None:
        raise invalid_argument("Must provide either ConsumerARN, or both StreamARN and ConsumerName.")
    stream = account.stream_of_arn(stream_arn)
    if name not in stream.consumers:
        raise not_found(f"Consumer {name} of stream {stream.name} under account {stream.account} not found.")
    return stream, stream.consumers[name]


OPERATIONS = {
    "RegisterStreamConsumer": register,
    "DeregisterStreamConsumer": deregister,
    "DescribeStreamConsumer": describe,
    "ListStreamConsumers": list_consumers,
    "SubscribeToShard": subscribe_to_shard,
}
