"""Reading an ONNX file that is to be imported: what it says of itself, and one output of several."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from millrace.errors import UserError
from predictors.errors import ModelUnsound
from predictors.onnx import MAX_BYTES, tensors, wire
from predictors.onnx.messages import GRAPH, MODEL, VALUE, members
from predictors.onnx.structure import GraphInterface, GraphValue
from predictors.onnx.structure import read as read_structure

_NUMBER_OF_GRAPH = next(number for number, field in MODEL.items() if field.name == "graph")
_NUMBER_OF_OUTPUT = next(number for number, field in GRAPH.items() if field.name == "output")


def read(path: Path, tensor: str = "", *, quantized: bool = False) -> tuple[bytes, GraphInterface]:
    """The file, with one output of float32, and its interface. Raises UserError.

    tensor : the output with the scores; only where there are several of float32.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UserError(f"{path}: expected up to {MAX_BYTES} bytes, got {path.stat().st_size}")
        model = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error}") from None
    try:
        graph = read_structure(model, quantized=quantized)
        found = scores_of(graph)
        names = [value.name for value in found]
        if tensor and tensor not in names:
            raise UserError(f"--tensor: expected one of the outputs {', '.join(names)}, got {tensor!r}")
        if len(found) != 1 and not tensor:
            raise UserError(
                f"{path}: expected one output of float32, with the scores, got {', '.join(map(str, graph.outputs))}; "
                "name it (--tensor)"
            )
        if len(found) > 1:
            model = with_outputs(model, [value.name for value in graph.outputs if value not in found] + [tensor])
            graph = read_structure(model, quantized=quantized)
    except ModelUnsound as error:
        raise UserError(f"{path}: {error}") from None
    return model, graph


def columns(graph: GraphInterface) -> int:
    """The columns of the one matrix that the graph takes. Raises UserError."""
    shapes = [value.shape for value in graph.inputs if value.kind == tensors.FLOAT]
    if len(graph.inputs) == len(shapes) == 1 and shapes[0] and len(shapes[0]) == 2 and shapes[0][1]:
        return shapes[0][1]
    got = ", ".join(map(str, graph.inputs)) or "none"
    raise UserError(
        f"the model: expected one input, float32 [n, columns], got {got}: export it with one matrix of all features"
    )


def scores_of(graph: GraphInterface) -> Sequence[GraphValue]:
    """The outputs of float32: those that may be scores."""
    return [value for value in graph.outputs if value.kind == tensors.FLOAT]


def written_by(graph: GraphInterface) -> str:
    """The version of the operators and the exporter: `opset 17, skl2onnx 1.20.0`."""
    return ", ".join(filter(None, (f"opset {graph.opset}", graph.producer)))


def with_outputs(model: bytes, kept: Iterable[str]) -> bytes:
    """The file, whose graph has only these outputs."""
    names = set(kept)
    file = bytearray()
    for number, kind, value, end in wire.fields(model, 0, len(model)):
        file += _field(
            number, kind, value, _graph(model, (value, end), names) if number == _NUMBER_OF_GRAPH else model[value:end]
        )
    return bytes(file)


def _graph(model: bytes, span: tuple[int, int], names: set[str]) -> bytes:
    graph = bytearray()
    for number, kind, value, end in wire.fields(model, *span):
        if number != _NUMBER_OF_OUTPUT or _name(model, (value, end)) in names:
            graph += _field(number, kind, value, model[value:end])
    return bytes(graph)


def _name(model: bytes, span: tuple[int, int]) -> str:
    found = (place for name, _, place in members(model, span, VALUE, "graph.output") if name == "name")
    return next((model[start:end].decode() for start, end in found), "")


def _field(number: int, kind: int, value: int, body: bytes) -> bytes:
    key = _varint(number << 3 | kind)
    if kind == wire.VARINT:
        return key + _varint(value)
    return key + (_varint(len(body)) if kind == wire.BYTES else b"") + body


def _varint(value: int) -> bytes:
    raw = bytearray()
    while value > 127:
        raw.append(value & 127 | 128)
        value >>= 7
    return bytes([*raw, value])
