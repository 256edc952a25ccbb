"""Bodies of REST APIs.

LocalStack 2026.3.0: answers 500 where a body that is to be validated is not UTF-8; does not know the binary media type
*/*; ignores the templates and headers of gateway responses.
AWS: 400; with */* every body arrives in base64, and a response in base64 is decoded whatever Accept says; gateway
responses have the form that was set.
Here: likewise. Of a response's parameters only those with a fixed value ('...').
"""

import base64
from typing import Any

EVERY_TYPE = "*/*"


def apply() -> None:
    from localstack.services.apigateway.next_gen.execute_api.handlers import gateway_exception, method_request
    from localstack.services.apigateway.next_gen.execute_api.integrations import aws

    _answer_bad_text(method_request.MethodRequestHandler)
    _know_every_type(aws)
    _render_responses(gateway_exception.GatewayExceptionHandler)


def _answer_bad_text(handler: Any) -> None:
    original = handler._is_body_valid

    def is_body_valid(method: Any, rest_api: Any, request: Any) -> bool:
        try:
            valid: bool = original(method, rest_api, request)
        except UnicodeDecodeError:
            return False
        return valid

    handler._is_body_valid = staticmethod(is_body_valid)


def _know_every_type(aws: Any) -> None:
    integration = aws.RestApiAwsProxyIntegration
    matches, create = aws.mime_type_matches_binary_media_types, integration.create_lambda_input_event

    def mime_type_matches(mime_type: str | None, binary_media_types: list[str]) -> bool:
        return EVERY_TYPE in (binary_media_types or ()) or bool(matches(mime_type, binary_media_types))

    def create_input_event(self: Any, context: Any) -> Any:
        event = create(self, context)
        types = context.deployment.rest_api.rest_api.get("binaryMediaTypes") or ()
        if EVERY_TYPE in types and event["body"] and not event["isBase64Encoded"]:
            event["body"] = base64.b64encode(event["body"].encode()).decode()
            event["isBase64Encoded"] = True
        return event

    aws.mime_type_matches_binary_media_types = mime_type_matches
    integration.create_lambda_input_event = create_input_event


def _render_responses(handler: Any) -> None:
    original = handler.create_exception_response

    def create_exception_response(self: Any, exception: Any, context: Any) -> Any:
        response = original(self, exception, context)
        if found := _set_for(exception, context.deployment.rest_api.gateway_responses):
            _fill_in(response, found, exception, context)
        return response

    handler.create_exception_response = create_exception_response


def _set_for(exception: Any, responses: Any) -> Any:
    """The response that the API sets for an error: of its type, or of all 4xx or 5xx; None where it sets neither."""
    from localstack.services.apigateway.next_gen.execute_api.gateway_response import GatewayResponseType

    failed = int(exception.status_code or 500) >= 500
    every = GatewayResponseType.DEFAULT_5XX if failed else GatewayResponseType.DEFAULT_4XX
    return responses.get(exception.type) or responses.get(every)


def _fill_in(response: Any, found: Any, exception: Any, context: Any) -> None:
    from localstack.services.apigateway.next_gen.execute_api.template_mapping import ApiGatewayVtlTemplate

    if not found.get("statusCode"):
        response.status_code = int(exception.status_code or 500)
    if template := (found.get("responseTemplates") or {}).get("application/json"):
        variables = {"context": _with_quoted_message(context.context_variables), "stageVariables": {}}
        response.data = ApiGatewayVtlTemplate().render_vtl(template=template, variables=variables)
    for name, value in (found.get("responseParameters") or {}).items():
        header = name.removeprefix("gatewayresponse.header.")
        if header != name and value.startswith("'"):
            response.headers[header] = value.strip("'")


def _with_quoted_message(variables: Any) -> Any:
    import json

    error = dict(variables.get("error") or {})
    return {**variables, "error": error | {"messageString": json.dumps(error.get("messageString"))}}
