"""What a cold start imports: nothing that takes longer than it saves."""

import subprocess
import sys
from pathlib import Path

import pytest

from aws_client.session import SERVICES
from sources import REGISTERED

FUNCTIONS = Path(__file__).resolve().parents[3] / "functions"

# What the handler imports, and what it imports later, by its settings.
HANDLER, HTTP_HANDLER = "scorer.handler", "scorer.http_handler"
BY_SETTING = (
    "model_store.signature", "serving.capture", "serving.drift", "sinks.kinesis", "sinks.kinesis_aggregated",
    "sinks.sns", "sinks.sqs",
)  # fmt: skip
SLOW = (
    # standard library
    "typing", "dataclasses", "inspect", "pathlib", "subprocess", "ssl", "ctypes", "decimal", "fractions", "http",
    "email", "urllib", "urllib.parse", "urllib.request", "http.client", "xml", "uuid", "tempfile", "asyncio",
    "concurrent.futures", "importlib.metadata", "importlib.resources", "ast", "tokenize", "argparse",
    # packages
    "boto3", "botocore", "urllib3", "numpy", "scipy", "pandas", "polars", "xgboost", "typing_extensions",
)  # fmt: skip


# What some functions need, or some events: each is imported for the first that does.
FOR_SOME = (
    *(f"aws_client.{service}" for service in SERVICES),
    *(f"sources.{source.module}" for source in REGISTERED),
    "scoring.engine.native_tables", "scoring.engine.reference", "scoring.engine.uncovered", "scoring.validate",
    "random", "records.kpl", "records.numbers", "serving.capture", "serving.drift",
)  # fmt: skip


def imported(*modules: str) -> set[str]:
    """What a new process has after importing these. -S and -E: neither site-packages nor the environment import
    anything; -B writes no cache.
    """
    code = f"import sys; sys.path.insert(0, {str(FUNCTIONS)!r}); import {', '.join(modules)}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-SEB", "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "modules",
    [(HANDLER,), (HANDLER, *BY_SETTING), (HTTP_HANDLER, *BY_SETTING)],
    ids=["handler", "all settings", "http"],
)
def test_a_cold_start_imports_no_slow_module(modules):
    assert sorted(set(SLOW) & imported(*modules)) == []


def test_a_cold_start_imports_nothing_that_only_some_functions_need():
    assert sorted(set(FOR_SOME) & imported(HANDLER)) == []
