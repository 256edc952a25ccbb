"""Distributed Map of Step Functions.

LocalStack 2026.3.0: refuses ItemBatcher, EXPRESS children, JSON Lines, CSVDelimiter, WriterConfig and a whole number
as ToleratedFailurePercentage; never compares failures with what is tolerated, so that a run succeeds whatever failed;
writes manifests without results, and none for a run that failed; gives a run that was stopped the status SUCCEEDED;
lists one page of a prefix, and fails on an empty one; a worker calls itself for its next item, so that a run of 1,000
items never ends.
AWS: as documented for ItemBatcher, ItemReader, ResultWriter and the tolerated failure threshold.
Here: as AWS. EXPRESS children run as standard ones; MANIFEST and PARQUET readers, and FLATTEN and COMPACT writers, are
missing.
"""

import csv
import io
import itertools
import json
from datetime import datetime
from typing import Any

from localstack.aws.api.stepfunctions import HistoryEventType, MapRunFailedEventDetails, MapRunStatus
from localstack.services.stepfunctions.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name import StatesErrorName
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.item_reader.item_reader_decl import (  # noqa: E501
    ItemReader,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.item_reader.resource_eval import (
    resource_eval_s3 as reading,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.distributed_iteration_component import (  # noqa: E501
    DistributedIterationComponent,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.itemprocessor.distributed_item_processor_worker import (  # noqa: E501
    DistributedItemProcessorWorker,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.itemprocessor.map_run_record import (  # noqa: E501
    MapRunRecord,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.result_writer.resource_eval import (  # noqa: E501
    resource_eval_s3 as writing,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.state_map import StateMap
from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails
from localstack.services.stepfunctions.asl.eval.states import ItemData, MapData
from localstack.services.stepfunctions.asl.parse.asl_parser import AmazonStateLanguageParser, ASLParserException
from localstack.services.stepfunctions.asl.utils.json_path import NoSuchJsonPathError, extract_json

from millrace_localstack.plugin.step_functions import definition, map_run, results
from millrace_localstack.plugin.step_functions.batches import batches
from millrace_localstack.plugin.step_functions.results import FailureTolerance

DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}


def apply() -> None:
    parse, from_props = AmazonStateLanguageParser.parse, StateMap.from_state_props

    def parse_rewritten(text: str) -> Any:
        try:
            rewritten = definition.rewritten(text)
        except ValueError as error:
            raise ASLParserException([str(error)]) from None
        return parse(rewritten)

    def from_state_props(self: Any, state_props: Any) -> None:
        """The parts of a map do not know their state; it runs as often as it is retried, also at the same time."""
        from_props(self, state_props)
        taken = definition.fields(self.comment.comment) if self.comment else {}
        self.iteration_component.millrace = taken
        self.iteration_component.millrace_writer, self.result_writer = self.result_writer, None
        if self.item_reader is not None:
            self.item_reader.millrace = taken.get(definition.READER) or {}

    AmazonStateLanguageParser.parse = staticmethod(parse_rewritten)
    StateMap.from_state_props = from_state_props
    DistributedIterationComponent._map_run = _map_run
    DistributedItemProcessorWorker._eval_pool = map_run.work
    reading.ResourceEvalS3._handle_list_objects_v2 = staticmethod(_list)
    writing.ResourceEvalS3._handle_put_object = staticmethod(_write)
    read = ItemReader._eval_body

    def eval_reader(self: Any, env: Any) -> None:
        _read_rows(self, env) if getattr(self, "millrace", None) else read(self, env)

    ItemReader._eval_body = eval_reader


def _read_rows(reader: Any, env: Any) -> None:
    """The items of a file in a form that LocalStack does not read."""
    reader.reader_config.eval(env=env)
    config = env.stack.pop()
    reader.parargs.eval(env=env)
    reader.resource_eval.eval_resource(env=env)
    text, most = env.stack.pop(), config["MaxItemsValue"]
    try:
        items = _json_lines(text) if reader.millrace.get("InputType") == "JSONL" else _csv_rows(text, config, reader)
        env.stack.append(list(itertools.islice(items, most)))
    except ValueError as error:
        raise _failure(env, StatesErrorNameType.StatesItemReaderFailed, str(error)) from None


def _json_lines(text: str) -> Any:
    return (json.loads(line) for line in text.splitlines() if line.strip())


def _csv_rows(text: str, config: Any, reader: Any) -> Any:
    rows = csv.reader(io.StringIO(text), delimiter=DELIMITERS[reader.millrace["CSVDelimiter"]])
    names = config["CSVHeaders"] if config["CSVHeaderLocation"] == "GIVEN" else next(rows, [])
    if len(set(names)) < len(names):
        raise ValueError("CSV headers cannot contain duplicates.")
    return (dict(itertools.zip_longest(names, row[: len(names)], fillvalue="")) for row in rows)


def _map_run(self: Any, env: Any, eval_input: Any) -> None:
    """Replaces the run of a distributed map's child executions; leaves their outputs, or its writer's, on the stack."""
    taken, record = getattr(self, "millrace", {}), eval_input.map_run_record
    items = env.stack.pop()
    inputs, sizes = items, [1] * len(items)
    if batcher := taken.get(definition.BATCHER):
        try:
            inputs = batches(_selected(env, eval_input, items), batcher, lambda path: _look(env, path))
        except (ValueError, NoSuchJsonPathError) as error:
            raise _failure(env, StatesErrorNameType.StatesRuntime, str(error)) from None
        eval_input.item_selector = None
        sizes = [len(batch["Items"]) for batch in inputs]
    record.set_stop = lambda status: MapRunRecord.set_stop(record, status if env.is_running() else MapRunStatus.ABORTED)
    pool = map_run.MapRunJobs(self._get_iteration_program(), inputs, sizes, _tolerance(taken, record), record)
    for _ in range(min(record.max_concurrency or map_run.MOST_AT_ONCE, map_run.MOST_AT_ONCE, len(inputs))):
        self._launch_worker(env=env, eval_input=eval_input, job_pool=pool)
    if inputs:
        pool.await_jobs()
    record.children = pool.children()
    env.stack.append([child.output for child in record.children])
    if writer := getattr(self, "millrace_writer", None):
        env.millrace_writes = record
        env.stack[-1] = env.states.get_input()  # in which the writer's paths are; it leaves its own output in its place
        writer.eval(env)
    if pool.exceeded:
        cause = "The specified tolerated failure threshold was exceeded"
        raise _failure(env, StatesErrorNameType.StatesExceedToleratedFailureThreshold, cause)


def _tolerance(taken: dict[str, Any], record: Any) -> FailureTolerance:
    given = taken.get(definition.TOLERATES) or []
    return FailureTolerance(
        record.tolerated_failure_count if definition.TOLERATED[0] in given else None,
        record.tolerated_failure_percentage if definition.TOLERATED[1] in given else None,
    )


def _selected(env: Any, eval_input: Any, items: list[Any]) -> list[Any]:
    """The items as the state's ItemSelector makes them: it sees each of them, before they are batched."""
    if not eval_input.item_selector:
        return items
    selected, state_input = [], env.states.get_input()
    for index, item in enumerate(items):
        frame = env.open_inner_frame()
        frame.states.context_object.context_object_data["Map"] = MapData(Item=ItemData(Index=index, Value=item))
        frame.states.reset(state_input)
        frame.stack.append(state_input)
        eval_input.item_selector.eval(frame)
        selected.append(frame.stack.pop())
        env.delete_frame(frame)
    return selected


def _look(env: Any, path: str) -> Any:
    if path.startswith("$$"):
        return extract_json(path[1:], env.states.context_object.context_object_data)
    return extract_json(path, env.states.get_input())


def _failure(env: Any, kind: Any, cause: str) -> FailureEventException:
    error = StatesErrorName(typ=kind)
    details = MapRunFailedEventDetails(error=error.error_name, cause=cause)
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=error,
            event_type=HistoryEventType.MapRunFailed,
            event_details=EventDetails(mapRunFailedEventDetails=details),
        )
    )


def _list(env: Any, resource_runtime_part: Any, state_credentials: Any) -> None:
    s3 = reading.ResourceEvalS3._get_s3_client(resource_runtime_part, state_credentials)
    pages = s3.get_paginator("list_objects_v2").paginate(**env.stack.pop())
    env.stack.append([_listed(entry) for page in pages for entry in page.get("Contents", [])])


def _listed(entry: dict[str, Any]) -> dict[str, Any]:
    """As Step Functions gives an object to a child: the time is a number of seconds."""
    modified = entry["LastModified"]
    return {**entry, "LastModified": int(modified.timestamp()) if isinstance(modified, datetime) else modified}


def _write(env: Any, resource_runtime_part: Any, state_credentials: Any) -> None:
    parameters = env.stack.pop()
    env.stack.pop()
    record, bucket = env.millrace_writes, parameters["Bucket"]
    prefix = parameters.get("Prefix", "").rstrip("/")
    folder = f"{prefix}/{record.map_run_arn.split(':')[-1]}" if prefix else record.map_run_arn.split(":")[-1]
    written = results.files(record.children, folder, record.map_state_machine_arn)
    s3 = writing.ResourceEvalS3._get_s3_client(resource_runtime_part, state_credentials)
    for key, body in written.values():
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    key = f"{folder}/manifest.json"
    s3.put_object(Bucket=bucket, Key=key, Body=results.manifest(bucket, record.map_run_arn, written))
    for child in record.children:
        record.item_counter.results_written.count(child.items)
        record.execution_counter.results_written.count()
    env.stack.append({"MapRunArn": record.map_run_arn, "ResultWriterDetails": {"Bucket": bucket, "Key": key}})
