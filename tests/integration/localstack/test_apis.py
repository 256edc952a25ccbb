"""REST APIs and function URLs: who may call them, their limits, and that without the patches everyone may."""

import json
import uuid
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.integration.harness import DEADLINE
from tests.integration.localstack.lab import ACCOUNT, Lab, unique
from tests.integration.localstack.test_iam import Role, allow

REGION = "us-east-1"
STAGE = "live"
POOL = urllib3.PoolManager(retries=False, timeout=DEADLINE)

ECHO = """\
import json, time

def handle(event, context):
    body = event.get("body") or ""
    if event.get("path") == "/slow":
        time.sleep(3)
    if event.get("path") == "/bytes":
        return {"statusCode": 200, "body": "iVBORw==", "isBase64Encoded": True}
    context = event["requestContext"]
    said = {
        "authorizer": context.get("authorizer"), "user": (context.get("identity") or {}).get("userArn"),
        "base64": event.get("isBase64Encoded"), "letters": len(body), "body": body[:50], "path": event.get("rawPath"),
    }
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(said)}
"""

AUTHORIZER = """\
def handle(event, context):
    print("SAID 1", flush=True)
    token = event["authorizationToken"]
    if token == "Bearer unknown":
        raise Exception("Unauthorized")
    if token == "Bearer broken":
        return {"principalId": "u1"}
    effect = "Deny" if token == "Bearer denied" else "Allow"
    arn = event["methodArn"].split("/")[0] + "/live/*/*"
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": arn}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "u1", "policyDocument": policy, "context": {"iss": "https://id", "level": 3}}
"""


class Answer:
    def __init__(self, response: Any) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.data

    @property
    def said(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


def send(url: str, body: bytes = b"{}", *, keys: Mapping[str, str] | None = None, **headers: str) -> Answer:
    """A POST. keys : to sign it with, as STS gives them."""
    sent = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    if keys is not None:
        sent = signed(url, body, keys, sent)
    return Answer(POOL.request("POST", url, body=body, headers=sent))


def signed(
    url: str, body: bytes, keys: Mapping[str, str], headers: Mapping[str, str], service: str = "execute-api"
) -> dict[str, str]:
    request = AWSRequest("POST", url, dict(headers), body)
    given = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys.get("SessionToken"))
    SigV4Auth(given, "lambda" if "lambda-url" in url else service, REGION).add_auth(request)
    return dict(request.headers)


class Api:
    """A REST API whose paths differ in who may call them and how."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.gateway = lab, lab.client("apigateway")
        made = self.gateway.create_rest_api(name=unique("api"), binaryMediaTypes=["*/*"])
        self.id, self.root = made["id"], made["rootResourceId"]
        self.function = lab.function(ECHO)
        self.permit(self.function, f"{self.arn}/*/*")

    @property
    def arn(self) -> str:
        return f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{self.id}"

    @cached_property
    def authorizer(self) -> str:
        self.authorizer_function = self.lab.function(AUTHORIZER)
        made = self.gateway.create_authorizer(
            restApiId=self.id,
            name="tokens",
            type="TOKEN",
            identitySource="method.request.header.Authorization",
            identityValidationExpression="^Bearer [a-z0-9-]+$",
            authorizerUri=self.uri(self.authorizer_function),
            authorizerResultTtlInSeconds=60,
        )
        self.permit(self.authorizer_function, f"{self.arn}/authorizers/{made['id']}")
        identifier: str = made["id"]
        return identifier

    @staticmethod
    def uri(function: str) -> str:
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"
        return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"

    def permit(self, function: str, source: str) -> None:
        self.lab.client("lambda").add_permission(
            FunctionName=function,
            StatementId=uuid.uuid4().hex,
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=source,
        )

    def path(self, name: str, *, timeout: int = 29000, **method: Any) -> None:
        where = {"restApiId": self.id, "httpMethod": "POST"}
        where["resourceId"] = self.gateway.create_resource(restApiId=self.id, parentId=self.root, pathPart=name)["id"]
        self.gateway.put_method(**where, **{"authorizationType": "NONE", **method})
        self.gateway.put_integration(
            **where,
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=self.uri(self.function),
            timeoutInMillis=timeout,
        )

    def deploy(self) -> None:
        self.gateway.create_deployment(restApiId=self.id, stageName=STAGE)

    def url(self, path: str) -> str:
        return f"{self.lab.localstack.endpoint_url}/_aws/execute-api/{self.id}/{STAGE}/{path}"


@pytest.fixture(scope="module")
def api(lab: Lab) -> Api:
    api = Api(lab)
    model = api.gateway.create_model(
        restApiId=api.id, name="Object", contentType="application/json", schema='{"type": "object"}'
    )["name"]
    validator = api.gateway.create_request_validator(restApiId=api.id, name="bodies", validateRequestBody=True)["id"]
    api.path("open")
    api.path("iam", authorizationType="AWS_IAM")
    api.path("token", authorizationType="CUSTOM", authorizerId=api.authorizer)
    api.path("key", apiKeyRequired=True)
    api.path("valid", requestValidatorId=validator, requestModels={"application/json": model})
    api.path("slow", timeout=500)
    api.path("bytes")
    api.path("throttled")
    api.gateway.put_gateway_response(
        restApiId=api.id,
        responseType="UNAUTHORIZED",
        statusCode="401",
        responseTemplates={"application/json": '{"title":$context.error.messageString,"id":"$context.requestId"}'},
        responseParameters={"gatewayresponse.header.X-Form": "'problem'"},
    )
    api.deploy()
    return api


def test_iam_takes_a_signature_and_a_policy(api: Api) -> None:
    url, role = api.url("iam"), Role(api.lab)

    unsigned = send(url)
    assert (unsigned.status, unsigned.said["message"]) == (403, "Missing Authentication Token")
    refused = send(url, keys=role.credentials)
    assert refused.status == 403
    assert "is not authorized to perform: execute-api:Invoke on resource: " in refused.said["Message"]
    role.grant(allow("execute-api:Invoke", on=f"{api.arn}/{STAGE}/POST/iam"))
    allowed = send(url, keys=role.credentials)
    assert (allowed.status, allowed.said["user"]) == (
        200,
        f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.name}/one",
    )
    role.grant(allow("execute-api:Invoke", on=f"{api.arn}/{STAGE}/GET/iam"))
    assert send(url, keys=role.credentials).status == 403


def test_a_signature_that_is_not_valid_is_refused(api: Api) -> None:
    url = api.url("iam")
    role = Role(api.lab, allow("execute-api:Invoke"))
    headers = signed(url, b"{}", role.credentials, {"Content-Type": "application/json"})

    assert Answer(POOL.request("POST", url, body=b"{}", headers=headers)).status == 200
    changed = Answer(POOL.request("POST", url, body=b"[]", headers=headers))
    assert (changed.status, "does not match" in changed.said["message"]) == (403, True)
    assert send(url, keys={**role.credentials, "SecretAccessKey": "guessed"}).status == 403
    assert send(url, keys={"AccessKeyId": "AKIAUNKNOWN", "SecretAccessKey": "any"}).status == 403
    assert send(url, keys={"AccessKeyId": "test", "SecretAccessKey": "test"}).status == 200  # the administrator


def test_an_authorizer_is_asked_and_its_context_is_passed_on(api: Api) -> None:
    url = api.url("token")
    before = len(api.lab.said(api.authorizer_function))

    allowed = send(url, Authorization="Bearer good")
    assert allowed.status == 200
    assert allowed.said["authorizer"] == {"principalId": "u1", "iss": "https://id", "level": "3"}
    assert send(url, Authorization="Bearer good").status == 200
    assert send(url, Authorization="Bearer denied").status == 403
    assert len(api.lab.said(api.authorizer_function)) == before + 2  # a decision is kept


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Basic dTpw"}, 401),
        ({"Authorization": "Bearer unknown"}, 401),
        ({"Authorization": "Bearer broken"}, 500),
    ],
    ids=lambda value: str(value),
)
def test_without_a_decision_no_request_passes(api: Api, headers: dict[str, str], status: int) -> None:
    assert send(api.url("token"), **headers).status == status


def test_a_gateway_response_has_the_form_that_was_set(api: Api) -> None:
    refused = send(api.url("token"))

    assert (refused.said["title"], bool(refused.said["id"])) == ("Unauthorized", True)
    assert refused.headers["X-Form"] == "problem"


def test_a_body_that_is_no_text(api: Api) -> None:
    assert send(api.url("valid"), b'{"a": "\xff"}').status == 400
    assert send(api.url("valid"), b"[]").status == 400
    assert send(api.url("valid"), b"{}").status == 200


def test_every_body_is_binary(api: Api) -> None:
    text = send(api.url("open"), b"{}").said

    assert (text["base64"], text["body"]) == (True, "e30=")
    assert send(api.url("bytes")).body == b"\x89PNG"


def test_sizes(api: Api) -> None:
    assert send(api.url("open"), b" " * (10 * 1024 * 1024 + 1)).status == 413
    assert send(api.url("open"), b" " * (5 * 1024 * 1024)).status == 413  # in base64 more than Lambda takes
    assert send(api.url("open"), b" " * (4 * 1024 * 1024)).said["letters"] > 5_000_000


def test_a_late_answer_is_504(api: Api) -> None:
    late = send(api.url("slow"))

    assert (late.status, late.said["message"]) == (504, "Endpoint request timed out")


def test_a_stage_is_throttled(api: Api) -> None:
    setting = "/~1throttled/POST/throttling/{}Limit"
    api.gateway.update_stage(
        restApiId=api.id,
        stageName=STAGE,
        patchOperations=[
            {"op": "replace", "path": setting.format("rate"), "value": "0.01"},
            {"op": "replace", "path": setting.format("burst"), "value": "3"},
        ],
    )

    assert [send(api.url("throttled")).status for _ in range(5)] == [200, 200, 200, 429, 429]
    assert send(api.url("open")).status == 200


def test_a_key_has_its_limits(api: Api) -> None:
    gateway = api.gateway
    statuses = {}
    for name, limits in {
        "rate": {"throttle": {"rateLimit": 0.01, "burstLimit": 2}},
        "quota": {"quota": {"limit": 2, "period": "MONTH"}},
    }.items():
        plan = gateway.create_usage_plan(name=unique(name), apiStages=[{"apiId": api.id, "stage": STAGE}], **limits)[
            "id"
        ]
        key = gateway.create_api_key(name=unique(name), enabled=True)
        gateway.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
        statuses[name] = [send(api.url("key"), x_api_key=key["value"]).status for _ in range(3)]

    assert statuses == {"rate": [200, 200, 429], "quota": [200, 200, 429]}
    assert send(api.url("key"), x_api_key="guessed").status == 403


def test_an_origin_is_the_functions_to_look_at(api: Api) -> None:
    assert send(api.url("open"), Origin="https://shop.example").status == 200


def test_without_the_patches_everyone_may(unpatched: Lab) -> None:
    api = Api(unpatched)
    api.path("iam", authorizationType="AWS_IAM")
    api.deploy()

    assert send(api.url("iam")).status == 200


def function_url(lab: Lab, kind: str) -> tuple[str, str]:
    """Where a function's URL is reached here, and the function."""
    function = lab.function(ECHO)
    made = lab.client("lambda").create_function_url_config(FunctionName=function, AuthType=kind)["FunctionUrl"]
    identifier = made.split("://", 1)[1].split(".", 1)[0]
    return f"{lab.localstack.endpoint_url}/_aws/lambda-url/{identifier}", function


def test_a_function_url_takes_a_signature_and_policies(lab: Lab) -> None:
    url, function = function_url(lab, "AWS_IAM")
    arn, role = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}*", Role(lab)

    assert send(f"{url}/predict").status == 403
    assert send(f"{url}/predict", keys=role.credentials).status == 403
    role.grant(allow("lambda:InvokeFunctionUrl", on=arn))
    assert send(f"{url}/predict", keys=role.credentials).status == 403
    through = {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}
    role.grant(allow("lambda:InvokeFunctionUrl", on=arn), allow("lambda:InvokeFunction", on=arn, Condition=through))
    said = send(f"{url}/predict?a=1", keys=role.credentials, Origin="https://shop.example").said
    assert said["path"] == "/predict"
    assert said["authorizer"]["iam"]["userArn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.name}/one"
    # The permission is for the URL alone.
    assert role.refused("lambda", "invoke", FunctionName=function)[0] == "AccessDeniedException"


def test_a_function_url_for_everyone_takes_a_resource_policy(lab: Lab) -> None:
    url, function = function_url(lab, "NONE")
    functions = lab.client("lambda")

    assert send(url + "/").status == 403
    functions.add_permission(
        FunctionName=function,
        StatementId="url",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="NONE",
    )
    functions.add_permission(
        FunctionName=function, StatementId="function", Action="lambda:InvokeFunction", Principal="*"
    )
    assert send(url + "/").status == 200
    assert send(url + "/", b" " * (6 * 1024 * 1024 + 1)).status == 413
