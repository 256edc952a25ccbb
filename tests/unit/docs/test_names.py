"""Each name of a metric, a class or an environment variable that a document shows is one of the code's or of AWS's."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from botocore.session import get_session
from sklearn.utils import all_estimators

from millrace.paths import ROOT
from outcomes.metrics import EXPECTED_NAMES
from tests.unit.docs.shown_commands import documents, inline

_CAMEL = r"[A-Z][a-z0-9]+(?:[A-Z]+[a-z0-9]*)+"
_UPPER = r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+"
_NAME = re.compile(rf"(?<!\w)(?:{_CAMEL}|{_UPPER})(?!\w)")
# What else is code: no document, no test, no list of packages.
CODE = (".c", ".css", ".h", ".hcl", ".html", ".js", ".json", ".py", ".sh", ".tf", ".tfvars", ".toml", ".yml", "")
SERVICES = ("cloudwatch", "dynamodb", "firehose", "kinesis", "kms", "lambda", "s3", "sns", "sqs", "stepfunctions")
OTHERS = {
    *EXPECTED_NAMES.values(),
    "ExceedToleratedFailureThreshold",  # of the Amazon States Language
    "SQS_ENDPOINT_STRATEGY",  # LocalStack's
}


@cache
def known() -> set[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    files = [ROOT / name for name in listed if not name.startswith("tests/")]
    texts = [path.read_text() for path in files if path.suffix in CODE and path.is_file()]
    return OTHERS | set(re.findall(r"\w+", "\n".join(texts))) | _of_aws() | {name for name, _ in all_estimators()}


def _of_aws() -> set[str]:
    """Operations, shapes and their members."""
    found = set()
    for service in SERVICES:
        model = get_session().get_service_model(service)
        found |= {*model.operation_names, *model.shape_names}
        for name in model.shape_names:
            found |= set(getattr(model.shape_for(name), "members", ()))
    return found


def unknown(code: str) -> set[str]:
    return set(_NAME.findall(code)) - known()


@pytest.mark.parametrize("page", documents(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_name_that_is_shown_is_there(page: Path) -> None:
    assert {name for code in inline(page.read_text()) for name in unknown(code)} == set()


def test_what_is_not_there_is_found() -> None:
    assert unknown("`BatchDuration` by RecordsReceived") == {"RecordsReceived"}
    assert unknown("MaximumRecordAgeExceeded, MODEL_BUCKETS, MODEL_BUCKET") == {
        "MaximumRecordAgeExceeded",
        "MODEL_BUCKETS",
    }
