"""What AWS neither documents nor was recorded to do: a switch for each open question, so that all answers run.

What was recorded is implemented: conformance/ has it as cases.
"""

from dataclasses import dataclass
from random import Random

from .responses import Treated

_TREATED: tuple[Treated, ...] = ("success", "failure")


@dataclass(frozen=True, slots=True)
class Behaviours:
    """The open questions of Kinesis mappings. The defaults are what we think likelier.

    misspelt_key: a response object without `batchItemFailures` but with other members. Documented is only that an
        empty response is a success.
    not_an_object: a response that is JSON but no object (a number, a list, text), and not empty.
    malformed_list: `batchItemFailures` is no list, or an entry of it is no object.
    complete_failure_bisects: a response that is a complete failure bisects the batch, as an exception does, or it is
        only tried again. Documented is that "the invocation fails".
    no_progress_halves: with bisect on, a partial failure whose lowest sequence number is the batch's first leaves
        nothing to split off: the batch is halved as after an exception, or tried again and a retry is used up.
        Documented is only the split at the returned sequence number.
    split_resets_retries: with bisect on, the rest after a split at the returned number starts a new count of retries,
        as was recorded without bisect, or keeps the batch's.
    newer_half_first: the order in which the halves of a bisected batch are tried.
    rewrites_same_key: an on-failure object whose write failed is written again under the same key or under a new one
        (then a write that timed out after it took place leaves two).

    The documents: services-kinesis-batchfailurereporting, kinesis-on-failure-destination and
    services-kinesis-parameters under https://docs.aws.amazon.com/lambda/latest/dg/
    """

    misspelt_key: Treated = "success"
    not_an_object: Treated = "failure"
    malformed_list: Treated = "failure"
    complete_failure_bisects: bool = True
    no_progress_halves: bool = False
    split_resets_retries: bool = True
    newer_half_first: bool = False
    rewrites_same_key: bool = False

    @classmethod
    def draw(cls, random: Random) -> "Behaviours":
        """Each switch at random."""
        return cls(
            misspelt_key=random.choice(_TREATED),
            not_an_object=random.choice(_TREATED),
            malformed_list=random.choice(_TREATED),
            complete_failure_bisects=random.random() < 0.5,
            no_progress_halves=random.random() < 0.5,
            split_resets_retries=random.random() < 0.5,
            newer_half_first=random.random() < 0.5,
            rewrites_same_key=random.random() < 0.5,
        )


@dataclass(frozen=True, slots=True)
class QueueBehaviours:
    """The open questions of SQS mappings: as in Behaviours."""

    misspelt_key: Treated = "success"
    not_an_object: Treated = "failure"
    malformed_list: Treated = "failure"

    @classmethod
    def draw(cls, random: Random) -> "QueueBehaviours":
        """Each switch at random."""
        return cls(random.choice(_TREATED), random.choice(_TREATED), random.choice(_TREATED))
