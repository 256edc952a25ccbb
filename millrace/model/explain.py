"""One event, scored and explained here as the scorer would publish it."""

import json
from collections.abc import Mapping
from typing import Any

from millrace.errors import UserError
from model_store.artifact import Artifact
from model_store.attribution_setting import MOST_BYTES, AttributionSetting
from model_store.feature import PLAIN
from model_store.release import CHAMPION
from model_store.verify import verify
from predictors.errors import NoAttributions
from records.faults import Fault, Ignored
from records.record import Record
from scoring.attributions import explain as explained
from scoring.engine.reference import ReferenceTable
from scoring.predictions import label_of
from scoring.variant import Variant
from sinks.messages import Limit, MessageList

NO_LIMIT = Limit(1 << 30, False)
MEMBERS = ("event_id", "score", "scores", "label", "attributions")


def explain(artifact: Artifact, event: bytes, top: int) -> list[dict[str, Any]]:
    """What the predictions of an event have of its score, and their attributions; many where a record holds many.

    Raises UserError where the scorer would quarantine the event, or the model has no attributions; ArtifactRefused.
    """
    variant = Variant(CHAMPION, artifact.manifest, verify(artifact))
    table, messages = ReferenceTable(variant), MessageList()
    record = Record(
        model=artifact.manifest.name, source="explain", arn="", position="", partition_key="", arrived_at=0.0,
        data=event, delivery_id="",
    )  # fmt: skip
    try:
        for one in variant.reader.split(record):
            table.add(one)
    except Fault as fault:
        where = f"{fault.code} at {fault.path or '/'}: {fault.detail}"
        raise UserError(f"expected an event that the model can score, got {where}") from None
    except Ignored:
        raise UserError("expected an event, got a record that the manifest's event.ignore leaves out") from None
    table.predict()
    table.attributions = explained(table, range(table.rows), AttributionSetting(1.0, None, top, MOST_BYTES))
    if table.rows and not table.attributions:
        _raise_refusal(variant, table)
    unfit = table.encode(0.0, NO_LIMIT, messages)
    if unfit:
        raise UserError(f"expected a finite score, got another: {unfit[0][1].detail}")
    return [_shown(json.loads(message.body)) for message in messages]


class _CapturedTable(ReferenceTable):
    """One row, as it was captured: there is no event to read."""

    def __init__(self, variant: Variant, values: list[float]) -> None:
        super().__init__(variant)
        self._matrix.append(values, variant.feature_paths)

    @property
    def rows(self) -> int:
        return 1


def explain_captured(artifact: Artifact, row: Mapping[str, Any], top: int) -> dict[str, Any]:
    """As `explain`, of a captured row. Raises UserError where a feature was not captured as the model saw it."""
    hidden = [f"{one.name} ({one.capture})" for one in artifact.manifest.features if one.capture != PLAIN]
    if hidden:
        raise UserError(f"expected a row with every feature as the model saw it, got one without {', '.join(hidden)}")
    variant = Variant(CHAMPION, artifact.manifest, verify(artifact))
    table = _CapturedTable(variant, [row["features"][one.name] for one in artifact.manifest.features])
    table.predict()
    found = explained(table, [0], AttributionSetting(share=1.0, top=top, max_bytes=MOST_BYTES))
    if not found:
        _raise_refusal(variant, table)
    attributions = json.loads(f"{{{found[0][1].removesuffix(',')}}}")
    label = label_of(artifact.manifest.output, table.scores)
    scores = {"score": row["score"]} if "score" in row else {"scores": row["scores"]}
    return {"event_id": row["event_id"], **scores, **({} if label is None else {"label": label}), **attributions}


def _raise_refusal(variant: Variant, table: ReferenceTable) -> None:
    try:
        variant.attribute(bytes(table.matrix()), table.rows)
    except NoAttributions as error:
        raise UserError(f"expected a model with feature attributions, got {variant.version}: {error}") from None


def _shown(prediction: dict[str, Any]) -> dict[str, Any]:
    return {name: prediction[name] for name in MEMBERS if name in prediction}
