"""AWS's own hosts are those of botocore's rule sets, in every region that it knows."""

from itertools import product

import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
from botocore.loaders import Loader

from aws_client.endpoints import endpoint
from aws_client.errors import NotConfigured

BUCKET = "my-bucket"
PARTITIONS = Loader().load_data("partitions")
REGIONS = [region for each in PARTITIONS["partitions"] for region in each["regions"] if "global" not in region]
VARIANTS = [*product((False, True), repeat=2)]


def _botocores(provider: EndpointProvider, service: str, region: str, fips: bool, dual_stack: bool) -> str:
    bucket = {"Bucket": BUCKET} if service == "s3" else {}
    try:
        return provider.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dual_stack, **bucket).url
    except EndpointProviderError:
        return "refused"


def _ours(service: str, region: str, fips: bool, dual_stack: bool) -> str:
    environment = {
        "AWS_USE_FIPS_ENDPOINT": str(fips).lower(),
        "AWS_USE_DUALSTACK_ENDPOINT": str(dual_stack).lower(),
    }
    try:
        where = endpoint(service, region, environment)
    except NotConfigured:
        return "refused"
    origin = where.bucket(BUCKET, "key")[0] if service == "s3" else where.origin
    return f"{origin.scheme}://{origin.authority}"


@pytest.mark.parametrize("service", ["dynamodb", "events", "firehose", "kinesis", "kms", "s3", "sns", "sqs", "states"])
def test_the_hosts_of_every_region_are_botocores(service):
    model = {"states": "stepfunctions"}.get(service, service)
    provider = EndpointProvider(Loader().load_service_model(model, "endpoint-rule-set-1"), PARTITIONS)
    assert len(REGIONS) > 45
    for region, (fips, dual_stack) in product(REGIONS, VARIANTS):
        expected = _botocores(provider, service, region, fips, dual_stack)
        assert _ours(service, region, fips, dual_stack) == expected, (region, fips, dual_stack)


def test_terraforms_suffix_serves_a_partition_that_is_not_in_the_table():
    assert endpoint("sqs", "xx-new-1", {"DNS_SUFFIX": "example.org"}).origin.host == "sqs.xx-new-1.example.org"


@pytest.mark.parametrize("name", ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"])
def test_a_variant_that_is_neither_true_nor_false_is_refused(name):
    with pytest.raises(NotConfigured, match=f"expected true or false in {name}, got 'yes'"):
        endpoint("s3", "eu-central-1", {name: "yes"})
