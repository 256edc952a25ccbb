"""The minutes of EventBridge's schedules, on request."""

from tests.integration.localstack.lab import Lab, unique, wait_for
from tests.integration.pace import pass_minute

SAYS = "def handle(event, context):\n    print('SAID', event['number'], flush=True)"


def test_a_schedule_need_not_be_waited_for(lab: Lab) -> None:
    events, functions = lab.client("events"), lab.client("lambda")
    name, function = unique("schedule"), lab.function(SAYS)
    rule = events.put_rule(Name=name, ScheduleExpression="rate(1 minute)")["RuleArn"]
    functions.add_permission(
        FunctionName=function,
        StatementId="schedule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule,
    )
    arn = functions.get_function_configuration(FunctionName=function)["FunctionArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "function", "Arn": arn, "Input": '{"number": 7}'}])

    for times in (1, 2, 3):
        assert pass_minute(lab.localstack) > 0
        assert wait_for(lambda times=times: len(lab.said(function)) >= times)  # type: ignore[misc]

    assert set(lab.said(function)) == {7}
    events.remove_targets(Rule=name, Ids=["function"])
    events.delete_rule(Name=name)
