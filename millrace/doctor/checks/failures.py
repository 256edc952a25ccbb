"""The failure store and the dead-letter queue: are they there, and does anything wait in them?"""

from typing import Any

from millrace.doctor.ask import Answer
from millrace.doctor.finding import ExaminedStack, Finding, fault, judged, ok, warning

Document = dict[str, Any]


def store(place: ExaminedStack, answer: Answer[Document]) -> Finding:
    """Of s3:GetBucketVersioning: a redrive takes away only the version that it read, so there must be versions."""
    check = "failure_store"

    def judge(found: Document) -> Finding:
        if found.get("Status") != "Enabled":
            return fault(check, f"versioning is {found.get('Status', 'off')}; a redrive needs it", place.deploy)
        return ok(check, place.outputs["failure_store"]["bucket"])

    return judged(check, answer, judge, place.deploy)


def on_failure(place: ExaminedStack, answer: Answer[Document]) -> Finding:
    """Of s3:ListObjectsV2 below the on-failure prefix: batches that Lambda discarded after the last retry."""
    check = "on-failure store"

    def judge(found: Document) -> Finding:
        if number := found.get("KeyCount", 0):
            more = " or more" if found.get("IsTruncated") else ""
            what = f"{number:,}{more} batches that Lambda discarded after the last retry wait for a redrive"
            return warning(check, what, place.millrace("redrive"))
        return ok(check, "nothing waits")

    return judged(check, answer, judge, place.deploy)


def quarantine(place: ExaminedStack, answer: Answer[Document]) -> Finding:
    """Of s3:ListObjectsV2 below the quarantine prefix. Events that cannot be scored are usual: reported as ok."""
    check = "quarantine"

    def judge(found: Document) -> Finding:
        more = " or more" if found.get("IsTruncated") else ""
        return ok(check, f"{found.get('KeyCount', 0):,}{more} objects; `{place.millrace('redrive --from quarantine')}`")

    return judged(check, answer, judge, place.deploy)


def dead_letters(place: ExaminedStack, source: str, answer: Answer[Document]) -> Finding:
    """Of sqs:GetQueueAttributes of the dead-letter queue of a source."""
    check = f"{source} dead letters"

    def judge(found: Document) -> Finding:
        attributes = found["Attributes"]
        number = sum(int(attributes.get(name, 0)) for name in _MESSAGES)
        if number:
            return warning(check, f"{number:,} messages wait for a redrive", place.millrace("redrive"))
        return ok(check, "none")

    return judged(check, answer, judge, place.deploy)


_MESSAGES = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
