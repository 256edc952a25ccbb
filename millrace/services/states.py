"""State machines of Step Functions."""

from typing import Any

from millrace.doctor.ask import Answer, Ask
from millrace.doctor.finding import ExaminedStack, Finding, fault, judged, ok
from millrace.services.charges import Charge

# A standard workflow is charged by transitions; a child execution of a batch takes two, and a start.
TRANSITIONS = "states_thousand_transitions"
TRANSITIONS_A_CHILD = 3


def transitions(note: str = "") -> Charge:
    return Charge("Step Functions transitions", TRANSITIONS, note, per=1_000)


def machine(ask: Ask, arn: str) -> Answer[dict[str, Any]]:
    return ask("stepfunctions", "describe_state_machine", stateMachineArn=arn)


def check(place: ExaminedStack, name: str, answer: Answer[dict[str, Any]]) -> Finding:
    """Of states:DescribeStateMachine: whether the machine is there and takes executions."""

    def judge(found: dict[str, Any]) -> Finding:
        if found["status"] != "ACTIVE":
            return fault(name, f"the state machine is {found['status']}", place.deploy)
        return ok(name, "state machine, active")

    return judged(name, answer, judge, place.deploy)
