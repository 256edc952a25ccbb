"""Limits of REST APIs.

LocalStack 2026.3.0: takes requests of any size, waits for an integration without end, and ignores the throttling of
stages and usage plans and their quotas.
AWS: 413 from 10 MB on, and where Lambda's 6 MB are exceeded; 504 after the integration's timeout, 29 s at most; 429.
Here: likewise.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

MOST_BYTES = 10 * 1024 * 1024
MOST_LAMBDA_BYTES = 6 * 1024 * 1024
MOST_SECONDS = 29.0
UNLIMITED = -1


def apply() -> None:
    from localstack.services.apigateway.next_gen.execute_api import handlers
    from localstack.services.apigateway.next_gen.execute_api.integrations import aws

    from millrace_localstack.plugin.api.throttle import Quotas, Throttles

    throttles, quotas = Throttles(), Quotas()
    # Before anyone is asked who calls.
    handlers.preprocess_request.handlers.insert(0, lambda _, context, __: _check_size(context))
    handlers.preprocess_request.handlers.insert(1, lambda _, context, __: _throttle_stage(context, throttles))
    _limit_keys(handlers.ApiKeyValidationHandler, throttles, quotas)
    _limit_integration(handlers.IntegrationHandler)
    _limit_lambda(aws.RestApiAwsProxyIntegration)


def _check_size(context: Any) -> None:
    from localstack.services.apigateway.next_gen.execute_api.gateway_response import RequestTooLargeError

    if len(context.invocation_request["body"] or b"") > MOST_BYTES:
        raise RequestTooLargeError("Request Too Long")


def _throttle_stage(context: Any, throttles: Any) -> None:
    from localstack.services.apigateway.next_gen.execute_api.gateway_response import ThrottledError

    settings = context.stage_configuration.get("methodSettings") or {}
    path = context.resource["path"].lstrip("/").replace("/", "~1")
    key = next((one for one in (f"~1{path}/{context.resource_method['httpMethod']}", "*/*") if one in settings), None)
    limits = settings[key] if key else {}
    rate, burst = limits.get("throttlingRateLimit"), limits.get("throttlingBurstLimit")
    if rate is None or burst is None or float(rate) == UNLIMITED:
        return
    if not throttles.takes((context.api_id, context.stage, key), float(rate), float(burst)):
        raise ThrottledError("Too Many Requests")


def _limit_keys(handler: Any, throttles: Any, quotas: Any) -> None:
    """A key that is valid may have spent what its usage plan gives it."""
    from localstack.services.apigateway.next_gen.execute_api import gateway_response as errors
    from localstack.services.apigateway.next_gen.execute_api import moto_helpers

    original = handler.__call__

    def check(self: Any, chain: Any, context: Any, response: Any) -> None:
        original(self, chain, context, response)
        key = (context.context_variables.get("identity") or {}).get("apiKeyId")
        if not key or not context.resource_method.get("apiKeyRequired"):
            return
        plan = _plan(moto_helpers, context, key)
        limits, quota = plan.get("throttle") or {}, plan.get("quota") or {}
        name = (plan.get("id"), key)
        if limits and not throttles.takes(name, float(limits["rateLimit"]), float(limits["burstLimit"])):
            raise errors.ThrottledError("Too Many Requests")
        if quota and not quotas.takes(name, int(quota["limit"]), quota["period"]):
            raise errors.QuotaExceededError("Limit Exceeded")

    handler.__call__ = check


def _plan(moto_helpers: Any, context: Any, key: str) -> dict[str, Any]:
    where = {"account_id": context.account_id, "region_name": context.region}
    for plan in moto_helpers.get_usage_plans(**where):
        stages = [(one.get("apiId"), one.get("stage")) for one in plan.get("apiStages") or []]
        if (context.api_id, context.stage) in stages and any(
            one["id"] == key for one in moto_helpers.get_usage_plan_keys(usage_plan_id=plan["id"], **where)
        ):
            return dict(plan)
    return {}


def _limit_integration(handler: Any) -> None:
    """A late integration runs to its end, as on AWS; no caller waits for it."""
    from localstack.services.apigateway.next_gen.execute_api.gateway_response import IntegrationTimeoutError

    original, pool = handler.__call__, ThreadPoolExecutor(200, thread_name_prefix="integration")

    def call(self: Any, chain: Any, context: Any, response: Any) -> None:
        given = context.integration.get("timeoutInMillis")
        seconds = min(MOST_SECONDS, float(given) / 1000) if given else MOST_SECONDS
        done = pool.submit(original, self, chain, context, response)
        try:
            done.result(seconds)
        except TimeoutError:
            raise IntegrationTimeoutError("Endpoint request timed out") from None

    handler.__call__ = call


def _limit_lambda(integration: Any) -> None:
    from localstack.services.apigateway.next_gen.execute_api import gateway_response as errors

    create, original = integration.create_lambda_input_event, integration.call_lambda

    def create_input_event(self: Any, context: Any) -> Any:
        event = create(self, context)
        # Only a large body can make a large event: headers have their own limits.
        if len(event["body"] or "") > MOST_LAMBDA_BYTES // 2 and len(json.dumps(event).encode()) > MOST_LAMBDA_BYTES:
            raise errors.RequestTooLargeError("Request Too Long")
        return event

    def call_lambda(function_arn: str, event: bytes, source_arn: str, credentials: Any = None) -> bytes:
        answer: bytes = original(function_arn, event, source_arn, credentials)
        if len(answer) > MOST_LAMBDA_BYTES:
            raise errors.IntegrationFailureError("Internal server error", status_code=502)
        return answer

    integration.create_lambda_input_event = create_input_event
    integration.call_lambda = staticmethod(call_lambda)
