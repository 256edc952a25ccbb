"""What LocalStack does differently from AWS, and Millrace needs as on AWS. One patch, one file.

MILLRACE_LOCALSTACK_PATCHES chooses: unset or "all", "none", or names separated by commas.
"""

import importlib
import logging
import os

LOG = logging.getLogger(__name__)

NAMES = (
    "alarms",
    "alias_invoke_config",
    "api_access",
    "api_bodies",
    "api_limits",
    "async_s3_destination",
    "cbor_timestamps",
    "direct_reads",
    "distributed_map",
    "dynamodb_streams",
    "embedded_metrics",
    "ended_executions",
    "function_urls",
    "iam",
    "mapping_state",
    "parse_errors",
    "queue_waits",
    "s3_payload",
    "service_metrics",
    "shards",
    "state_machines",
    "stream_batches",
)


def chosen(setting: str) -> list[str]:
    """The names that `setting` stands for; ValueError names an unknown one."""
    match setting.strip():
        case "" | "all":
            return list(NAMES)
        case "none":
            return []
    names = [name.strip() for name in setting.split(",")]
    if unknown := [name for name in names if name not in NAMES]:
        raise ValueError(
            f"MILLRACE_LOCALSTACK_PATCHES names {', '.join(unknown)}: expected all, none, or some of {', '.join(NAMES)}"
        )
    return names


def apply() -> None:
    names = chosen(os.environ.get("MILLRACE_LOCALSTACK_PATCHES", ""))
    for name in names:
        importlib.import_module(f"{__name__}.{name}").apply()
    LOG.info("Millrace's patches: %s", ", ".join(names) or "none")
