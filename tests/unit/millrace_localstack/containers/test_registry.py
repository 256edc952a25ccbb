"""Which image of ECR a name means, and that one which is not there is missed."""

import boto3
import pytest
from moto import mock_aws

from millrace_localstack.plugin.containers.registry import ImageNotFound, pulled
from tests.fakes.ecs_stack import put_image

REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/web"


@pytest.fixture
def clients(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        ecr = boto3.client("ecr", region_name="eu-central-1")
        ecr.create_repository(repositoryName="team/web")
        yield lambda name: {"ecr": ecr}[name]


def test_a_tag_and_a_digest_are_the_image_that_has_them(clients):
    first, second = (put_image(clients("ecr"), "team/web", tag, f"sha256:{tag * 64}") for tag in "12")
    assert first != second
    assert pulled(clients, f"{REGISTRY}:1") == pulled(clients, f"{REGISTRY}@{first}") == f"team/web@{first}"
    assert pulled(clients, f"{REGISTRY}:2@{second}") == f"team/web@{second}"
    for missing in (":3", "", "@sha256:" + "0" * 64):
        with pytest.raises(ImageNotFound, match="in ECR, found no such image; push it"):
            pulled(clients, REGISTRY + missing)
    with pytest.raises(ImageNotFound, match="expected the repository team/web2 in ECR, found none"):
        pulled(clients, f"{REGISTRY}2:1")


def test_an_image_of_another_registry_is_taken_as_it_is(clients):
    for name in ("web:1", "ghcr.io/team/web@sha256:" + "0" * 64, "localhost/web"):
        assert pulled(clients, name) == name
