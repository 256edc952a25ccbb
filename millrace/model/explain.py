"""One event, scored and explained here as the scorer would publish it."""

import json
from typing import Any

from millrace.errors import UserError
from model_store.artifact import Artifact
from model_store.attribution_setting import MOST_BYTES, AttributionSetting
from model_store.release import CHAMPION
from model_store.verify import verify
from predictors.errors import NoAttributions
from records.faults import Fault, Ignored
from records.record import Record
from scoring.attributions import explain as explained
from scoring.engine.reference import ReferenceTable
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


def _raise_refusal(variant: Variant, table: ReferenceTable) -> None:
    try:
        variant.attribute(bytes(table.matrix()), table.rows)
    except NoAttributions as error:
        raise UserError(f"expected a model with feature attributions, got {variant.version}: {error}") from None


def _shown(prediction: dict[str, Any]) -> dict[str, Any]:
    return {name: prediction[name] for name in MEMBERS if name in prediction}
