"""Deaggregate and aggregate records of the Kinesis Producer Library (KPL).

Format: https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md — the magic number, a
protocol buffer with a table of partition keys and the user records, and the MD5 digest of that buffer.
"""

from __future__ import annotations

import hashlib

from records.faults import Code, Fault
from records.record import is_partition_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAGIC = b"\xf3\x89\x9a\xc2"
_DIGEST_BYTES = 16
_PARTITION_KEYS, _HASH_KEYS, _RECORDS = 1, 2, 3  # members of an aggregate
_KEY_INDEX, _HASH_KEY_INDEX, _DATA = 1, 2, 3  # members of a user record
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def deaggregate(data: bytes) -> list[tuple[str, bytes]]:
    """Partition key and data of each user record in an aggregate. Raises Fault (INVALID_AGGREGATE)."""
    message, digest = data[len(MAGIC) : -_DIGEST_BYTES], data[-_DIGEST_BYTES:]
    if hashlib.md5(message, usedforsecurity=False).digest() != digest:
        raise Fault(Code.INVALID_AGGREGATE, "", "expected the MD5 digest of the aggregated records at the end")
    try:
        keys: list[str] = []
        bodies: list[bytes] = []
        for number, value in _fields(message):
            if number == _PARTITION_KEYS and isinstance(value, bytes):
                keys.append(value.decode())
            elif number == _RECORDS and isinstance(value, bytes):
                bodies.append(value)
        users = [_user_record(body, keys) for body in bodies]
    except (ValueError, IndexError, KeyError) as error:
        detail = f"expected a protocol buffer of user records: {type(error).__name__}"
        raise Fault(Code.INVALID_AGGREGATE, "", detail) from None
    if not users:
        raise Fault(Code.INVALID_AGGREGATE, "", "expected at least one user record, got none")
    return users


def _user_record(body: bytes, keys: list[str]) -> tuple[str, bytes]:
    members = dict(_fields(body))
    index, data = members[_KEY_INDEX], members[_DATA]
    if not isinstance(index, int) or not isinstance(data, bytes):
        raise ValueError("a member is of the wrong wire type")
    if not is_partition_key(keys[index]):
        raise ValueError("a partition key is not one")
    return keys[index], data


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field number and value of each member: https://protobuf.dev/programming-guides/encoding/"""
    at = 0
    while at < len(message):
        tag, at = _read_varint(message, at)
        wire_type = tag & 7
        if wire_type == _VARINT:
            value, at = _read_varint(message, at)
            yield tag >> 3, value
            continue
        if wire_type == _BYTES:
            size, at = _read_varint(message, at)
        elif wire_type in (_FIXED64, _FIXED32):
            size = 8 if wire_type == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {wire_type}")
        if size > len(message) - at:
            raise ValueError("a member is longer than the message")
        yield tag >> 3, message[at : at + size]
        at += size


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 64, 7):
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number is longer than 64 bits")


def aggregate(users: Sequence[tuple[str, bytes]], hash_key: str) -> bytes:
    """One aggregated record of `users` (partition key and data of each), all with the explicit hash key `hash_key`."""
    keys = {key: number for number, key in enumerate(dict.fromkeys(key for key, _ in users))}
    parts = [_member(_PARTITION_KEYS, key.encode()) for key in keys]
    parts.append(_member(_HASH_KEYS, hash_key.encode()))
    parts += [_member(_RECORDS, _written(keys[key], data)) for key, data in users]
    body = b"".join(parts)
    return MAGIC + body + hashlib.md5(body, usedforsecurity=False).digest()


def _written(key_index: int, data: bytes) -> bytes:
    """A user record with the aggregate's only hash key."""
    return _number(_KEY_INDEX, key_index) + _number(_HASH_KEY_INDEX, 0) + _member(_DATA, data)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3 | _VARINT) + _varint(value)


def _member(field: int, data: bytes) -> bytes:
    """A length-delimited member."""
    return _varint(field << 3 | _BYTES) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
