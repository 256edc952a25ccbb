"""A limit of AWS's that can be raised."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quota:
    """name : in Service Quotas. value : its default in us-east-1."""

    service: str
    name: str
    value: int
