"""First use: from a user's own file to predictions, by the commands that a user types, each in a process of its own."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost as xgb

from millrace.stack import Stack
from millrace_localstack.launcher import LocalStack
from telemetry.metrics import EVENTS, IGNORED_EVENTS
from tests.integration.commands import MOST_COMMANDS, UserShell
from tests.integration.function_log import FunctionLog
from tests.integration.harness import Harness, wait_for

Predictions = dict[Any, dict[str, Any]]


@pytest.fixture(scope="module")
def stack(outputs: dict[str, Any], localstack: LocalStack) -> Stack:
    return Stack("it-journeys", localstack.environment(), outputs["journeys"])


@pytest.fixture
def user(stack: Stack, tmp_path: Path) -> Iterator[UserShell]:
    """Nothing serves yet: the container of the user before might score a batch by their model."""
    Harness(stack).end_containers()
    user = UserShell(stack, tmp_path)
    yield user
    user.forget()


def predicted(user: UserShell, version: str, count: int) -> Predictions:
    """The predictions of a version by event id, when there are as many as that."""

    def of_version(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [one for one in found if one["model"]["version"] == version]

    mine = of_version(user.consume(lambda found: len(of_version(found)) >= count))
    assert len(mine) == count
    by_id = {one["event_id"]: one for one in mine}
    assert len(by_id) == count
    return by_id


COUNTRIES = ("at", "ch", "de", "fr")


def payments(rows: int, first: int, countries: Sequence[str]) -> list[dict[str, Any]]:
    """Payments of which one in 80 is a fraud."""
    random = np.random.default_rng(first)

    def payment(number: int) -> dict[str, Any]:
        fraud = number % 80 == 7
        return {
            "payment_id": f"P-{number:07}",
            "paid_on": f"2026-{1 + number % 12:02}-{1 + number % 28:02} 08:{number % 60:02}:00",
            "amount": None if number % 9 == 0 else round(float(random.gamma(2, 400 if fraud else 60)), 2),
            "age": None if number % 7 == 0 else int(random.integers(18, 90)),
            "country": countries[number % len(countries)],
            "first_order": bool(random.random() < (0.9 if fraud else 0.2)),
            "fraud": int(fraud),
        }

    return [payment(number) for number in range(first, first + rows)]


def spreadsheet(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """A CSV as a spreadsheet writes it where 0,5 is a number."""

    def field(value: Any) -> str:
        return "" if value is None else str(value).replace(".", ",") if isinstance(value, float) else str(value)

    lines = [";".join(rows[0]), *(";".join(map(field, row.values())) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")


def test_a_spreadsheet_to_predictions(user: UserShell) -> None:
    new = payments(400, 2_000, (*COUNTRIES, "new country"))
    spreadsheet(user.folder / "payments.csv", payments(1_600, 0, COUNTRIES))
    spreadsheet(user.folder / "new.csv", new)

    user.add_stack()
    user(
        "millrace model train --name journey --version spreadsheet --table payments.csv --label fraud "
        "--drop payment_id --drop paid_on --decimal-comma --unknown-category missing --rounds 30 --out model"
    )
    user("millrace model publish model --stack it-journeys")
    sent = user("millrace replay new.csv --label fraud --id payment_id --decimal-comma --stack it-journeys")
    found = predicted(user, "spreadsheet", len(new))
    assert user.commands < MOST_COMMANDS

    assert "event_stream: sent 400, resent 0, failed 0\n" in sent
    assert "left out, as the model does not read them: paid_on\n" in sent
    columns = [
        [np.nan if row["amount"] is None else row["amount"] for row in new],
        [np.nan if row["age"] is None else row["age"] for row in new],
        [COUNTRIES.index(row["country"]) if row["country"] in COUNTRIES else np.nan for row in new],
        [row["first_order"] for row in new],
    ]
    booster = xgb.Booster(model_file=user.folder / "model" / "model.ubj")
    matrix = np.array(columns, np.float32).T
    expected = booster.predict(xgb.DMatrix(matrix, feature_names=["amount", "age", "country", "first_order"]))
    scores = [found[row["payment_id"]]["score"] for row in new]
    np.testing.assert_allclose(scores, expected, rtol=1e-6)
    assert np.mean(np.array(scores)[[row["fraud"] == 1 for row in new]]) > 5 * np.mean(scores)


def test_three_quantiles_to_predictions(user: UserShell) -> None:
    random = np.random.default_rng(8)
    rows = random.normal(size=(600, 2)).round(3)
    demand = (rows[:, 0] * 3 + random.normal(size=600) * (1 + np.abs(rows[:, 1]))).round(3)
    model = xgb.XGBRegressor(
        objective="reg:quantileerror", quantile_alpha=[0.1, 0.5, 0.9], n_estimators=20, max_depth=3, n_jobs=1
    )
    model.fit(rows[:400], demand[:400])
    model.save_model(user.folder / "demand.ubj")
    for name, part in (("sample", slice(0, 400)), ("new", slice(400, 600))):
        lines = [f"{x},{y},{d}" for (x, y), d in zip(rows[part], demand[part], strict=True)]
        (user.folder / f"{name}.csv").write_text("\n".join(["price,rain,demand", *lines]) + "\n")

    user.add_stack()
    user(
        "millrace model import demand.ubj --name journey --version quantiles --sample sample.csv --label demand "
        "--outputs low,middle,high --out model"
    )
    user("millrace model publish model --stack it-journeys")
    user("millrace replay new.csv --stack it-journeys")
    found = predicted(user, "quantiles", 200)
    assert user.commands < MOST_COMMANDS

    names = ["low", "middle", "high"]
    scores = [found[f"new-{row:09}"]["scores"] for row in range(200)]
    assert all(list(one) == names and "score" not in found["new-000000000"] for one in scores)
    np.testing.assert_allclose([[one[name] for name in names] for one in scores], model.predict(rows[400:]), rtol=1e-6)


def change(operation: str, number: int, values: Sequence[float] | None) -> dict[str, Any]:
    """A record of AWS DMS: https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Target.Kinesis.html

    Control records have no values.
    """
    metadata = {
        "timestamp": f"2026-11-28T09:{number // 60 % 60:02}:{number % 60:02}.000000Z",
        "record-type": "control" if values is None else "data",
        "operation": operation,
        "partition-key-type": "primary-key",
        "schema-name": "shop",
        "table-name": "orders",
    }
    if values is None:
        return {"metadata": metadata}
    data = {"id": number, "items": int(values[0]), "total": round(float(values[1]), 2), "status": "open"}
    return {"data": data, "metadata": metadata}


def test_a_dms_stream_to_predictions(user: UserShell, stack: Stack, localstack: LocalStack) -> None:
    random = np.random.default_rng(9)
    rows = np.column_stack([random.integers(1, 9, 700), random.gamma(2, 30, 700)]).round(2)
    lines = [f"{int(items)},{total},{int(items * 20 < total)}" for items, total in rows[:500]]
    (user.folder / "orders.csv").write_text("\n".join(["items,total,returned", *lines]) + "\n")
    operations = ["insert", "update", "insert", "delete", "load"]
    records = [change("create-table", 0, None), change("drop-table", 0, None)]
    records += [change(operations[number % 5], number, rows[number]) for number in range(500, 700)]
    (user.folder / "changes.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    log = FunctionLog(localstack, Harness(stack))

    user.add_stack()
    user(
        "millrace model train --name journey --version dms --table orders.csv --label returned --rounds 20 --out model "
        "--unwrap dms --event-id /data/id --integer-id"
    )
    user("millrace model publish model --stack it-journeys")
    sent = user("millrace replay changes.jsonl --stack it-journeys")
    found = predicted(user, "dms", 160)
    assert user.commands < MOST_COMMANDS

    assert "sent as they are: the lines are events already" in sent
    assert "event_stream: sent 202, resent 0, failed 0\n" in sent
    scored = [number for number in range(500, 700) if operations[number % 5] != "delete"]
    assert sorted(found) == scored
    booster = xgb.Booster(model_file=user.folder / "model" / "model.ubj")
    expected = booster.predict(xgb.DMatrix(rows[scored], feature_names=["items", "total"]))
    np.testing.assert_allclose([found[number]["score"] for number in scored], expected, rtol=1e-6)
    wait_for(lambda: sum(one.metric(EVENTS) for one in log.invocations()) >= 202)  # a log comes after what it tells of
    invocations = log.invocations()
    assert sum(one.metric(IGNORED_EVENTS) for one in invocations) == 42
    assert sum(one.metric(EVENTS) for one in invocations) == 202
    assert log.failures() == []
