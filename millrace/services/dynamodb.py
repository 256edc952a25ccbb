"""DynamoDB tables."""

from typing import Any

from millrace.doctor.ask import Answer, Ask, Known
from millrace.doctor.finding import ExaminedStack, Finding, fault, judged, ok

SERVICE = "dynamodb"
RESOURCE = "aws_dynamodb_table"
WRITE_UNITS = "dynamodb_million_write_units"


def description(ask: Ask, table: str) -> Answer[dict[str, Any]]:
    return ask(SERVICE, "describe_table", TableName=table)


def check(place: ExaminedStack, name: str, answer: Answer[dict[str, Any]], streams: bool = False) -> Finding:
    """Of dynamodb:DescribeTable: whether the table is there and in use. streams : and has a stream of new images."""

    def judge(found: dict[str, Any]) -> Finding:
        table = found["Table"]
        if table["TableStatus"] not in ("ACTIVE", "UPDATING"):
            return fault(name, f"the table is {table['TableStatus']}", place.deploy)
        view = table.get("StreamSpecification", {}).get("StreamViewType", "none")
        if streams and view not in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"):
            return fault(name, f"the stream has no new images (its view is {view})", place.deploy)
        return ok(name, f"DynamoDB, {table.get('ItemCount', 0):,} items")

    return judged(name, answer, judge, place.deploy)


def encryption_key(answer: Answer[dict[str, Any]]) -> str | None:
    """The key that encrypts the table; None where it is DynamoDB's own, or not known."""
    if not isinstance(answer, Known):
        return None
    key: str | None = answer.value["Table"].get("SSEDescription", {}).get("KMSMasterKeyArn")
    return key
