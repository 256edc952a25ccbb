"""On-failure destinations: S3 objects with the names that Lambda gives them."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .aws.s3 import S3Client
from .backoff import backoff
from .world import World


class Destination:
    """A bucket to which Lambda writes with a client of its own, which may have faults of its own.

    `keys` are those written, in order; `counts`: objects, errors, lost (only with `attempts`).

    A write that fails is tried again until it works; then the lane, or the event, waits that long. With `attempts`, no
    more often than that: AWS documents a metric for asynchronous records that could not be delivered, and does not say
    how often it tries (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html).
    """

    def __init__(self, world: World, s3: S3Client, bucket: str, attempts: int | None = None) -> None:
        self.world, self.s3, self.bucket, self.attempts = world, s3, bucket, attempts
        self.keys: list[str] = []
        self.counts: Counter[str] = Counter()

    def write(
        self,
        folders: Sequence[str],
        document: dict[str, Any],
        done: Callable[[], Any],
        *,
        same_key: bool = False,
    ) -> None:
        """Write an invocation record under `aws/lambda/<folders>/…`, then call `done`.

        `same_key`: a write that is tried again goes to the same key; else each try has a UUID of its own.
        """
        body = json.dumps(document).encode()
        key = self._key(folders)

        def attempt(number: int, key: str) -> None:
            try:
                self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType="application/json")
            except (ClientError, BotoCoreError) as error:
                self.counts["errors"] += 1
                self.world.note("on-failure write failed", type(error).__name__)
                if number == self.attempts:
                    self.counts["lost"] += 1
                    done()
                    return
                next_key = key if same_key else self._key(folders)
                self.world.after(backoff(self.world.random, number), lambda: attempt(number + 1, next_key))
                return
            self.keys.append(key)
            self.counts["objects"] += 1
            done()

        attempt(1, key)

    def _key(self, folders: Sequence[str]) -> str:
        """`aws/lambda/<folders>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<random UUID>`.

        https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
        """
        now = datetime.fromtimestamp(self.world.now, UTC)
        return f"aws/lambda/{'/'.join(folders)}/{now:%Y/%m/%d}/{now:%Y-%m-%dT%H.%M.%S}-{self.world.uuid()}"
