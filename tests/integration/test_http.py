"""Requests to the deployed endpoints: who may call which, and that what they get is the model's own prediction."""

import json
import re
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton
import urllib3
from cryptography.hazmat.primitives.asymmetric import ec
from tritonclient.utils import np_to_triton_dtype

from millrace.demo.examples.http import LABEL, Calls, HttpExample, table
from millrace.demo.traffic import Load
from millrace.deployment.local import LocalPlace
from millrace.model.operator import operator
from millrace.model.publish import publish
from millrace.model.releases import Releases
from millrace.predict.endpoint import EXECUTE_API, LAMBDA, IamCredential, PredictEndpoint
from millrace.stack import Stack
from model_store.artifact import Artifact
from model_store.verify import verify
from stream_producers.synthetic import Sessions
from tests.fakes.issuer import Issuer
from tests.fuzz.test_http import schemathesis
from tests.integration.conftest import train_version
from tests.integration.harness import DEADLINE, Harness, wait_for

type OpenStack = Callable[[str], Harness]

POOL = urllib3.PoolManager(retries=False, timeout=DEADLINE)
JSON = {"content-type": "application/json"}


class Caller:
    """Requests to one stack's endpoint, with what authorizes them."""

    def __init__(self, stack: Stack, **headers: str) -> None:
        self.url, self.headers = stack.http_url(), {name.replace("_", "-"): value for name, value in headers.items()}

    def get(self, path: str, **headers: str) -> Any:
        return POOL.request("GET", f"{self.url}{path}", headers=self.headers | headers)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = JSON | self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return POOL.request("POST", f"{self.url}{path}", body=data, headers=sent)


def events(count: int, seed: int = 330) -> list[dict[str, Any]]:
    return [{"features": json.loads(event.data)["features"]} for event in islice(Sessions(seed).events(), count)]


@pytest.fixture
def shop(harness: OpenStack) -> Caller:
    """A caller of the stack `queued`, with an API key."""
    stack = harness("queued").stack
    return Caller(stack, x_api_key=stack.http_key())


def ready(caller: Caller, event: Mapping[str, Any], version: str = "") -> None:
    """Wait until the endpoint serves; a version, where it is given."""

    def serves() -> bool:
        answer = caller.post("/predict", event)
        return bool(answer.status == 200 and version in ("", json.loads(answer.data)["model"]["version"]))

    wait_for(serves)


def test_predictions_are_the_models_own(shop: Caller, artifact: Artifact) -> None:
    sent = events(50)
    ready(shop, sent[0], artifact.manifest.version)
    answer = shop.post("/predict", sent)

    assert answer.status == 200, answer.data
    found = json.loads(answer.data)["predictions"]
    features = artifact.manifest.features
    rows = [[_encoded(event["features"].get(feature.name), feature) for feature in features] for event in sent]
    expected = verify(artifact).predict(np.array(rows, np.float32).tobytes(), len(rows))
    np.testing.assert_allclose(
        [one["score"] for one in found], np.frombuffer(expected, np.float32), rtol=1e-6, err_msg=str(sent[:2])
    )
    assert answer.headers["strict-transport-security"]


def _encoded(value: Any, feature: Any) -> float:
    if value is None:
        return np.nan
    return float(feature.categories.index(value)) if feature.type == "category" else float(value)


def test_every_path_needs_the_key_but_those_that_are_open(harness: OpenStack, shop: Caller) -> None:
    stack = harness("queued").stack
    nobody, guesser = Caller(stack), Caller(stack, x_api_key="guessed")

    for caller in (nobody, guesser):
        refused = caller.post("/predict", events(1)[0])
        assert (refused.status, json.loads(refused.data)["code"]) == (403, "INVALID_API_KEY")
        assert refused.headers["content-type"] == "application/problem+json"
        for path in ("/invocations", "/v2/models/purchase-intent/infer", "/page.css/../predict", "/anything"):
            assert caller.post(path, {}).status == 403, path
    open_paths = ("/", "/openapi.json", "/page.css", "/page.js", "/ping", "/v2/health/live", "/v2/health/ready")
    assert {path: nobody.get(path).status for path in open_paths} == dict.fromkeys(open_paths, 200)
    assert {path: nobody.post(path, {}).status for path in open_paths} == dict.fromkeys(open_paths, 403)
    assert nobody.get("/v2/models/purchase-intent").status == 403
    assert shop.get("/v2/models/purchase-intent").status == 200


def test_schemathesis_finds_nothing_through_the_gateway(shop: Caller, tmp_path: Path, record_property: Any) -> None:
    """With every value that the document allows, and many that it does not."""
    ready(shop, events(1)[0])
    key = f"x-api-key: {shop.headers['x-api-key']}"

    code, said = schemathesis(shop.url, tmp_path, "--url", shop.url, "--header", key, "--max-examples", "60")

    assert code == 0, said
    counted = int(re.findall(r"(\d+) generated", said)[0])
    record_property("figures", f"HTTP endpoint: schemathesis sent {counted} requests through the gateway, 0 findings")
    assert counted >= 300, said


def test_tritonclient_asks_as_it_is(shop: Caller, artifact: Artifact) -> None:
    """Binary tensors both ways, without an Accept header."""
    sent = [one["features"] for one in events(3, seed=331)]
    columns = {feature.name: feature for feature in artifact.manifest.features}
    whole = [one for one in sent if all(one.get(name) is not None for name in columns)]
    dtypes: dict[str, Any] = {"float": np.float32, "int": np.int64, "bool": bool, "category": object}
    inputs = []
    for name, feature in columns.items():
        values = np.array([one[name] for one in whole], dtypes[feature.type])
        inputs.append(triton.InferInput(name, [len(whole)], np_to_triton_dtype(values.dtype)))
        inputs[-1].set_data_from_numpy(values)
    client = triton.InferenceServerClient(shop.url.removeprefix("http://"))
    result = client.infer("purchase-intent", inputs, headers=shop.headers)

    one_by_one = [json.loads(shop.post("/predict", {"features": one}).data)["score"] for one in whole]
    np.testing.assert_allclose(result.as_numpy("score"), one_by_one, rtol=1e-6)
    client.close()


def test_a_page_of_another_origin_is_answered(shop: Caller) -> None:
    assert shop.post("/predict", events(1)[0], origin="https://shop.example").status == 200


def test_bytes_reach_the_function_as_they_are(shop: Caller) -> None:
    answer = shop.post("/predict", b'{"features": {"device": "\xff"}}')

    assert (answer.status, json.loads(answer.data)["code"]) == (400, "INVALID_UTF8")


def test_an_endpoint_serves_a_new_release(harness: OpenStack, shop: Caller, artifact: Artifact) -> None:
    stack, event = harness("queued").stack, events(1)[0]
    publish(stack.model_store(), train_version("by-http", rounds=3))
    ready(shop, event, "by-http")
    Releases(stack.model_store(), operator(stack)).rollback()
    ready(shop, event, artifact.manifest.version)


@pytest.mark.filterwarnings("ignore:.*gblinear. is deprecated")
def test_regression_is_the_librarys_own_prediction_however_it_is_asked_for(harness: OpenStack) -> None:
    """What `make demo EXAMPLE=http` runs."""
    stack, example = harness("queued").stack, HttpExample()
    store = stack.model_store()
    before = store.release()
    assert before is not None
    trees = example.train(store.name, lambda *_: None)
    publish(store, trees)
    try:
        ways = Calls(stack)
        ways.wait_for(trees.manifest.version, table().drop(LABEL).row(0, named=True))
        example.check(store)
        assert example.run(LocalPlace(stack.environment, None), stack, Load({"http": 60}, None, 0.0, 7))
    finally:
        store.put_release(before.release, replacing=store.release())


def test_a_token_of_the_issuer_is_accepted(harness: OpenStack, issuer: Issuer) -> None:
    stack, event = harness("direct").stack, events(1)[0]
    caller = Caller(stack, authorization=f"Bearer {issuer.token('u1')}")
    ready(caller, event)
    reads = issuer.reads

    first, again = (json.loads(caller.post("/predict", event, idempotency_key="k").data) for _ in range(2))
    other = Caller(stack, authorization=f"bearer  {issuer.token('u2')}").post("/predict", event, idempotency_key="k")
    assert first["prediction_id"] == again["prediction_id"] != json.loads(other.data)["prediction_id"]
    assert issuer.reads == reads >= 1, "its keys are kept"


def test_other_tokens_are_refused(harness: OpenStack, issuer: Issuer) -> None:
    stack, event = harness("direct").stack, events(1)[0]
    refused = {
        "none": {},
        "no token": {"authorization": "Basic dTpw"},
        "expired": {"authorization": f"Bearer {issuer.token(exp=1)}"},
        "for another audience": {"authorization": f"Bearer {issuer.token(aud='payments')}"},
        "of another issuer": {"authorization": f"Bearer {issuer.token(iss='https://evil.example')}"},
        "signed by another": {"authorization": f"Bearer {issuer.token(key=ec.generate_private_key(ec.SECP256R1()))}"},
    }

    for why, headers in refused.items():
        answer = Caller(stack, **headers).post("/predict", event)
        assert (answer.status, json.loads(answer.data)["code"]) == (401, "UNAUTHORIZED"), why
    assert Caller(stack).get("/").status == 401


def test_a_function_url_is_for_those_whom_iam_allows(harness: OpenStack, artifact: Artifact) -> None:
    attached = harness("attached").stack
    publish(attached.model_store(), train_version("by-url", rounds=3, name="second"))
    iam, sts, event = attached.client("iam"), attached.client("sts"), events(1)[0]
    url = f"{attached.http_url()}/predict"
    trust = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="it-caller", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    given = sts.assume_role(RoleArn=role, RoleSessionName="one")["Credentials"]
    keys = {"AWS_ACCESS_KEY_ID": given["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"]}
    keys |= {"AWS_SESSION_TOKEN": given["SessionToken"], "AWS_REGION": "us-east-1"}
    body = json.dumps(event).encode()

    def ask(service: str = attached.http_service()) -> Any:
        """As `millrace predict --iam` asks."""
        headers = IamCredential(keys, service).headers(url, JSON, body)
        return POOL.request("POST", url, body=body, headers=JSON | headers)

    try:
        assert POOL.request("POST", url, body=b"{}", headers=JSON).status == 403
        assert ask().status == 403
        iam.put_role_policy(
            RoleName="it-caller", PolicyName="request", PolicyDocument=attached.outputs["policies"]["request"]
        )
        wait_for(lambda: ask().status == 200)
        assert attached.http_service() == LAMBDA
        assert ask(EXECUTE_API).status == 403
        endpoint = PredictEndpoint(attached.http_url(), IamCredential(keys, attached.http_service()))
        (line,) = endpoint.predict(body, "application/json")
        assert json.loads(line)["model"]["version"] == "by-url"
    finally:
        iam.delete_role_policy(RoleName="it-caller", PolicyName="request")
        iam.delete_role(RoleName="it-caller")
