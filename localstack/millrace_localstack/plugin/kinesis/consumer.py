"""A registered consumer of a stream (enhanced fan-out)."""

import time


class Consumer:
    def __init__(self, stream_arn: str, name: str) -> None:
        self.stream_arn, self.name = stream_arn, name
        self.created_at = time.time()
        self.arn = f"{stream_arn}/consumer/{name}:{int(self.created_at)}"
        self.tags: dict[str, str] = {}
