"""The steps of the state machine: terraform/modules/release_workflow has its definition.

Each step can be made again: Step Functions repeats it where its answer was lost.
"""

from __future__ import annotations

import logging
from copy import replace
from datetime import datetime

from evaluation.comparison import NOT_YET_KNOWN, WORSE, NoVerdict, primary_metric
from model_store import names
from model_store.errors import DocumentInvalid
from model_store.release import Pointer
from outcomes.backtest import judge
from outcomes.verdict import verdict
from records.timestamps import timestamp
from records.values import Value
from releases import causes, changes, decide, past
from releases.errors import WorkflowRefused, WorkflowRunning
from releases.record import FAILED, PROMOTED, ROLLED_BACK, RUNNING, WorkflowRecord

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from model_store.release import Release
    from model_store.store import ModelStore
    from outcomes.verdict import Verdict
    from releases.evidence import Evidence
    from releases.locked_release import LockedRelease
    from releases.notices import Notices
    from releases.past import PastRuns
    from releases.record import StoredWorkflow

LOG = logging.getLogger(__name__)


class ReleaseTasks(Value):
    """The steps of one container.

    shares : of the keys, stage by stage. evidence_seconds : the time for each stage's verdict.
    approval : whether every promotion needs one.
    """

    store: ModelStore
    release: LockedRelease
    evidence: Evidence
    notices: Notices
    past: PastRuns
    shares: tuple[float, ...]
    evidence_seconds: float
    approval: bool
    clock: Callable[[], float]

    def run(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Raises WorkflowRefused, RecordConflict, ModelStoreError, and what the clients raise."""
        if "detail-type" in event:
            return self._recover(event["detail"])
        steps: dict[str, Callable[[str, Mapping[str, Any]], dict[str, Any]]] = {
            "begin": self._begin,
            "store": self._stored,
            "judge": self._judge,
            "serve": self._serve,
            "look": self._look,
            "ask": self._ask,
            "promote": self._promote,
            "end": self._end,
        }
        task = event.get("task")
        if not isinstance(task, str) or task not in steps:
            raise WorkflowRefused(f"task: expected one of {', '.join(steps)}, got {task!r:.80}")
        return steps[task](event["execution"], event)

    def _begin(self, execution: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """Take the lock, and keep the release as it is. Raises WorkflowRefused, WorkflowRunning."""
        given = event["input"]
        stored = self.release.records.read()
        if stored and stored.record.running and stored.record.execution != execution:
            raise WorkflowRunning(
                f"expected no other release workflow of {self.store.name}, found {stored.record.execution} running "
                f"(version {stored.record.version}, by {stored.record.by}); wait for it, or end it with "
                "`millrace release abort`"
            )
        if stored is None or stored.record.execution != execution:
            stored = self.release.records.write(self._first_record(execution, given), replacing=stored)
            LOG.info("release of %s began", stored.record.version)
        training = given.get("training")
        # With its time of creation, a training that is repeated makes the same artifact.
        fixed = {"version": given["version"], "created_at": stored.record.began_at}
        return {
            "train": training is not None,
            "training": {**(training or {}), **fixed},
            "approval": bool(given.get("approval") or self.approval),
            "backtest": given.get("backtest") is not None,
            "past": given.get("backtest") or {},
            "champion": stored.record.before.champion.version,
        }

    def _first_record(self, execution: str, given: Mapping[str, Any]) -> WorkflowRecord:
        try:
            version = names.check(str(given.get("version", "")), "version")
        except DocumentInvalid as error:
            raise WorkflowRefused(str(error)) from None
        before = self.release.current().release
        if before.champion.version == version:
            raise WorkflowRefused(f"version: expected another than the champion, got {version}, which serves already")
        if before.challenger is not None:
            raise WorkflowRefused(
                f"expected a release without a challenger, found {before.challenger.version}; promote it, or end it "
                "with `millrace model split --share 0`"
            )
        metric = str(given.get("metric") or "")
        if not metric:
            self._check_objective(before)
        if given.get("backtest") is not None:
            self.past.check(execution, given["backtest"])
        by, why = str(given.get("by") or "unknown"), str(given.get("why") or "")
        now = timestamp(self.clock())
        begun = WorkflowRecord(execution, version, by, why, now, RUNNING, before, metric)
        how = "training a new version" if given.get("training") is not None else "of the model store"
        return begun.done(now, "begin", f"{version}, {how}; the champion is {before.champion.version}")

    def _check_objective(self, before: Release) -> None:
        """Raises WorkflowRefused where no verdict would ever be possible."""
        try:
            primary_metric(self.store.manifest(before.champion.version)[0].objective)
        except NoVerdict as error:
            raise WorkflowRefused(f"{error} with --metric") from None

    def _stored(self, execution: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """The version was verified: it is pinned. Raises WorkflowRefused where it is another than was asked for."""
        stored, candidate = self.release.held_by(execution), Pointer.read(event["pointer"], "pointer")
        if candidate.version != stored.record.version:
            raise WorkflowRefused(f"version: expected {stored.record.version}, got {candidate.version}")
        if candidate != stored.record.candidate:
            detail = f"{candidate.version} verified, digest {candidate.manifest_digest[:12]}"
            self.release.record_step(stored, "verify", detail, candidate=candidate)
        return {"version": candidate.version}

    def _judge(self, execution: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """Compare what both versions predicted of past events; one that is worse, or predicted fewer, serves no key."""
        stored = self.release.held_by(execution)
        runs = [
            (
                self.store.manifest(version)[0],
                self.past.predictions(past.run_name(execution, role)),
            )
            for role, version in (
                (past.CHAMPION, stored.record.before.champion.version),
                (past.CANDIDATE, stored.record.version),
            )
        ]
        happened = self.past.happened(event["outcomes"])
        found = judge(*runs, happened, stored.record.metric or None)
        reason = found.line()
        self.release.record_step(stored, "backtest", reason)
        step = decide.ROLL_BACK if found.worse or found.fewer else decide.SERVE
        return {"next": step, "stage": 0, "reason": reason}

    def _serve(self, execution: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """Give the candidate the share of a stage. Raises ReleaseChanged."""
        stored, stage = self.release.held_by(execution), int(event["stage"])
        share, candidate = self.shares[stage], stored.record.candidate
        if candidate is None:
            raise WorkflowRefused("expected a verified version, found none")
        current = self.release.expected(stored.record)
        now = timestamp(self.clock())
        if not changes.serves(current.release, candidate, share):
            why = stored.record.evidence or stored.record.why
            after = changes.serving(current.release, candidate, share, now, stored.record.writer, why)
            stored = self.release.put(stored, current, after)
        since = stored.record.serving_at or now
        self.release.record_step(
            stored, "serve", f"{candidate.version} serves {share:.3g} of the keys", serving_at=since, stage_at=now
        )
        return {"stage": stage}

    def _look(self, execution: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """The verdict so far, and what follows from it."""
        stored, stage = self.release.held_by(execution), int(event["stage"])
        record, now = stored.record, self.clock()
        self.release.expected(record)
        found = self._verdict(record, now)
        settled = NOT_YET_KNOWN if found.comparison is None else found.comparison.verdict
        overdue = now - _seconds(record.stage_at) >= self.evidence_seconds
        outcomes = 0 if found.comparison is None else found.comparison.challenger.n
        step = decide.decide(settled, stage, len(self.shares), fresh=outcomes > record.outcomes, overdue=overdue)
        reason = found.line()
        if step == decide.ROLL_BACK and settled != WORSE:
            reason = f"no verdict within {self.evidence_seconds / 3600:.3g} h of the stage: {reason}"
        if reason != record.evidence or step != decide.WAIT:
            changed = replace(record, evidence=reason)
            if step != decide.WAIT:
                changed = changed.done(timestamp(now), "look", reason, outcomes=outcomes)
            self.release.records.write(changed, replacing=stored)
        if step == decide.PROMOTE and event["approval"]:
            step = decide.APPROVE
        return {"next": step, "stage": stage + (step == decide.SERVE), "reason": reason}

    def _verdict(self, record: WorkflowRecord, now: float) -> Verdict:
        champion = record.before.champion.version
        hours = self.evidence.hours(_seconds(record.serving_at), now)
        return verdict(
            hours,
            lambda: self.store.manifest(champion)[0].objective,
            champion,
            record.version,
            record.metric or None,
        )

    def _ask(self, execution: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """Keep the task token for whoever approves, and notify. The answer goes to Step Functions, not from here."""
        stored = self.release.held_by(execution)
        self.release.record_step(stored, "approval", "waits for `millrace release approve`", token=event["token"])
        self.notices.send(
            f"{self.store.name}: {stored.record.version} waits for approval",
            f"{stored.record.evidence}\nApprove with `millrace release approve`, deny with `--deny`.",
        )
        return {}

    def _promote(self, execution: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """Make the candidate the champion, and give the lock back. Raises ReleaseChanged."""
        stored = self.release.held_by(execution, ended=PROMOTED)
        record, reason = stored.record, str(event["reason"])
        if not record.running:
            return {"reason": record.reason}
        current = self.release.expected(record)
        now = timestamp(self.clock())
        if current.release.champion != record.candidate:
            after = changes.promoted(current.release, now, record.writer, reason)
            stored = self.release.put(stored, current, after)
        self.release.record_step(stored, "promote", reason, state=PROMOTED, reason=reason, token="")
        return {"reason": reason}

    def _end(self, execution: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """Bring back the release that was there before, give the lock back, and notify of the reason.

        error : Step Functions' of the step that failed; without one the workflow decided so.
        """
        error = event.get("error")
        reason = causes.described(error) if error else str(event["reason"])
        stored = self.release.records.read()
        if stored is None or stored.record.execution != execution:
            self.notices.send(f"{self.store.name}: release {execution} did not begin", f"{reason}\nNothing changed.")
            return {"reason": reason}
        if stored.record.running:
            stored = self._brought_back(stored, reason, FAILED if error else ROLLED_BACK)
        record = stored.record
        self.notices.send(
            f"{self.store.name}: {record.version} {record.state}", f"{record.reason}\n{record.steps[-1].detail}"
        )
        return {"reason": record.reason}

    def _recover(self, detail: Mapping[str, Any]) -> dict[str, Any]:
        """An execution ended without its own end: it was stopped, or timed out. Does nothing for any other."""
        execution, stored = detail["name"], self.release.records.read()
        if stored is None or stored.record.execution != execution or not stored.record.running:
            return {"reason": ""}
        error = {"Error": detail.get("error") or detail["status"], "Cause": detail.get("cause") or ""}
        return self._end(execution, {"error": error})

    def _brought_back(self, stored: StoredWorkflow, reason: str, state: str) -> StoredWorkflow:
        if stored.record.wrote:
            stored, detail = self.release.restore(stored, reason)
        else:
            detail = f"the release was not changed: {stored.record.before.champion.version} serves"
        return self.release.record_step(stored, "end", detail, state=state, reason=reason, token="")


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()
