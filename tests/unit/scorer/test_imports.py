"""What a cold start imports: nothing that takes longer than it saves."""

import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.mark.parametrize(
    "modules",
    [(HANDLER,), (HANDLER, *BY_SETTING), (HTTP_HANDLER, *BY_SETTING)],
    ids=["handler", "all settings", "http"],
)
def test_a_cold_start_imports_no_slow_module(modules):
    # -S and -E: neither site-packages nor the environment import anything; -B writes no cache.
    code = f"import sys; sys.path.insert(0, {str(FUNCTIONS)!r}); import {', '.join(modules)}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-SEB", "-c", code], capture_output=True, text=True, check=True)
    assert sorted(set(SLOW) & set(done.stdout.split())) == []
