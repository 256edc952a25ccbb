"""The environment variables of the LocalStack process.

Built from nothing, so that neither credentials nor settings of the user's shell reach it.
"""

import os
from collections.abc import Mapping

from millrace_localstack.launcher.errors import LauncherError
from millrace_localstack.launcher.folders import Folders

HOST = "127.0.0.1"
REGION = "us-east-1"
# Names what LocalStack's end hangs on; see plugin/lifeline.py.
LIFELINE = "MILLRACE_LOCALSTACK_LIFELINE"

# Settings that a user may set in the shell: LocalStack's log level, which patches are on, how fast minutes pass, and
# whether policies are enforced.
PASSED_ON = ("DEBUG", "IAM", "LS_LOG", "MILLRACE_LOCALSTACK_PATCHES", "MILLRACE_LOCALSTACK_PACE")

SETTINGS = {
    # A file /.dockerenv would make it think that it runs in its own image.
    "OVERRIDE_IN_DOCKER": "0",
    # No telemetry, no update check, no certificate download, no DNS server, no TLS.
    "DISABLE_EVENTS": "1",
    "SKIP_SSL_CERT_DOWNLOAD": "1",
    "DNS_ADDRESS": "0",
    "USE_SSL": "0",
    "EAGER_SERVICE_LOADING": "0",
    # Its own calls, of which an event may take six, need no HTTP.
    "IN_MEMORY_CLIENT": "1",
    # The plugin's parts.
    "GATEWAY_SERVER": "loopback",
    "LAMBDA_RUNTIME_EXECUTOR": "process",
    "PROVIDER_OVERRIDE_DYNAMODB": "moto",
    "PROVIDER_OVERRIDE_DYNAMODBSTREAMS": "moto",
    "PROVIDER_OVERRIDE_KINESIS": "in_process",
    # Quick local runs: how long (in ms) a stream is UPDATING after a split or a merge.
    "KINESIS_LATENCY": "100",
    # AWS waits a minute before the first retry of an asynchronous invocation.
    "LAMBDA_SYNCHRONOUS_CREATE": "1",
    "LAMBDA_RETRY_BASE_DELAY": "1",
    # LocalStack reads one batch of a shard each interval; with its default of 1 s that bounds the throughput.
    "LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC": "0.05",
    # An empty queue is asked again at once: AWS waits at the queue, LocalStack's default stays away for 1 to 10 s.
    "LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC": "0.2",
    "LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_ERROR_SEC": "2",
}


def localstack_environment(folders: Folders, port: int, settings: Mapping[str, str]) -> dict[str, str]:
    """`settings` win over ours: one run can differ without a change here. Raises LauncherError."""
    home = folders.state / "home"
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        # Nothing outside the project's folder: LocalStack and its libraries ask these where to write.
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "CONFIG_DIR": str(home / ".localstack"),
        "TMPDIR": str(folders.tmp),
        "FILESYSTEM_ROOT": str(folders.state),
        "LOCALSTACK_VOLUME_DIR": str(folders.state / "volume"),
        "GATEWAY_LISTEN": f"{HOST}:{port}",
        "LOCALSTACK_HOST": f"{HOST}:{port}",
        "MILLRACE_FUNCTION_RUNTIME": str(folders.function_runtime),
        "MILLRACE_FUNCTION_LOGS": str(folders.function_logs),
        **SETTINGS,
        **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
        **settings,
    }
    if environment.get("IAM") not in (None, "", "on", "off"):
        raise LauncherError(
            f"expected IAM=on or IAM=off, got {environment['IAM']!r}; policies are enforced without it."
        )
    return environment


def client_environment(endpoint_url: str) -> dict[str, str]:
    """What AWS clients (Terraform, boto3) need in their environment to call this LocalStack."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }
