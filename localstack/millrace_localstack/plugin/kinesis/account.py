"""The streams of one account in one region."""

import threading
from collections import defaultdict

from millrace_localstack.plugin.kinesis.consumer import Consumer
from millrace_localstack.plugin.kinesis.errors import in_use, invalid_argument, limit_exceeded, not_found
from millrace_localstack.plugin.kinesis.stream import Stream

# Defaults of us-east-1: https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
MOST_SHARDS = 20_000
MOST_ON_DEMAND_STREAMS = 50
ON_DEMAND_SHARDS = 4


class KinesisAccount:
    def __init__(self, account: str, region: str) -> None:
        self.id, self.region = account, region
        self.policies: dict[str, str] = {}  # by the ARN of what they protect
        self.billing_commitment = "DISABLED"
        self._streams: dict[str, Stream] = {}
        self._lock = threading.Lock()

    @property
    def streams(self) -> list[Stream]:
        """By name."""
        return sorted(self._streams.values(), key=lambda stream: stream.name)

    @property
    def open_shards(self) -> int:
        """Of provisioned streams, which the limit is for."""
        return sum(len(stream.open_shards) for stream in self.streams if stream.mode == "PROVISIONED")

    def create(self, name: str, shard_count: int | None, mode: str, update_seconds: float = 0.0) -> Stream:
        with self._lock:
            if name in self._streams:
                raise in_use(f"Stream {name} under account {self.id} already exists.")
            stream = Stream(self.id, self.region, name, self._shards_of_new(shard_count, mode), mode, update_seconds)
            self._streams[name] = stream
            return stream

    def stream(self, name: str) -> Stream:
        if name not in self._streams:
            raise not_found(f"Stream {name} under account {self.id} not found.")
        return self._streams[name]

    def delete(self, stream: Stream, with_consumers: bool) -> None:
        if stream.consumers and not with_consumers:
            raise in_use(
                f"Stream {stream.name} under account {self.id} has consumers registered; deregister them, or set "
                "EnforceConsumerDeletion."
            )
        self._streams.pop(stream.name, None)

    def consumer(self, consumer_arn: str) -> tuple[Stream, Consumer]:
        for stream in self.streams:
            for consumer in stream.consumers.values():
                if consumer.arn == consumer_arn:
                    return stream, consumer
        raise not_found(f"Consumer {consumer_arn} under account {self.id} not found.")

    def check_shards(self, more: int) -> None:
        if self.open_shards + more > MOST_SHARDS:
            raise limit_exceeded(
                f"This request would exceed the shard limit for the account {self.id} in {self.region}. Current shard "
                f"count for the account: {self.open_shards}. Limit: {MOST_SHARDS}. Number of additional shards that "
                f"would have resulted from this request: {more}."
            )

    def _shards_of_new(self, shard_count: int | None, mode: str) -> int:
        if mode == "ON_DEMAND":
            if shard_count is not None:
                raise invalid_argument("ShardCount must not be provided for a stream in On-Demand mode.")
            if sum(stream.mode == mode for stream in self._streams.values()) >= MOST_ON_DEMAND_STREAMS:
                raise limit_exceeded(f"Account {self.id} has {MOST_ON_DEMAND_STREAMS} On-Demand streams, the limit.")
            return ON_DEMAND_SHARDS
        if shard_count is None:
            raise invalid_argument("ShardCount must be provided for a stream in Provisioned mode.")
        self.check_shards(shard_count)
        return shard_count


class Accounts(defaultdict[tuple[str, str], KinesisAccount]):
    """By account and region."""

    def __missing__(self, key: tuple[str, str]) -> KinesisAccount:
        return self.setdefault(key, KinesisAccount(*key))


ACCOUNTS = Accounts()


def of_arn(arn: str) -> tuple[KinesisAccount, str]:
    """The account, and what follows `stream/` in the ARN of a stream or of a consumer."""
    _, _, _, region, account, resource = arn.split(":", 5)
    return ACCOUNTS[account, region], resource.partition("/")[2]


def stream_of_arn(arn: str) -> Stream:
    """Of a stream's ARN, or of a consumer's."""
    account, resource = of_arn(arn)
    return account.stream(resource.partition("/")[0])
