"""The KMS keys: without the stack's own nothing can be read or written, without the signing key nothing released."""

from typing import Any

from millrace.doctor.ask import Answer
from millrace.doctor.finding import ExaminedStack, Finding, fault, judged, ok

Document = dict[str, Any]


def key(place: ExaminedStack, name: str, answer: Answer[Document]) -> Finding:
    """Of kms:DescribeKey."""

    def judge(found: Document) -> Finding:
        metadata = found["KeyMetadata"]
        state, key_id = metadata["KeyState"], metadata["KeyId"]
        if state == "Enabled":
            return ok(name, f"{key_id}, enabled")
        if state == "PendingDeletion":
            fix = place.aws(f"kms cancel-key-deletion --key-id {key_id}")
            fix += " && " + place.aws(f"kms enable-key --key-id {key_id}")
            return fault(name, f"{key_id} will be deleted, and everything that it encrypted is lost then", fix)
        fix = place.aws(f"kms enable-key --key-id {key_id}") if state == "Disabled" else place.deploy
        return fault(name, f"{key_id} is {state}: nothing that it encrypts can be read", fix)

    return judged(name, answer, judge, place.deploy)
