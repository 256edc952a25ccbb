"""Requests that cannot be parsed.

LocalStack 2026.3.0: answers 500 when a member of a JSON request is of another type than the API's, when the body is not
JSON or CBOR, and when the operation is unknown, so that clients try again.
AWS: answers 400.
Here: as AWS, for services with JSON requests.
"""

from typing import Any

from botocore.model import OperationNotFoundError
from localstack.aws.api import CommonServiceException
from localstack.aws.handlers.service import ServiceExceptionSerializer
from localstack.aws.protocol.parser import RequestParserError
from localstack.aws.protocol.serializer import create_serializer

PROTOCOLS = ("json", "rest-json")


def apply() -> None:
    original = ServiceExceptionSerializer.create_exception_response

    def create_exception_response(self: Any, exception: Exception, context: Any) -> Any:
        if not isinstance(exception, RequestParserError) or context.protocol not in PROTOCOLS:
            return original(self, exception, context)
        context.service_exception = error = _error(exception)
        operation = context.service.operation_model(context.service.operation_names[0])  # any: none was found
        serializer = create_serializer(context.service, context.protocol)
        return serializer.serialize_error_to_response(error, operation, context.request.headers, context.request_id)

    ServiceExceptionSerializer.create_exception_response = create_exception_response


def _error(exception: Exception) -> CommonServiceException:
    if isinstance(exception.__cause__, OperationNotFoundError):
        return CommonServiceException("UnknownOperationException", str(exception.__cause__), sender_fault=True)
    reason = str(exception.__cause__ or exception)
    return CommonServiceException("SerializationException", f"The request cannot be read: {reason}", sender_fault=True)
