"""Redrive: brings back what failed, through the scorer, under the prediction ids of the first time.

    redrive = Redrive(s3=s3, sqs=sqs, function=lambda_client, place=Place.of(stack.outputs))
    selection = Selection(origins=frozenset({ON_FAILURE, DEAD_LETTERS}), since=seconds("2026-11-21"))
    print(redrive.survey(selection).records)    # changes nothing
    result = redrive.run(selection)             # Result(predictions=…, quarantined=…, failed=…, …)

Records are read from where they are (`waiting`, `stored`, `dead_letters`), gathered in chunks (`chunks`), given to the
scorer (`function`), written down (`trail`) and removed from where they were, before the next chunk begins. A lease
(`lease`) keeps a second operator out. docs/adr/0013-redrive.md goes through every moment at which it can be killed.

No threads, no heavy import; the same clients, clock and random source give the same run. Of the clients it uses:
S3 list_objects_v2, list_object_versions, get_object, put_object (IfMatch, IfNoneMatch) and delete_object (VersionId) on
a versioned bucket; SQS receive_message, delete_message_batch and change_message_visibility_batch; Lambda invoke.
"""

from millrace.redrive.errors import LeaseHeld, LeaseLost, RedriveError
from millrace.redrive.redrive import Place, Redrive, RedriveResult
from millrace.redrive.survey import Survey
from millrace.redrive.waiting import DEAD_LETTERS, ON_FAILURE, QUARANTINE, Selection, seconds

__all__ = [
    "DEAD_LETTERS",
    "ON_FAILURE",
    "QUARANTINE",
    "LeaseHeld",
    "LeaseLost",
    "Place",
    "Redrive",
    "RedriveError",
    "RedriveResult",
    "Selection",
    "Survey",
    "seconds",
]
