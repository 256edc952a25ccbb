"""One batch through the native engine and nothing else, to have its instructions counted: instructions.py EVENT MODEL.

Imports little but the engine, as all that a process does is counted with it.
"""

import sys

import native
from sources.kinesis import KinesisSource

NAMES = [f"f{i:02}" for i in range(20)]
NONE = ((), 2**32 - 1, 2**32 - 1, 2**32 - 1)  # no categories
COLUMNS = [(name, "float", True, False, False, slot, NONE, NONE, ()) for slot, name in enumerate(NAMES)]
MODEL = '{"name":"bench","version":"1","digest":"","variant":"champion"}'
SINK_ARN = "arn:aws:kinesis:eu-central-1:123456789012:stream/predictions"
SCORED_AT = "2026-11-21T12:41:07.250Z"
LIMIT, MOST_ENTRIES = 1024 * 1024, 500


def main(event: bytes, model: bytes) -> int:
    """Score a batch of ordinary records up to the bodies of the requests; how many bytes these have."""
    engine = native.NATIVE
    if engine is None or (envelopes := engine.Envelopes.scan(event, engine.Layouts([KinesisSource.layout]))) is None:
        raise RuntimeError("expected the native engine, and an ordinary event")
    schema = engine.Schema(COLUMNS, [(("features",), NAMES)], ("event_id",))
    table, messages = engine.Table(schema, MODEL), engine.Messages()
    taken = engine.take(envelopes, 0, [table], 0.0, "bench")
    scores = engine.Forest(model).scores(table.matrix(), table.rows)
    table.encode(scores, 1, ("0", "1"), 0.5, SCORED_AT, LIMIT, True, messages)
    if taken != len(envelopes) or len(messages) != taken:
        raise RuntimeError(f"expected a prediction of each of {len(envelopes)} records, got {len(messages)}")
    starts = range(0, taken, MOST_ENTRIES)
    return sum(len(messages.put_records(SINK_ARN, range(start, min(start + MOST_ENTRIES, taken)))) for start in starts)


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as event_file, open(sys.argv[2], "rb") as model_file:  # noqa: PTH123 - no pathlib
        main(event_file.read(), model_file.read())
