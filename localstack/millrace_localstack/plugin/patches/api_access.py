"""Access to the methods of REST APIs.

LocalStack 2026.3.0: accepts AWS_IAM and Lambda authorizers, and lets every request through.
AWS: AWS_IAM takes a valid Signature Version 4 and a policy that allows execute-api:Invoke; an authorizer is asked, its
decision kept, its context passed on.
Here: likewise (plugin/api). Resource policies of APIs, presigned URLs and Cognito are not evaluated.
"""

import json
import re
from typing import Any

FUNCTION = re.compile(r"/functions/(arn:[^/]+)/invocations")


def apply() -> None:
    from localstack.services.apigateway.next_gen.execute_api import handlers

    handlers.preprocess_request.append(authorize)


def authorize(_chain: Any, context: Any, _response: Any) -> None:
    method = context.resource_method
    match method.get("authorizationType"):
        case "AWS_IAM":
            _check_signature(context)
        case "CUSTOM":
            _ask(context, context.deployment.rest_api.authorizers[method["authorizerId"]])


def _method_arn(context: Any) -> str:
    request = context.invocation_request
    return (
        f"arn:aws:execute-api:{context.region}:{context.account_id}:{context.api_id}/{context.stage}/"
        f"{request['http_method']}{request['path']}"
    )


def _check_signature(context: Any) -> None:
    from localstack.services.apigateway.next_gen.execute_api import gateway_response as errors

    from millrace_localstack.plugin.api import authorizer, callers, signature
    from millrace_localstack.plugin.iam.policy import Permission

    try:
        who = callers.signer(context.request, "execute-api", context.account_id, context.region)
    except signature.SignatureMissing:
        raise errors.MissingAuthTokenError("Missing Authentication Token") from None
    except signature.SignatureRefused as error:
        raise errors.InvalidSignatureError(str(error)) from None
    if refused := callers.refusal(who.principal, Permission(authorizer.INVOKE, _method_arn(context))):
        raise errors.AccessDeniedError(refused)
    context.context_variables["identity"] |= {
        "accessKey": who.key, "accountId": who.account, "caller": who.arn, "user": who.arn, "userArn": who.arn,
    }  # fmt: skip


def _ask(context: Any, authorizer: dict[str, Any]) -> None:
    from localstack.services.apigateway.next_gen.execute_api import gateway_response as errors

    from millrace_localstack.plugin.api import authorizer as rules

    arn = _method_arn(context)
    try:
        identity = rules.identity(authorizer, context.invocation_request)
    except rules.NoIdentity:
        raise errors.UnauthorizedError("Unauthorized") from None
    seconds = authorizer.get("authorizerResultTtlInSeconds")
    decision = _DECISIONS.get(
        (context.api_id, context.deployment_id, context.stage, authorizer["id"], identity),
        lambda: _asked(context, authorizer, arn, identity[0] if identity else ""),
        rules.DEFAULT_SECONDS if seconds is None else float(seconds),
    )
    if not decision.allows(arn):
        raise errors.AccessDeniedError("User is not authorized to access this resource")
    context.context_variables["authorizer"] = {"principalId": decision.principal, **decision.context}


def _asked(context: Any, authorizer: dict[str, Any], arn: str, token: str) -> Any:
    from localstack.aws.connect import connect_to
    from localstack.services.apigateway.next_gen.execute_api import gateway_response as errors

    from millrace_localstack.plugin.api import authorizer as rules

    request = context.invocation_request
    sent = rules.event(authorizer, arn, token, {
        "resource": context.resource["path"], "path": request["path"], "httpMethod": request["http_method"],
        "headers": dict(request["headers"]), "queryStringParameters": request["query_string_parameters"],
        "pathParameters": request["path_parameters"], "stageVariables": context.stage_variables,
        "requestContext": dict(context.context_variables),
    })  # fmt: skip
    function = FUNCTION.search(authorizer["authorizerUri"])
    owner = f"arn:aws:execute-api:{context.region}:{context.account_id}:{context.api_id}/authorizers/{authorizer['id']}"
    client = connect_to(region_name=context.region).lambda_
    try:
        answer = client.request_metadata(service_principal="apigateway", source_arn=owner).invoke(
            FunctionName=function[1] if function else "", Payload=json.dumps(sent)
        )
    except client.exceptions.ClientError:
        raise errors.AuthorizerConfigurationError(None) from None
    payload = answer["Payload"].read() or b"null"
    if answer.get("FunctionError"):
        failed = json.loads(payload)
        if isinstance(failed, dict) and failed.get("errorMessage") == "Unauthorized":
            raise errors.UnauthorizedError("Unauthorized")
        raise errors.AuthorizerConfigurationError(None)
    try:
        return rules.decision(payload)
    except rules.AnswerInvalid:
        raise errors.AuthorizerConfigurationError(None) from None


def _cache() -> Any:
    from millrace_localstack.plugin.api.authorizer import DecisionCache

    return DecisionCache()


_DECISIONS = _cache()
