"""The scorer's log, as CloudWatch has it."""

from millrace.stack import Stack


def function_log(stack: Stack, since: int) -> str:
    """The log from then on, in milliseconds since the epoch: former runs of the stack are in it too."""
    pages = stack.client("logs").get_paginator("filter_log_events")
    group = stack.outputs["scorer"]["log_group"]
    return "".join(
        f"{event['message'].rstrip()}\n"
        for page in pages.paginate(logGroupName=group, startTime=since)
        for event in page["events"]
    )
