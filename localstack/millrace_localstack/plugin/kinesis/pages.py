"""Pages of a list, and the tokens that lead from one to the next."""

from collections.abc import Callable, Sequence
from typing import Any

from millrace_localstack.plugin.kinesis import tokens
from millrace_localstack.plugin.kinesis.errors import KinesisError, invalid_argument


def page[T](items: Sequence[T], key: Callable[[T], str], after: str | None, size: int) -> tuple[list[T], bool]:
    """Up to `size` items whose key follows `after`, and whether more follow. `items` are in the order of their keys."""
    following = [item for item in items if after is None or key(item) > after]
    return following[:size], len(following) > size


def next_token(operation: str, *fields: Any) -> str:
    return tokens.seal(operation, *fields)


def fields(operation: str, token: str, count: int) -> list[Any]:
    """The fields of a token that the same operation gave out."""
    found = tokens.unseal(token)
    if found is None or found.fields[:1] != [operation] or len(found.fields) != 1 + count:
        raise invalid_argument("NextToken is invalid.")
    if found.expired:
        raise KinesisError(
            "ExpiredNextTokenException", f"NextToken expired: it can be used for {tokens.LIFETIME_MS} milliseconds."
        )
    return found.fields[1:]
