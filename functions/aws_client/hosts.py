"""AWS's own hosts in every partition, with FIPS 140 and dual-stack variants.

Tested against botocore's rule sets for every region that it knows.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html
"""

from __future__ import annotations

from collections import namedtuple

from aws_client.errors import NotConfigured

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Partition(namedtuple("Partition", ("regions", "suffix", "dual_stack_suffix"))):
    """A group of regions with its own DNS suffixes. `regions` is what the names of its regions begin with."""

    __slots__ = ()
    regions: str
    suffix: str
    dual_stack_suffix: str


_COMMERCIAL = Partition("", "amazonaws.com", "api.aws")
_GOVCLOUD = Partition("us-gov-", "amazonaws.com", "api.aws")
_CHINA = Partition("cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn")
_PARTITIONS = (
    _CHINA,
    _GOVCLOUD,
    Partition("eusc-", "amazonaws.eu", "api.amazonwebservices.eu"),
    Partition("us-iso-", "c2s.ic.gov", "api.aws.ic.gov"),
    Partition("us-isob-", "sc2s.sgov.gov", "api.aws.scloud"),
    Partition("eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    Partition("us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
)


def host(service: str, region: str, environment: Mapping[str, str]) -> str:
    """The host of `service` (kinesis, s3, …) in a region. Raises NotConfigured.

    environment : AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT, as for the SDKs; DNS_SUFFIX, which Terraform
    sets, goes before the table above, so that a partition younger than this file works.
    """
    partition = _partition(region)
    fips = _is_set("AWS_USE_FIPS_ENDPOINT", environment)
    dual_stack = _is_set("AWS_USE_DUALSTACK_ENDPOINT", environment)
    suffix = environment.get("DNS_SUFFIX") or partition.suffix
    if service == "s3":
        if fips and partition is _CHINA:
            raise NotConfigured(
                "expected a partition whose S3 has FIPS endpoints, got China; unset AWS_USE_FIPS_ENDPOINT"
            )
        return f"s3{'-fips' * fips}{'.dualstack' * dual_stack}.{region}.{suffix}"
    if dual_stack:
        if partition is _GOVCLOUD and service in ("events", "states"):
            fips = service == "states"  # its dual-stack endpoints have no other
        return f"{service}{'-fips' * fips}.{region}.{partition.dual_stack_suffix}"
    # The ordinary endpoints of GovCloud are validated already, with few exceptions.
    own = service in ("firehose", "kms") or (service, region) == ("states", "us-gov-east-1")
    fips = fips and (partition is not _GOVCLOUD or own)
    return f"{service}{'-fips' * fips}.{region}.{suffix}"


def _partition(region: str) -> Partition:
    return next((partition for partition in _PARTITIONS if region.startswith(partition.regions)), _COMMERCIAL)


def _is_set(name: str, environment: Mapping[str, str]) -> bool:
    """Whether a variable is true. Raises NotConfigured."""
    value = environment.get(name, "")
    if value.lower() not in ("", "true", "false"):
        raise NotConfigured(f"expected true or false in {name}, got {value!r}")
    return value.lower() == "true"
