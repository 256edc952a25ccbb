"""Timestamps in CBOR requests.

LocalStack 2026.3.0: reads them in milliseconds, as AWS's SDKs write them, but with a method that the installed cbor2
names otherwise, so that GetShardIterator at a timestamp fails.
Here: the method has that name too.
"""

from cbor2._decoder import CBORDecoder


def apply() -> None:
    CBORDecoder._decode = CBORDecoder.decode
