"""The body of an answer, as botocore streams it."""

import io
from collections.abc import Iterator


class Body(io.BytesIO):
    """As much of botocore's StreamingBody as programs use: read, close, and the iterators."""

    def iter_chunks(self, chunk_size: int = 1024) -> Iterator[bytes]:
        while chunk := self.read(chunk_size):
            yield chunk

    def iter_lines(self) -> Iterator[bytes]:
        for line in self:
            yield line.rstrip(b"\r\n")
