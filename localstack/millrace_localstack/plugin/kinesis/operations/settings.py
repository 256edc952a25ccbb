"""What of a stream can be set: retention, encryption, mode, sizes, metrics."""

from collections.abc import Callable

from millrace_localstack.plugin.kinesis.account import KinesisAccount
from millrace_localstack.plugin.kinesis.errors import invalid_argument, invalid_request
from millrace_localstack.plugin.kinesis.operations import Answer, Request, stream_of

LEAST_HOURS, MOST_HOURS = 24, 8760

METRICS = (
    "IncomingBytes",
    "IncomingRecords",
    "OutgoingBytes",
    "OutgoingRecords",
    "WriteProvisionedThroughputExceeded",
    "ReadProvisionedThroughputExceeded",
    "IteratorAgeMilliseconds",
)


def increase_retention(caller: KinesisAccount, request: Request) -> Answer:
    stream, hours = stream_of(caller, request), request["RetentionPeriodHours"]
    _check_hours(hours)
    if hours < stream.retention_hours:
        raise invalid_argument(
            f"Requested retention period ({hours} hours) for stream {stream.name} can not be shorter than existing "
            f"retention period ({stream.retention_hours} hours). Use DecreaseRetentionPeriod API."
        )
    stream.check_active()
    stream.retention_hours = hours
    return None


def decrease_retention(caller: KinesisAccount, request: Request) -> Answer:
    stream, hours = stream_of(caller, request), request["RetentionPeriodHours"]
    _check_hours(hours)
    if hours > stream.retention_hours:
        raise invalid_argument(
            f"Requested retention period ({hours} hours) for stream {stream.name} can not be longer than existing "
            f"retention period ({stream.retention_hours} hours). Use IncreaseRetentionPeriod API."
        )
    stream.check_active()
    stream.retention_hours = hours
    return None


def start_encryption(caller: KinesisAccount, request: Request) -> Answer:
    stream = stream_of(caller, request)
    stream.check_active()
    stream.encryption_type, stream.key_id = request["EncryptionType"], request["KeyId"]
    return None


def stop_encryption(caller: KinesisAccount, request: Request) -> Answer:
    stream = stream_of(caller, request)
    stream.check_active()
    stream.encryption_type, stream.key_id = "NONE", None
    return None


def update_mode(caller: KinesisAccount, request: Request) -> Answer:
    stream = stream_of(caller, request)
    stream.check_active()
    mode = request["StreamModeDetails"]["StreamMode"]
    check_warm_throughput(mode, request)
    stream.mode = mode
    return None


def update_max_record_size(caller: KinesisAccount, request: Request) -> Answer:
    stream = stream_of(caller, request)
    stream.check_active()
    stream.max_record_bytes = 1024 * request["MaxRecordSizeInKiB"]
    return None


def update_warm_throughput(caller: KinesisAccount, request: Request) -> Answer:
    stream, speed = stream_of(caller, request), request["WarmThroughputMiBps"]
    check_warm_throughput(stream.mode, request)
    return {
        "StreamARN": stream.arn,
        "StreamName": stream.name,
        "WarmThroughput": {"TargetMiBps": speed, "CurrentMiBps": speed},
    }


def enable_monitoring(caller: KinesisAccount, request: Request) -> Answer:
    return _monitor(caller, request, set.union)


def disable_monitoring(caller: KinesisAccount, request: Request) -> Answer:
    return _monitor(caller, request, set.difference)


def _check_hours(hours: int) -> None:
    if hours < LEAST_HOURS:
        raise invalid_argument(
            f"Minimum allowed retention period is {LEAST_HOURS} hours. Requested retention period ({hours} hours) is "
            "too short."
        )
    if hours > MOST_HOURS:
        raise invalid_argument(
            f"Maximum allowed retention period is {MOST_HOURS} hours. Requested retention period ({hours} hours) is "
            "too long."
        )


def check_warm_throughput(mode: str, request: Request) -> None:
    if mode != "ON_DEMAND" and request.get("WarmThroughputMiBps") is not None:
        raise invalid_request("WarmThroughputMiBps is only supported for streams in On-Demand mode.")


def _monitor(caller: KinesisAccount, request: Request, change: Callable[[set[str], set[str]], set[str]]) -> Answer:
    stream, named = stream_of(caller, request), set(request["ShardLevelMetrics"])
    stream.check_active()
    current = stream.metrics
    stream.metrics = change(current, set(METRICS) if "ALL" in named else named)
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "CurrentShardLevelMetrics": sorted(current),
        "DesiredShardLevelMetrics": sorted(stream.metrics),
    }


OPERATIONS = {
    "IncreaseStreamRetentionPeriod": increase_retention,
    "DecreaseStreamRetentionPeriod": decrease_retention,
    "StartStreamEncryption": start_encryption,
    "StopStreamEncryption": stop_encryption,
    "UpdateStreamMode": update_mode,
    "UpdateMaxRecordSize": update_max_record_size,
    "UpdateStreamWarmThroughput": update_warm_throughput,
    "EnableEnhancedMonitoring": enable_monitoring,
    "DisableEnhancedMonitoring": disable_monitoring,
}
