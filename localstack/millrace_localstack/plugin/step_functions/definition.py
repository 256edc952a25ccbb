"""What LocalStack's grammar of state machines does not know, taken out before it parses a definition.

The fields of a distributed Map state travel in its `Comment`, from where `fields` reads them when the state runs.
https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

import json
from collections.abc import Iterator
from typing import Any

# Then hexadecimal: the grammar does not undo escapes in a comment.
MARK = "millrace-distributed-map:"
TOLERATED = ("ToleratedFailureCount", "ToleratedFailurePercentage")
# A field of a map's own, of its reader's configuration, and of its writer: LocalStack refuses these.
BATCHER, READER, WRITER, TOLERATES = "ItemBatcher", "ReaderConfig", "WriterConfig", "Tolerates"
UNKNOWN_TO_READER = ("CSVDelimiter",)


def rewritten(definition: str) -> str:
    """The definition as LocalStack can parse it; a text that is no JSON object is returned as it is."""
    try:
        tree = json.loads(definition)
    except ValueError:
        return definition
    maps = [state for state in _states(tree) if _is_distributed_map(state)] if isinstance(tree, dict) else []
    for state in maps:
        state["Comment"] = MARK + json.dumps(_taken_out(state)).encode().hex()
    return json.dumps(tree) if maps else definition


def fields(comment: str) -> dict[str, Any]:
    """What was taken out of a Map state; empty if nothing was."""
    if not comment.startswith(MARK):
        return {}
    read: dict[str, Any] = json.loads(bytes.fromhex(comment.removeprefix(MARK)))
    return read


def _states(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every state of a machine, also within branches and maps."""
    for state in (machine.get("States") or {}).values():
        yield state
        inner = [state.get("ItemProcessor"), state.get("Iterator"), *(state.get("Branches") or [])]
        for machine_within in inner:
            if isinstance(machine_within, dict):
                yield from _states(machine_within)


def _is_distributed_map(state: dict[str, Any]) -> bool:
    processor = state.get("ItemProcessor")
    config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
    return state.get("Type") == "Map" and isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED"


def _taken_out(state: dict[str, Any]) -> dict[str, Any]:
    """Take the unknown fields out of a Map state; whole percentages become decimals, which the grammar asks for."""
    taken: dict[str, Any] = {
        TOLERATES: [name for name in TOLERATED if name in state or f"{name}Path" in state],
    }
    if BATCHER in state:
        taken[BATCHER] = _checked_batcher(state.pop(BATCHER))
    state["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] = "STANDARD"
    if WRITER in (state.get("ResultWriter") or {}):
        taken[WRITER] = state["ResultWriter"].pop(WRITER)
    reader = (state.get("ItemReader") or {}).get(READER) or {}
    taken[READER] = {name: reader.pop(name) for name in UNKNOWN_TO_READER if name in reader}
    if reader.get("InputType") == "JSONL":
        reader["InputType"], taken[READER]["InputType"] = "JSON", "JSONL"
    if isinstance(state.get(TOLERATED[1]), int):
        state[TOLERATED[1]] = float(state[TOLERATED[1]])
    return taken


def _checked_batcher(batcher: Any) -> Any:
    """Raises ValueError where AWS refuses the definition."""
    limits = [
        name
        for name in ("MaxItemsPerBatch", "MaxItemsPerBatchPath", "MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath")
        if name in batcher
    ]
    if not limits:
        raise ValueError("ItemBatcher: expected MaxItemsPerBatch or MaxInputBytesPerBatch, or a path of one")
    return batcher
