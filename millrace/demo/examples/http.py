"""Regression over HTTP: two models of scikit-learn's diabetes data behind API Gateway, called in every way.

The first is an XGBoost regressor, the second scikit-learn's linear regression, whose coefficients are carried as a
linear model of XGBoost. Each answer is compared with what the library itself predicts.
"""

import json
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl
import urllib3
import xgboost as xgb
from rich.table import Table
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression

from millrace.console import show
from millrace.demo.example import Example
from millrace.demo.traffic import Load
from millrace.demo.training import new_version
from millrace.deployment.local import LocalPlace
from millrace.errors import UserError
from millrace.model import catalogue
from millrace.model.import_model import Import, import_model
from millrace.model.operator import operator
from millrace.model.publish import publish
from millrace.model.releases import Releases
from millrace.model.tables import labelled
from millrace.model.train import Recipe, train
from millrace.predict.endpoint import HeaderCredential, PredictEndpoint
from millrace.stack import Stack
from model_store.artifact import Artifact
from model_store.manifest import Manifest

LABEL = "progression"
# Rows that are sent one by one; the other ways send all of them in one request.
SINGLE = 50
SECONDS = 120.0
# A score is a float32: scikit-learn computes in float64.
TOLERANCE = 1e-5

Rows = Sequence[Mapping[str, float]]


def table() -> pl.DataFrame:
    """The 442 patients: ten features, and the progression of the disease a year later."""
    found = load_diabetes()
    frame = pl.DataFrame(np.asarray(found.data), schema=list(found.feature_names))
    return frame.with_columns(pl.Series(LABEL, found.target))


def linear_booster(regression: LinearRegression, names: Sequence[str]) -> xgb.Booster:
    """A linear regression as a model of XGBoost (`gblinear`): the same coefficients, as float32.

    XGBoost trains none of it: of a model with one round the weights are replaced.
    """
    parameters = {"booster": "gblinear", "objective": "reg:squarederror", "base_score": 0.0, "nthread": 1}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*gblinear. is deprecated")
        nothing = xgb.DMatrix(np.zeros((2, len(names)), np.float32), np.zeros(2), feature_names=list(names))
        model = json.loads(xgb.train(parameters, nothing, 1).save_raw("json"))
        model["learner"]["gradient_booster"]["model"]["weights"] = [
            float(value) for value in (*regression.coef_, regression.intercept_)
        ]
        booster = xgb.Booster()
        booster.load_model(bytearray(json.dumps(model).encode()))
    return booster


def linear_artifact(name: str, version: str, frame: pl.DataFrame) -> tuple[Artifact, LinearRegression]:
    """scikit-learn's linear regression of a table, to publish; and the regression itself."""
    features = [column for column in frame.columns if column != LABEL]
    regression = LinearRegression().fit(frame.select(features).to_numpy(), frame[LABEL].to_numpy())
    with TemporaryDirectory() as folder:
        path = Path(folder, "model.ubj")
        linear_booster(regression, features).save_model(path)
        artifact = import_model(path, Import(name, version, sample=frame, label=LABEL))
    return artifact, regression


class HttpExample(Example):
    parts = ("http",)
    model = "diabetes"
    events = MappingProxyType({"http": 442})
    reads = "the diabetes data"

    def train(self, name: str, on_round: Callable[[int, int], None]) -> Artifact:
        """An XGBoost regressor."""
        return train(labelled(table(), LABEL), Recipe(name, new_version(), rounds=100), on_round)

    def fits(self, manifest: Manifest) -> bool:
        return [feature.name for feature in manifest.features] == table().columns[:-1]

    def run(self, place: LocalPlace, stack: Stack, load: Load) -> bool:
        """Whether every answer is what the library predicts, and a request without a key is refused."""
        frame = table().head(max(1, load.events["http"]))
        rows, calls = frame.drop(LABEL).rows(named=True), Calls(stack)
        show.CONSOLE.print(f"page: {stack.http_url()}/  API key: {calls.key}", markup=False, soft_wrap=True)
        store = stack.model_store()
        champion = catalogue.released(store).champion
        booster = booster_of(store.artifact(champion))
        calls.wait_for(champion.version, rows[0])
        expected = booster.inplace_predict(frame.drop(LABEL).to_numpy().astype(np.float32))
        results = [_compared(name, way, rows, expected) for name, way in calls.ways().items()]

        artifact, regression = linear_artifact(stack.outputs["model"]["name"], f"{new_version()}-linear", table())
        publish(store, artifact)
        calls.wait_for(artifact.manifest.version, rows[0])
        expected = regression.predict(frame.drop(LABEL).to_numpy())
        results += [_compared(f"{name}, linear", way, rows, expected) for name, way in calls.ways().items()]
        Releases(store, operator(stack)).rollback()
        calls.wait_for(champion.version, rows[0])

        show.CONSOLE.print(_table(results))
        refused = calls.without_key(rows[0])
        show.CONSOLE.print(f"without a key: {refused}")
        total = sum(result.rows for result in results)
        wrong = sum(result.different for result in results)
        show.CONSOLE.print(f"{total:,} predictions over HTTP, {wrong:,} unlike the library's own")
        return wrong == 0 and refused == 403


EXAMPLE = HttpExample


def booster_of(artifact: Artifact) -> xgb.Booster:
    """The library's own model of an artifact."""
    booster = xgb.Booster()
    booster.load_model(bytearray(artifact.model))
    return booster


@dataclass(frozen=True)
class Compared:
    """How one way of calling compares: requests, rows, and rows whose score is not the library's."""

    name: str
    requests: int
    rows: int
    different: int


def _compared(name: str, way: "Way", rows: Rows, expected: Any) -> Compared:
    sent = rows[: way.most]
    requests, scores = way.call(sent)
    if len(scores) != len(sent):
        raise UserError(f"{name}: expected {len(sent)} predictions, got {len(scores)}")
    close = np.isclose(np.asarray(scores), expected[: len(sent)], rtol=TOLERANCE, atol=0)
    return Compared(name, requests, len(scores), int((~close).sum()))


def _table(results: Sequence[Compared]) -> Table:
    found = Table("called by", "requests", "rows", "equal to the library", title="Predictions over HTTP")
    for one in results:
        found.add_row(
            one.name, f"{one.requests:,}", f"{one.rows:,}", "yes" if not one.different else f"{one.different} differ"
        )
    return found


@dataclass(frozen=True)
class Way:
    """One way to ask: it gives how many requests it took, and the scores. most : rows; None: all."""

    call: Callable[[Rows], tuple[int, Sequence[float]]]
    most: int | None = None


class Calls:
    """Every way to ask the endpoint of a stack."""

    def __init__(self, stack: Stack) -> None:
        self._stack, self._url, self.key = stack, stack.http_url(), stack.http_key()
        self._model = stack.outputs["model"]["name"]
        self._pool = urllib3.PoolManager(retries=False, timeout=SECONDS)

    def ways(self) -> dict[str, Way]:
        return {
            "POST /predict": Way(self.one_by_one, SINGLE),
            "POST /invocations, CSV": Way(self.csv),
            f"POST /v2/models/{self._model}/infer": Way(self.v2),
            "millrace predict": Way(self.command),
            "aws lambda invoke": Way(self.invoke),
        }

    def one_by_one(self, rows: Rows) -> tuple[int, Sequence[float]]:
        """A request for each row."""
        asked = (self._post("/predict", _event(row).encode(), "application/json") for row in rows)
        found = [json.loads(answer)["score"] for answer in asked]
        return len(rows), found

    def csv(self, rows: Rows) -> tuple[int, Sequence[float]]:
        body = "\n".join(",".join(map(repr, row.values())) for row in rows)
        lines = self._post("/invocations", body.encode(), "text/csv").decode().splitlines()
        return 1, [float(line.split(",")[0]) for line in lines]

    def v2(self, rows: Rows) -> tuple[int, Sequence[float]]:
        inputs = [
            {"name": name, "datatype": "FP32", "shape": [len(rows)], "data": [row[name] for row in rows]}
            for name in rows[0]
        ]
        answer = self._post(
            f"/v2/models/{self._model}/infer", json.dumps({"inputs": inputs}).encode(), "application/json"
        )
        (score,) = [one for one in json.loads(answer)["outputs"] if one["name"] == "score"]
        return 1, score["data"]

    def command(self, rows: Rows) -> tuple[int, Sequence[float]]:
        """As `millrace predict` sends them."""
        endpoint = PredictEndpoint(self._url, HeaderCredential("x-api-key", self.key))
        lines = endpoint.predict("\n".join(map(_event, rows)).encode(), "application/jsonlines")
        return 1, [json.loads(line)["score"] for line in lines]

    def invoke(self, rows: Rows) -> tuple[int, Sequence[float]]:
        """Past the gateway, with IAM's permission to invoke the function."""
        event = {
            "httpMethod": "POST", "path": "/predict", "headers": {"content-type": "application/json"},
            "body": json.dumps([json.loads(_event(row)) for row in rows]), "requestContext": {},
        }  # fmt: skip
        function = self._stack.outputs["http"]["function_name"]
        answer = self._stack.client("lambda").invoke(FunctionName=function, Qualifier="live", Payload=json.dumps(event))
        response = json.load(answer["Payload"])
        return 1, [one["score"] for one in json.loads(response["body"])["predictions"]]

    def without_key(self, row: Mapping[str, float]) -> int:
        """The status of a request that names no key."""
        answer = self._pool.request("POST", f"{self._url}/predict", body=_event(row).encode())
        return int(answer.status)

    def wait_for(self, version: str, row: Mapping[str, float]) -> None:
        """Ask until that version answers: a container polls for releases, and loads one first. Raises UserError."""
        until, found = time.monotonic() + SECONDS, "no answer"
        while time.monotonic() < until:
            try:
                found = json.loads(self._post("/predict", _event(row).encode(), "application/json"))["model"]["version"]
            except UserError as error:
                found = str(error)
            if found == version:
                return
            time.sleep(0.2)
        raise UserError(f"expected version {version} to serve within {SECONDS:.0f} s, got {found}")

    def _post(self, path: str, body: bytes, kind: str) -> bytes:
        """Raises UserError for an error response."""
        # API Gateway asks for JSON where a client asks for nothing.
        headers = {"content-type": kind, "accept": kind, "x-api-key": self.key}
        answer = self._pool.request("POST", f"{self._url}{path}", body=body, headers=headers)
        if answer.status != 200:
            raise UserError(f"POST {path}: expected 200, got {answer.status}: {answer.data.decode()[:300]}")
        return bytes(answer.data)


def _event(row: Mapping[str, float]) -> str:
    return json.dumps({"features": dict(row)})
