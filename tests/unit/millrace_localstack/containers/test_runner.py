"""Services under load: real servers behind a real HAProxy that ends TLS; the control plane is moto's."""

import json
import os
import signal
import ssl
import sys
import threading
import time
from contextlib import closing
from http.client import HTTPException, HTTPSConnection

import boto3
import pytest

from millrace_localstack.plugin.containers.runner import Context, Runner
from millrace_localstack.plugin.containers.task import READY
from tests.fakes import artifacts
from tests.fakes.certificates import Authority
from tests.fakes.containers import needs_containers
from tests.fakes.ecs_stack import EcsStack, parts_of, put_image
from tests.fakes.envelopes import MODEL, event
from tests.fakes.server import BUCKET, ROOT, StoreServer
from tests.fakes.wait import wait_for
from tests.fakes.wrk import Wrk

IMAGE, NEXT = (f"registry/scorer-web@sha256:{digit * 64}" for digit in "01")
MINUTE = 1.0  # of metrics and cooldowns, in seconds
KILLS = 3
BODY = json.dumps([event(), event()]).encode()
PATIENCE = 90.0  # seconds; on a busy machine, servers take long to start


class Clients:
    """Clients that send predictions until they are stopped, and keep what came of them."""

    def __init__(self, url, authority, count):
        self._host, self._context = url.removeprefix("https://"), ssl.create_default_context(cafile=authority.file)
        self._end = threading.Event()
        self.failed, self.answers = [], []
        self._threads = [threading.Thread(target=self._run) for _ in range(count)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _run(self):
        while not self._end.is_set():
            with closing(HTTPSConnection(self._host, context=self._context, timeout=30)) as connection:
                for _ in range(50):
                    if not self._send(connection) or self._end.is_set():
                        break

    def _send(self, connection):
        """False where the connection is over."""
        try:
            connection.request("POST", "/predict", BODY, {"content-type": "application/json"})
            response = connection.getresponse()
            text = response.read()
        except (OSError, HTTPException) as error:
            self.failed.append(repr(error))
            return False
        if response.status != 200:
            self.failed.append(response.status)
        else:
            self.answers.append(
                frozenset((one["model"]["version"], one["score"]) for one in json.loads(text)["predictions"])
            )
        return response.headers.get("connection") != "close"

    def wait(self, more):
        """Until so many answers more have come."""
        now = len(self.answers)
        wait_for(lambda: len(self.answers) >= now + more or self.failed, PATIENCE)

    def version(self):
        """The version of the last answer."""
        return {version for version, _ in self.answers[-1]}


class Stack:
    """The service `web`, running. aws : clients."""

    def __init__(self, aws, runner, ecs, store, authority):
        self.aws, self.runner, self.ecs, self.store, self.authority = aws, runner, ecs, store, authority

    @property
    def service(self):
        return self.runner.services["web/web"]

    def clients(self, count=4):
        return Clients(self.service.balancer.url, self.authority, count)

    def wrk(self, folder, connections):
        return Wrk(f"{self.service.balancer.url}/predict", BODY, folder, connections)

    def wait_requests(self, more):
        """Until the load balancer has passed on so many answers more."""
        now = self.service.balancer.requests()
        wait_for(lambda: self.service.balancer.requests() >= now + more, PATIENCE)

    def ready(self, definition=None):
        return [task for task in self.service.in_state(READY) if definition in (None, task.definition)]

    def wait_ready(self, count):
        wait_for(lambda: "web/web" in self.runner.services and len(self.ready()) == count, PATIENCE)


@pytest.fixture
def aws(monkeypatch):
    from moto import mock_aws

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        found = {}
        yield lambda name: found.setdefault(name, boto3.client(name, region_name="eu-central-1"))


@pytest.fixture
def stack(aws, artifact, tmp_path):
    needs_containers()
    authority = Authority(tmp_path)
    authority.server("127.0.0.1")
    pem = tmp_path / "127.0.0.1.server.pem"
    public, private = parts_of(pem)
    certificate = aws("acm").import_certificate(Certificate=public, PrivateKey=private)
    with StoreServer() as store:
        store.release(artifact)
        environment = {
            "AWS_ENDPOINT_URL": store.url,
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        image = {"app": str(ROOT / "functions"), "python": sys.executable}
        settings = {
            "ANONYMOUS": "true",
            "HEALTH_ROUTES": "true",
            "MODEL_BUCKET": BUCKET,
            "MODEL_NAME": MODEL,
            "RELEASE_POLL_SECONDS": "1",
            "DRAIN_SECONDS": "5",
        }
        ecs = EcsStack(aws, certificate["CertificateArn"], IMAGE, settings)
        runner = Runner(
            aws,
            Context({"scorer-web": image}, environment, lambda arn: pem.read_text(), MINUTE),
            tmp_path / "containers",
        )
        runner.start()
        try:
            yield Stack(aws, runner, ecs, store, authority)
        finally:
            runner.stop()


def test_one_task_is_killed_and_one_deployment_rolls(stack):
    stack.ecs._ecs.update_service(cluster="web", service="web", desiredCount=2)
    stack.wait_ready(2)
    with stack.clients() as clients:
        clients.wait(50)
        os.kill(stack.ready()[0].pid, signal.SIGKILL)
        wait_for(lambda: len(stack.ready()) == 1, PATIENCE)
        stack.wait_ready(2)
        clients.wait(50)
        definition = stack.ecs.deploy(NEXT)
        wait_for(lambda: len(stack.ready(definition)) == 2 and len(stack.service.tasks) == 2, PATIENCE)
        clients.wait(50)
    assert clients.failed == []
    assert len(set(clients.answers)) == 1  # one model, one score
    assert stack.ecs.healthy() == 2


def test_a_deployment_that_does_not_become_ready_is_rolled_back(stack):
    stack.wait_ready(1)
    good = stack.ecs.service["taskDefinition"]
    with stack.clients(2) as clients:
        clients.wait(20)
        stack.ecs.deploy(NEXT, BATCH_WAIT_MS="soon")
        wait_for(lambda: stack.ecs.service["taskDefinition"] == good, PATIENCE)
        wait_for(lambda: [task.definition for task in stack.service.tasks] == [good], PATIENCE)
        clients.wait(20)
    assert clients.failed == []


REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/scorer-web"


@pytest.mark.long(only=True)
def test_an_image_of_ecr_is_deployed_by_tag_and_by_digest_if_it_is_there(stack):
    ecr = stack.aws("ecr")
    ecr.create_repository(repositoryName="scorer-web")
    digest = put_image(ecr, "scorer-web", "1", "sha256:" + "d" * 64)
    stack.wait_ready(1)
    for name in (f"{REGISTRY}:1", f"{REGISTRY}@{digest}"):
        definition = stack.ecs.deploy(name)
        wait_for(lambda definition=definition: len(stack.ready(definition)) == 1, PATIENCE)
    for name in (f"{REGISTRY}:2", f"{REGISTRY}@{IMAGE.partition('@')[2]}", f"{REGISTRY}-other:1", REGISTRY):
        stack.ecs.deploy(name)
        wait_for(lambda: stack.ecs.service["taskDefinition"] == definition, PATIENCE)  # rolled back
    assert len(stack.ready(definition)) == 1


@pytest.mark.long(only=True)
def test_a_deployment_is_tried_after_one_that_failed_with_nothing_to_roll_back_to(stack):
    stack.ecs.deploy(f"{REGISTRY}:1")  # before any task was ready
    wait_for(lambda: "web/web" in stack.runner.services and stack.service._failures >= 3, PATIENCE)
    definition = stack.ecs.deploy(IMAGE)
    wait_for(lambda: len(stack.ready(definition)) == 1, PATIENCE)


def test_the_listener_passes_on_the_endpoint_s_paths_only(stack):
    stack.wait_ready(1)
    context = ssl.create_default_context(cafile=stack.authority.file)
    host = stack.service.balancer.url.removeprefix("https://")
    statuses = {}
    for path in ("/v2", f"/v2/models/{MODEL}", "/v2/health/ready", "/ping", "/metrics"):
        with closing(HTTPSConnection(host, context=context, timeout=10)) as connection:
            connection.request("GET", path)
            statuses[path] = connection.getresponse().status
    assert statuses == {"/v2": 200, f"/v2/models/{MODEL}": 200, "/v2/health/ready": 404, "/ping": 404, "/metrics": 404}


@pytest.mark.long(only=True)
def test_three_tasks_under_load_through_kills_deployment_and_release(stack, tmp_path, record_property):
    stack.ecs._ecs.update_service(cluster="web", service="web", desiredCount=3)
    stack.wait_ready(3)
    with stack.wrk(tmp_path, 8) as load, stack.clients(2) as clients:
        for _ in range(KILLS):
            stack.wait_requests(1000)
            os.kill(stack.ready()[0].pid, signal.SIGKILL)
            wait_for(lambda: len(stack.ready()) == 2, PATIENCE)
            stack.wait_ready(3)
        clients.wait(500)
        stack.store.release(artifacts.artifact(version="2", seed=2), at=1_800_000_100.0)
        wait_for(lambda: clients.version() == {"2"}, PATIENCE)
        clients.wait(500)
        definition = stack.ecs.deploy(NEXT)
        wait_for(lambda: len(stack.ready(definition)) == 3 and len(stack.service.tasks) == 3, PATIENCE)
        clients.wait(1000)
    assert clients.failed == []
    assert all(len(answer) == 1 for answer in clients.answers)  # both events of a request by one version
    assert len(set(clients.answers)) == 2  # two versions, one score each
    assert load.errors == {}
    assert load.answers.keys() == {"200 1", "200 2"}  # no answer of both versions
    count = f"{load.requests + len(clients.answers):,} requests"
    record_property("figures", f"{count} through {KILLS} SIGKILLs, a release and a deployment of 3 tasks: 0 failed")


@pytest.mark.long(only=True)
def test_the_service_scales_from_one_to_four_and_back_by_what_haproxy_measures(stack, tmp_path):
    stack.wait_ready(1)
    stack.ecs.scale_by_requests(100_000, 1, 4, ScaleOutCooldown=60, ScaleInCooldown=120)
    with stack.wrk(tmp_path, 8) as load:
        stack.wait_requests(200)
        rate = measured(stack)
        # A load that four tasks are needed for, whatever this machine can do.
        stack.ecs.scale_by_requests(rate / 3.5, 1, 4, ScaleOutCooldown=60, ScaleInCooldown=120)
        wait_for(lambda: len(stack.ready()) == 4, PATIENCE)
        stack.wait_requests(200)
    wait_for(lambda: stack.ecs.service["desiredCount"] == 1 and len(stack.service.tasks) == 1, PATIENCE)
    assert load.errors == {}
    assert load.answers.keys() == {"200 1"}


def measured(stack):
    """Requests in a minute of the metrics, over some of them."""
    before, began = stack.service.balancer.requests(), time.monotonic()
    wait_for(lambda: time.monotonic() - began > 4 * MINUTE, PATIENCE)
    return (stack.service.balancer.requests() - before) * MINUTE / (time.monotonic() - began)
