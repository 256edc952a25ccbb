"""Why a call was refused, in the words of Kinesis where they are known."""

from collections.abc import Sequence


class KinesisError(Exception):
    """`code` is the name of the exception in the API; the answer has status 400."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def invalid_argument(message: str) -> KinesisError:
    return KinesisError("InvalidArgumentException", message)


def not_found(message: str) -> KinesisError:
    return KinesisError("ResourceNotFoundException", message)


def in_use(message: str) -> KinesisError:
    return KinesisError("ResourceInUseException", message)


def limit_exceeded(message: str) -> KinesisError:
    return KinesisError("LimitExceededException", message)


def invalid_request(reason: str) -> KinesisError:
    """Not possible for this stream."""
    return KinesisError("ValidationException", f"Request is invalid. {reason}")


def malformed(message: str) -> KinesisError:
    """The request is not of the types that the API has."""
    return KinesisError("SerializationException", message)


def constraints_failed(failures: Sequence[str]) -> KinesisError:
    """Each failure as `Value 'x' at 'member' failed to satisfy constraint: …`. Kinesis lists up to 10."""
    count = f"{len(failures)} validation error{'s' if len(failures) > 1 else ''} detected: "
    return KinesisError("ValidationException", count + "; ".join(failures[:10]))
