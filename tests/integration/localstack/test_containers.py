"""terraform/examples/service on the local stack: real servers behind a load balancer, from the same Terraform."""

import hashlib
import json
import os
import shutil
import ssl
import sys
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import boto3
import pytest

from millrace.deployment.terraform import MODULE, Terraform
from millrace.paths import FUNCTIONS, ROOT
from millrace_localstack.launcher import LocalStack
from model_store.release import Release
from model_store.store import ModelStore
from tests.fakes import artifacts
from tests.fakes.certificates import Authority
from tests.fakes.containers import needs_containers
from tests.fakes.ecs_stack import parts_of, put_image
from tests.fakes.envelopes import MODEL, event
from tests.fakes.ports import held_port
from tests.integration.localstack.lab import wait_for

pytestmark = pytest.mark.long(only=True)
LAYERS = ("sha256:" + "0" * 64, "sha256:" + "1" * 64)  # of two images
MISSING = "sha256:" + "2" * 64
# As modules/encryption has it: the account, and CloudWatch Logs for the service's log.
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            "Effect": "Allow",
            "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
            "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
            "Resource": "*",
        },
    ],
}


class Deployed:
    """The applied example. state : what the runner says of the service."""

    def __init__(
        self, terraform: Terraform, variables: Path, settings: dict[str, Any], authority: Authority, ecr: Any
    ) -> None:
        self._ecr = ecr
        self._terraform, self._variables, self._settings = terraform, variables, settings
        self._context = ssl.create_default_context(cafile=authority.file)
        self.folder: Path = settings.pop("folder")

    def apply(self, *options: str, **changes: Any) -> None:
        self._variables.write_text(json.dumps(self._settings | changes))
        self._terraform.run("apply", "-input=false", "-auto-approve", f"-var-file={self._variables}", *options)

    def push(self, tag: str, layer: str) -> str:
        return put_image(self._ecr, "scorer-web", tag, layer)

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "state.json").read_text()).get("scorer-web/scorer-web", {})
        return found

    def ready(self) -> list[dict[str, Any]]:
        return [task for task in self.state.get("tasks", ()) if task["state"] == "ready"]

    def predict(self, key: str) -> tuple[int, Any]:
        host = self.state["url"].removeprefix("https://")
        with closing(HTTPSConnection(host, context=self._context, timeout=120)) as connection:
            headers = {"content-type": "application/json", "x-api-key": key}
            connection.request("POST", "/predict", json.dumps(event()), headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployed]:
    needs_containers()
    folder = ROOT / ".millrace" / "tmp" / f"containers-{os.getpid()}"
    settings = {
        "MILLRACE_IMAGES": json.dumps({"scorer-web": {"app": str(FUNCTIONS), "python": sys.executable}}),
        "MILLRACE_CONTAINERS": str(folder),
        "MILLRACE_MINUTE_SECONDS": "2",
    }
    with held_port() as port, LocalStack(ROOT, port, instance="containers", settings=settings) as localstack:
        session = boto3.Session("test", "test", region_name="us-east-1")

        def client(name: str) -> Any:
            return session.client(name, endpoint_url=localstack.endpoint_url)

        authority = Authority(tmp_path)
        variables = prepared(client, authority, tmp_path)
        terraform = Terraform("containers", localstack.environment(), {}, module=MODULE / "examples" / "service")
        terraform.run("init", "-backend=false", "-input=false")
        place = tmp_path / "variables.tfvars.json"
        yield Deployed(terraform, place, variables | {"folder": folder}, authority, client("ecr"))
    shutil.rmtree(folder, ignore_errors=True)


def prepared(client: Any, authority: Authority, folder: Path) -> dict[str, Any]:
    """What the example takes as given: network, certificate, key, buckets and a published model."""
    ec2, s3 = client("ec2"), client("s3")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"][
            "SubnetId"
        ]
        for i, zone in enumerate("ab")
    ]
    authority.server("127.0.0.1")
    certificate, key = parts_of(folder / "127.0.0.1.server.pem")
    for bucket in ("models", "logs"):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    store = ModelStore(s3, "models", MODEL)
    store.put_release(Release(store.publish(artifacts.artifact()), "2026-01-02T03:04:05.000Z"), replacing=None)
    return {
        "access_logs_bucket": "logs",
        "api_key_hashes": {"shop": hashlib.sha256(b"secret").hexdigest()},
        "certificate_arn": client("acm").import_certificate(Certificate=certificate, PrivateKey=key)["CertificateArn"],
        "deletion_protection": False,
        "key_arn": client("kms").create_key(Policy=json.dumps(KEY_POLICY))["KeyMetadata"]["Arn"],
        "model_bucket": "models",
        "model_name": MODEL,
        "scaling": {"least": 2, "most": 4},
        "subnet_ids": subnets,
        "vpc_id": vpc,
    }


def test_the_example_serves_and_deploys_by_digest_and_by_tag(deployed: Deployed) -> None:
    deployed.apply("-target=aws_ecr_repository.this", image_digest=MISSING)
    digest, _ = deployed.push("1", LAYERS[0]), deployed.push("2", LAYERS[1])
    deployed.apply(image_digest=digest)
    assert wait_for(lambda: (deployed.folder / "state.json").exists() and len(deployed.ready()) == 2)
    assert deployed.predict("wrong")[0] == 401
    status, prediction = deployed.predict("secret")
    assert (status, prediction["model"]["version"]) == (200, "1")
    before = {task["definition"] for task in deployed.ready()}
    deployed.apply(image_tag="2")
    assert wait_for(
        lambda: len(deployed.ready()) == 2 and before.isdisjoint(task["definition"] for task in deployed.ready())
    )
    assert deployed.predict("secret")[0] == 200
