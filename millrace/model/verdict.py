"""Is the challenger better? What the evaluator found, merged over days, and the verdict on it.

Champion and challenger are compared over the hours in which both predicted: what changes from hour to hour, say the
share of buyers on a weekend, is then no difference between them.
"""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from evaluation.comparison import WORSE, Comparison, NoVerdict, compare, primary_metric
from evaluation.errors import NotMergeable
from millrace.doctor.ask import is_denied
from millrace.errors import UserError
from millrace.model import catalogue
from millrace.stack import Stack
from model_store.errors import DocumentInvalid
from model_store.release import CHALLENGER, CHAMPION, SHADOW
from model_store.store import ModelStore
from outcomes import tally
from outcomes.hours import begins, hour_of
from outcomes.store import hour_key, hours_prefix
from outcomes.tally import Group

DAYS = 7
READERS = 8

type Key = tuple[str, str]  # version and variant


class ChallengerWorse(UserError):
    """This version is not to be promoted without --force."""


class EvaluationDenied(UserError):
    """The caller may not read what the evaluator found, so nothing protects against a worse version."""


class NoEvaluator(UserError):
    """The stack has none."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of a version that may become the champion.

    comparison : None where nothing can be compared; `note` says why.
    denied : the caller may not read the evaluation.
    """

    champion: str
    candidate: str
    variant: str = ""
    hours: int = 0
    comparison: Comparison | None = None
    note: str = ""
    denied: bool = False

    @property
    def worse(self) -> bool:
        return self.comparison is not None and self.comparison.verdict == WORSE

    def line(self) -> str:
        """The verdict in one line."""
        found = self.comparison
        if found is None:
            return f"not evaluated: {self.note}"
        told = f"{self.variant} {self.candidate} is {found.verdict}: {found.metric} {_value(found.challenger.value)}"
        told += f" against {_value(found.champion.value)}, {found.outcomes} outcomes in {self.hours} h"
        if found.low is not None and found.high is not None:
            told += f", difference {_value(found.difference)} ({_value(found.low)} to {_value(found.high)})"
        if found.more:
            told += f"; about {found.more} outcomes more would settle it"
        return f"{told}; {found.note}" if found.note else told

    def to_json(self) -> dict[str, Any]:
        members = asdict(self) | {"comparison": None if self.comparison is None else self.comparison.to_json()}
        return members | {"line": self.line()}


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


def merged(hours: Iterable[list[Group]]) -> dict[Key, Group]:
    """One group for each version and variant. What cannot be merged is left out, and noted."""
    found: dict[Key, Group] = {}
    for group in (group for hour in hours for group in hour):
        present = found.setdefault((group.version, group.variant), Group(group.version, group.variant))
        try:
            present.merge(group)
        except NotMergeable as error:
            present.note = f"some hours are left out: {error}"
    return dict(sorted(found.items()))


def verdict(
    hours: dict[str, list[Group]], store: ModelStore, champion: str, candidate: str, metric: str | None = None
) -> Verdict:
    """What the hours say of a candidate: as a challenger where it was one, else as a shadow.

    metric : decides; that of the model's objective if left out.
    """
    for variant in (CHALLENGER, SHADOW):
        both = [groups for groups in hours.values() if {(champion, CHAMPION), (candidate, variant)} <= _keys(groups)]
        if both:
            break
    else:
        note = f"no hour has predictions of {champion} as champion and of {candidate} in the same hour"
        return Verdict(champion, candidate, note=note)
    groups = merged(both)
    ours, theirs = groups[champion, CHAMPION], groups[candidate, variant]
    if ours.quality is None or theirs.quality is None:
        return Verdict(champion, candidate, variant, len(both), note=ours.note or theirs.note)
    try:
        metric = metric or primary_metric(store.manifest(champion)[0].objective)
        found = compare(ours.quality, theirs.quality, metric)
    except NoVerdict as error:
        return Verdict(champion, candidate, variant, len(both), note=str(error))
    return Verdict(champion, candidate, variant, len(both), found)


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


def _keys(groups: Iterable[Group]) -> set[Key]:
    return {(group.version, group.variant) for group in groups}


def _value(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
