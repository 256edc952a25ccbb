"""Rows with a text as events of a model of texts: replayed, recorded, and golden ones, all scored by the scorer."""

import polars as pl
import pytest

from millrace.replay import rows
from millrace.smoke import golden_events
from model_store.event_format import EventFormat
from tests.fakes import envelopes, text_models
from tests.fakes.scorer import FakeScorer

TEXTS = ["Win a prize", 'say "hello", and wave', "日本語", "2026"]
FORMS = {
    "json": EventFormat(),
    "bytes": EventFormat(None, format="bytes"),
    "csv": EventFormat(None, format="csv"),
    "vector": EventFormat(None, format="vector"),
    "open-inference": EventFormat(None, format="open-inference"),
}


@pytest.mark.parametrize("form", FORMS)
def test_texts_of_a_table_are_scored(form: str) -> None:
    artifact = text_models.artifact(event=FORMS[form])
    events = list(rows.events(pl.DataFrame({"text": TEXTS}), artifact.manifest, "texts"))
    scorer = FakeScorer(artifact)
    scorer.run(envelopes.kinesis(*(event.data for event in events)))
    assert (len(scorer.predictions), scorer.quarantined) == (len(TEXTS), [])
    if form == "json":
        assert [one["event_id"] for one in scorer.predictions] == [event.event_id for event in events]


def test_the_golden_texts_are_events_of_a_smoke_test() -> None:
    artifact = text_models.artifact()
    events = list(golden_events.events(artifact.manifest, "smoke", 7))
    scorer = FakeScorer(artifact)
    scorer.run(envelopes.kinesis(*(event.data for event in events)))
    expected = [row.scores[0] for row in artifact.manifest.golden_rows]
    assert [one["score"] for one in scorer.predictions] == pytest.approx((expected * 2)[:7], abs=1e-6)
