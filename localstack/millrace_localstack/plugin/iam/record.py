"""What roles and services did and were refused, since the start: GET /_localstack/millrace/iam."""

from typing import Any

from localstack.services.internal import get_internal_apis
from rolo import Resource

from millrace_localstack.plugin.iam.enforcement import DECISIONS

PATH = "/_localstack/millrace/iam"


class DecisionRecord:
    def on_get(self, request: Any) -> dict[str, list[dict[str, str | None]]]:
        return {"decisions": [entry._asdict() for entry in DECISIONS.record()]}


def apply() -> None:
    get_internal_apis().add(Resource(PATH, DecisionRecord()))
