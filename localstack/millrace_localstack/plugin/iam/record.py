"""What roles and services were allowed, and did: GET /_localstack/millrace/iam."""

from typing import Any

from localstack.services.internal import get_internal_apis
from rolo import Resource

from millrace_localstack.plugin.iam.enforcement import DECISIONS

PATH = "/_localstack/millrace/iam"


class Used:
    def on_get(self, request: Any) -> list[dict[str, str]]:
        return [{"by": by, "action": action, "resource": resource} for by, action, resource in DECISIONS.used()]


def serve() -> None:
    get_internal_apis().add(Resource(PATH, Used()))
