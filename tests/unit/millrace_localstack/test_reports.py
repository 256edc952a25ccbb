import json

import pytest

from millrace_localstack.plugin.functions import reports
from millrace_localstack.plugin.functions.runtime_api import Exited


def test_a_timeout_reads_as_on_aws() -> None:
    payload, words = reports.timed_out("r-1", 3)

    assert json.loads(payload) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: r-1 Error: Task timed out after 3.00 seconds",
    }
    assert words.endswith("Z r-1 Task timed out after 3.00 seconds\n\n")


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (3, "Runtime exited with error: exit status 3"),
        (-9, "Runtime exited with error: signal: killed"),
        (-11, "Runtime exited with error: signal: segmentation fault"),
        (0, "Runtime exited without providing a reason"),
    ],
)
def test_an_exit_reads_as_on_aws(status: int, text: str) -> None:
    payload, words = reports.exited("r-1", Exited(status))

    assert json.loads(payload) == {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: r-1 Error: {text}"}
    assert words == f"RequestId: r-1 Error: {text}\nRuntime.ExitError\n"


def test_the_log_of_an_invocation_reads_as_on_aws() -> None:
    log = reports.invocation_log("r-1", "7", "one\ntwo", 0.0123, 128, 40, 0.25)

    assert log.splitlines() == [
        "START RequestId: r-1 Version: 7",
        "one",
        "two",
        "END RequestId: r-1",
        "REPORT RequestId: r-1\tDuration: 12.30 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 40 MB\tInit Duration: 250.00 ms",
    ]


def test_a_warm_invocation_has_no_init_duration() -> None:
    assert "Init" not in reports.invocation_log("r-1", "7", "", 0.01, 128, 40, None)
