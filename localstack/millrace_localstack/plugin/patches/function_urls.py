"""Function URLs.

LocalStack 2026.3.0: lets every request through, whatever the authorization type; answers 403 to any Origin header;
listens at a host name that does not resolve here.
AWS: AWS_IAM takes a valid Signature Version 4 and policies that allow lambda:InvokeFunctionUrl, and
lambda:InvokeFunction through the URL; NONE takes a resource policy; a body may have 6 MB; Origin is the function's.
Here: likewise, and http://127.0.0.1:<port>/_aws/lambda-url/<url id>/<path> leads there too, as for REST APIs. `cors`
and streaming are not evaluated.
"""

import json
from typing import Any

PATH = "/_aws/lambda-url"
MOST_BYTES = 6 * 1024 * 1024


def apply() -> None:
    from localstack.aws.handlers import cors
    from localstack.services.lambda_ import urlrouter

    enforce = cors.should_enforce_self_managed_service
    cors.should_enforce_self_managed_service = lambda context: not _is_url(context) and enforce(context)
    _add_path(urlrouter.FunctionUrlRouter)
    _check_callers(urlrouter)


def _is_url(context: Any) -> bool:
    return ".lambda-url." in context.request.host or context.request.path.startswith(f"{PATH}/")


def _add_path(router: Any) -> None:
    register = router.register_routes

    def register_routes(self: Any) -> None:
        before = self.registered
        register(self)
        if before:
            return

        def invoke(request: Any, api_id: str, path: str = "") -> Any:
            return self.handle_lambda_url_invocation(request, api_id, _region(api_id))

        self.router.add(f"{PATH}/<api_id>/", endpoint=invoke)
        self.router.add(f"{PATH}/<api_id>/<path:path>", endpoint=invoke)

    router.register_routes = register_routes


def _region(api_id: str) -> str:
    """Where the URL is; any region for one that does not exist."""
    found = _config(api_id)
    return found.function_arn.split(":")[3] if found else "us-east-1"


def _config(api_id: str) -> Any:
    from localstack.services.lambda_.invocation.models import lambda_stores

    for _, _, store in lambda_stores.iter_stores():
        for function in store.functions.values():
            for config in function.function_url_configs.values():
                if config.url_id.lower() == api_id.lower():
                    return config
    return None


def _check_callers(urlrouter: Any) -> None:
    handle, event_for = urlrouter.FunctionUrlRouter.handle_lambda_url_invocation, urlrouter.event_for_lambda_url

    def handle_invocation(self: Any, request: Any, api_id: str, region: str, **parameters: str) -> Any:
        config = _config(api_id)
        if config is not None:
            refused = _refused(request, config)
            if refused is not None:
                return refused
        return handle(self, request, api_id, region, **parameters)

    def event_for_url(api_id: str, request: Any) -> dict[str, Any]:
        event: dict[str, Any] = event_for(api_id, request)
        path = event["rawPath"]
        if path.startswith(f"{PATH}/{api_id}"):
            path = path.removeprefix(f"{PATH}/{api_id}") or "/"
            event["rawPath"] = event["requestContext"]["http"]["path"] = path
        if caller := getattr(request, "millrace_caller", None):
            event["requestContext"] |= {"accountId": caller.account, "authorizer": {"iam": _iam(caller)}}
        return event

    urlrouter.FunctionUrlRouter.handle_lambda_url_invocation = handle_invocation
    urlrouter.event_for_lambda_url = event_for_url


def _refused(request: Any, config: Any) -> Any:
    """The answer to a request that may not reach the function; None for one that may."""
    from rolo.request import restore_payload

    from millrace_localstack.plugin.api import callers, signature
    from millrace_localstack.plugin.iam.policy import Permission, Principal

    if len(restore_payload(request)) > MOST_BYTES:
        return _answer(413, "RequestEntityTooLargeException", "Request Entity Too Large")
    _, _, _, region, account, _ = config.function_arn.split(":", 5)
    if config.auth_type == "AWS_IAM":
        try:
            who = callers.signer(request, "lambda", account, region)
        except signature.SignatureMissing:
            return _answer(403, "AccessDeniedException", "Forbidden")
        except signature.SignatureRefused as error:
            return _answer(403, "InvalidSignatureException", str(error))
        principal, request.millrace_caller = who.principal, who
    else:
        principal = Principal("anonymous", "")
    context = (("lambda:functionurlauthtype", str(config.auth_type)),)
    through = (("lambda:invokedviafunctionurl", "true"),)
    for wanted in (
        Permission("lambda:InvokeFunctionUrl", config.function_arn, context),
        Permission("lambda:InvokeFunction", config.function_arn, through),
    ):
        if callers.refusal(principal, wanted):
            return _answer(403, "AccessDeniedException", "Forbidden")
    return None


def _iam(caller: Any) -> dict[str, Any]:
    return {
        "accessKey": caller.key, "accountId": caller.account, "callerId": caller.arn, "cognitoIdentity": None,
        "principalOrgId": None, "userArn": caller.arn, "userId": caller.arn,
    }  # fmt: skip


def _answer(status: int, kind: str, message: str) -> Any:
    from localstack.http import Response

    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": kind}
    return Response(json.dumps({"Message": message}), status=status, headers=headers)
