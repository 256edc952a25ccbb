"""The manifest's member `prediction`."""

import json

import pytest

from model_store.errors import DocumentInvalid
from model_store.manifest import Manifest
from model_store.prediction_form import PredictionForm
from tests.fakes import artifacts


def read(**prediction):
    members = json.loads(artifacts.artifact("binary").manifest.to_bytes()) | {"prediction": prediction}
    return Manifest.from_bytes(json.dumps(members).encode())


@pytest.mark.parametrize(
    ("members", "form"),
    [
        ({}, PredictionForm("full", partition_key=True)),
        ({"form": "full"}, PredictionForm()),
        ({"form": "compact"}, PredictionForm("compact", partition_key=True)),
        ({"form": "compact", "partition_key": False}, PredictionForm("compact", partition_key=False)),
        ({"partition_key": False, "attributions": None}, PredictionForm("full", partition_key=False)),
    ],
)
def test_each_form_is_read_and_written_again(members, form):
    manifest = read(**members)
    assert manifest.prediction == form
    assert Manifest.from_bytes(manifest.to_bytes()).prediction == form


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"form": "short"}, r"prediction.form: expected .*full.*compact"),
        ({"form": None}, r"prediction.form: expected"),
        ({"partition_key": 1}, r"prediction.partition_key: expected"),
        ({"form": "compact", "digest": False}, r"prediction.digest: unknown member"),
    ],
)
def test_another_form_is_refused(members, message):
    with pytest.raises(DocumentInvalid, match=message):
        read(**members)
