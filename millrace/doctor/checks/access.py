"""May we ask, and do we know whom to ask about? Without these two nothing else can be checked."""

from typing import Any

from millrace import sources
from millrace.doctor.ask import Answer, Failed
from millrace.doctor.finding import ExaminedStack, Finding, fault, judged, ok

# What the checks and the other commands read; terraform/outputs.tf.
OUTPUTS = (
    "failure_store",
    "model",
    "model_store",
    "prediction_sink",
    "scorer",
    "sources",
)


def credentials(place: ExaminedStack, answer: Answer[dict[str, Any]]) -> Finding:
    """Of sts:GetCallerIdentity: whether the endpoint answers, knows us, and is of the stack's own account."""
    check = "credentials"
    if isinstance(answer, Failed):
        where = place.endpoint or "AWS"
        fix = f"start it with `{place.deploy}`" if place.endpoint else "set AWS_PROFILE, or keys and region"
        return fault(check, f"{where} does not answer, or does not know you: {answer.why}", fix)

    def judge(identity: dict[str, Any]) -> Finding:
        arns = (output.get("arn", "") for _, output in sources.deployed(place.outputs).values())
        account = next(filter(None, arns), "").split(":")[4:5]
        if account and account[0] != identity["Account"]:
            what = f"yours are of account {identity['Account']}, the stack is in {account[0]}"
            return fault(check, what, "use credentials of that account: AWS_PROFILE=…")
        return ok(check, identity["Arn"])

    return judged(check, answer, judge, "set AWS_PROFILE, or keys and region")


def outputs(place: ExaminedStack) -> Finding:
    """Terraform's outputs, as they were kept when the stack was deployed."""
    missing = [name for name in OUTPUTS if not place.outputs.get(name)]
    if missing:
        what = f"missing: {', '.join(missing)}: another version deployed this stack, or the apply was broken off"
        return fault("outputs", what, place.deploy)
    return ok("outputs", f"all {len(OUTPUTS)} are there")
