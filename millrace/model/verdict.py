"""Is the challenger better? What the evaluator found over days, and the verdict on it (outcomes.verdict)."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from millrace.doctor.ask import is_denied
from millrace.errors import UserError
from millrace.model import catalogue
from millrace.stack import Stack
from model_store.errors import DocumentInvalid
from model_store.store import ModelStore
from outcomes import tally
from outcomes.hours import begins, hour_of
from outcomes.store import hour_key, hours_prefix
from outcomes.tally import Group
from outcomes.verdict import Verdict
from outcomes.verdict import verdict as of_hours

DAYS = 7
READERS = 8


class ChallengerWorse(UserError):
    """This version is not to be promoted without --force."""


class EvaluationDenied(UserError):
    """The caller may not read what the evaluator found, so nothing protects against a worse version."""


class NoEvaluator(UserError):
    """The stack has none."""


class Evaluations:
    """The hours that a stack's evaluator has written. Raises NoEvaluator where the stack has none."""

    def __init__(self, stack: Stack, clock: Callable[[], float] = time.time) -> None:
        evaluator = stack.outputs.get("evaluator")
        if not evaluator:
            raise NoEvaluator(
                f"stack {stack.name!r} has no evaluator: set `evaluator = {{}}` in its tfvars and deploy it again"
            )
        self._s3, self._bucket, self._model = stack.client("s3"), evaluator["bucket"], stack.outputs["model"]["name"]
        self._clock = clock

    def hours(self, days: int) -> dict[str, list[Group]]:
        """The groups of each hour of the last days that has any, by when it begins. Raises DocumentInvalid."""
        last = hour_of(self._clock())
        first = hour_key(self._model, last - days * 24)
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=hours_prefix(self._model), StartAfter=first
        )
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        wanted = {hour_key(self._model, hour): hour for hour in range(last - days * 24 + 1, last + 1)}
        found = [key for key in keys if key in wanted]
        with ThreadPoolExecutor(READERS) as readers:
            groups = list(readers.map(self._read, found))
        return {begins(wanted[key]): hour for key, hour in zip(found, groups, strict=True)}

    def _read(self, key: str) -> list[Group]:
        return tally.read(self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read(), key)


def verdict(
    hours: dict[str, list[Group]], store: ModelStore, champion: str, candidate: str, metric: str | None = None
) -> Verdict:
    """What the hours say of a candidate. metric : decides; that of the model's objective if left out."""
    return of_hours(hours, lambda: store.manifest(champion)[0].objective, champion, candidate, metric)


def described(group: Group) -> dict[str, Any]:
    """A group as JSON: its metrics instead of what they are computed from."""
    estimates = {} if group.quality is None else group.quality.estimates()
    expected = {} if group.expected is None else group.expected.estimates()
    return {
        "version": group.version,
        "variant": group.variant,
        "predictions": group.coverage.predictions,
        "outcomes": group.coverage.outcomes,
        "refused": group.refused,
        "coverage": group.coverage.estimate().to_json(),
        "metrics": {name: estimate.to_json() for name, estimate in estimates.items()},
        "expected": {name: estimate.to_json() for name, estimate in expected.items()},
        "note": group.note,
    }


def of_promotion(stack: Stack, version: str | None, days: int = DAYS) -> Verdict | None:
    """The verdict on what `promote` would make champion; None where it names nothing, or the champion itself.

    Promotion does not wait for an evaluation that cannot be read: a release may have to change when all else is down. A
    missing permission is no outage: `allow` refuses then.
    """
    store = stack.model_store()
    release = catalogue.current(store)
    if release is None:
        return None
    candidate = version or (release.challenger.version if release.challenger else None)
    champion = release.champion.version
    if candidate is None or candidate == champion:
        return None
    try:
        hours = Evaluations(stack).hours(days)
    except NoEvaluator as error:
        return Verdict(champion, candidate, note=str(error))
    except (BotoCoreError, ClientError, DocumentInvalid) as error:
        denied = isinstance(error, ClientError) and is_denied(error)
        return Verdict(champion, candidate, note=f"the evaluation could not be read: {error}", denied=denied)
    return verdict(hours, store, champion, candidate)


def allow(found: Verdict | None, force: bool) -> None:
    """Raises ChallengerWorse where a version is worse than the champion, and EvaluationDenied; neither if forced."""
    if found is None or force:
        return
    if found.denied:
        raise EvaluationDenied(
            f"{found.line()}; allow s3:GetObject and s3:ListBucket on the evaluator's bucket (the publisher role "
            "has both), or to promote it all the same, add --force"
        )
    if found.worse:
        raise ChallengerWorse(f"{found.line()}; to promote it all the same, add --force")
