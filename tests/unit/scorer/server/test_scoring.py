"""A batch in which one request makes the scorer fail."""

import pytest

from http_api.application import Application
from http_api.settings import HttpSettings
from http_api.variant import HttpServing
from resilience.deadline import Deadline
from scorer.server import scoring
from scorer.server.metrics import ServerMetrics
from scorer.server.scoring import Scoring
from scoring.engine import choose
from tests.fakes.envelopes import MODEL, event
from tests.fakes.http_endpoint import FakeEndpoint, post


class NoAftermath:
    def add(self, *_):
        """Nothing follows."""


@pytest.fixture
def serving(artifact):
    return HttpServing(FakeEndpoint(artifact).service._models.serving(Deadline.after(60)))


def test_a_request_that_the_scorer_fails_on_fails_alone(serving, monkeypatch, caplog):
    application, metrics = Application(MODEL, HttpSettings()), ServerMetrics("web")
    scored = Scoring(application, choose(), metrics, NoAftermath())
    requests = [application.parse(post("/predict", event(i)), serving) for i in range(3)]
    real = scoring.score_requests

    def failing(batch, *rest, **members):
        if requests[1] in batch:
            raise ZeroDivisionError
        return real(batch, *rest, **members)

    monkeypatch.setattr(scoring, "score_requests", failing)
    responses = scored(serving, requests)
    assert [response.status for response in responses] == [200, 500, 200]
    assert "ZeroDivisionError" in caplog.text
    text = metrics.text().decode()
    assert 'millrace_events_total{outcome="failed"} 1.0' in text
    assert 'millrace_events_total{outcome="predicted"} 2.0' in text
