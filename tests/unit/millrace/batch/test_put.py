"""Files of any size into S3; moto has S3's answers."""

import io
from typing import Any

import pytest

from millrace.batch.put import put_file

PART = 5 * 1024 * 1024  # S3's smallest


@pytest.mark.parametrize("size", [0, 10, PART, 2 * PART + 1])
def test_a_file_is_one_object(s3: Any, size: int) -> None:
    put_file(s3, "models", "uploads/a", io.BytesIO(b"x" * size), PART)
    assert s3.head_object(Bucket="models", Key="uploads/a")["ContentLength"] == size


def test_what_fails_leaves_no_parts_behind(s3: Any) -> None:
    class Ends(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise OSError("gone")
            return super().read(size)

    with pytest.raises(OSError, match="gone"):
        put_file(s3, "models", "uploads/a", Ends(b"x" * 2 * PART), PART)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="models")
