"""Writing a file of any size into S3."""

from typing import IO, Any

# A file of up to a part is one call; S3 takes 10,000 parts, so files of up to 640 GB.
PART_BYTES = 64 * 1024 * 1024


def put_file(s3: Any, bucket: str, key: str, file: IO[bytes], part_bytes: int = PART_BYTES) -> None:
    """Write what the file has from its place on. Raises what the client raises; then nothing is left behind."""
    first = file.read(part_bytes)
    if len(first) < part_bytes:
        s3.put_object(Bucket=bucket, Key=key, Body=first)
        return
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    named = {"Bucket": bucket, "Key": key, "UploadId": upload}
    try:
        parts: list[dict[str, Any]] = []
        part = first
        while part:
            number = len(parts) + 1
            tag = s3.upload_part(**named, PartNumber=number, Body=part)["ETag"]
            parts.append({"PartNumber": number, "ETag": tag})
            part = file.read(part_bytes)
        s3.complete_multipart_upload(**named, MultipartUpload={"Parts": parts})
    except BaseException:
        s3.abort_multipart_upload(**named)
        raise
