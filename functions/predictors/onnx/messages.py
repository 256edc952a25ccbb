"""The messages of ONNX files: their fields, and which of them Millrace accepts.

https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. What is unknown is refused: it could mean anything to the
library that loads the file.
"""

from __future__ import annotations

from predictors.errors import ModelUnsound
from predictors.onnx import wire
from predictors.onnx.wire import BYTES, FIXED32, FIXED64, VARINT
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Span = tuple[int, int]  # of a varint, its value and 0
    Message = Mapping[int, "Field"]


class Field(Value):
    """wires : the wire types that it may have. many : whether it may be there more than once.

    refused : why no file may have it.
    """

    name: str
    wires: tuple[int, ...]
    many: bool = False
    refused: str = ""


def _one(name: str, *wires: int) -> Field:
    return Field(name, wires)


def _many(name: str, *wires: int) -> Field:
    return Field(name, wires, many=True)


def _refused(name: str, why: str) -> Field:
    return Field(name, (), refused=why)


_SUBGRAPH = "expected none: no control flow, whose duration has no bound"
_SPARSE = "expected none: export the model with dense tensors"

MODEL: Message = {
    1: _one("ir_version", VARINT),
    2: _one("producer_name", BYTES),
    3: _one("producer_version", BYTES),
    4: _one("domain", BYTES),
    5: _one("model_version", VARINT),
    6: _one("doc_string", BYTES),
    7: _one("graph", BYTES),
    8: _many("opset_import", BYTES),
    14: _many("metadata_props", BYTES),
    20: _refused("training_info", "expected none: export the model for inference"),
    25: _refused("functions", "expected none: inline them (onnx.inliner.inline_local_functions)"),
    26: _refused("configuration", "expected none: no configuration of devices"),
}
GRAPH: Message = {
    1: _many("node", BYTES),
    2: _one("name", BYTES),
    5: _many("initializer", BYTES),
    10: _one("doc_string", BYTES),
    11: _many("input", BYTES),
    12: _many("output", BYTES),
    13: _many("value_info", BYTES),
    14: _many("quantization_annotation", BYTES),
    15: _refused("sparse_initializer", _SPARSE),
    16: _many("metadata_props", BYTES),
}
NODE: Message = {
    1: _many("input", BYTES),
    2: _many("output", BYTES),
    3: _one("name", BYTES),
    4: _one("op_type", BYTES),
    5: _many("attribute", BYTES),
    6: _one("doc_string", BYTES),
    7: _one("domain", BYTES),
    8: _refused("overload", "expected none: no functions of the model's own"),
    9: _many("metadata_props", BYTES),
    10: _refused("device_configurations", "expected none: no configuration of devices"),
}
ATTRIBUTE: Message = {
    1: _one("name", BYTES),
    2: _one("f", FIXED32),
    3: _one("i", VARINT),
    4: _one("s", BYTES),
    5: _one("t", BYTES),
    6: _refused("g", _SUBGRAPH),
    7: _many("floats", BYTES, FIXED32),
    8: _many("ints", BYTES, VARINT),
    9: _many("strings", BYTES),
    10: _many("tensors", BYTES),
    11: _refused("graphs", _SUBGRAPH),
    13: _one("doc_string", BYTES),
    14: _refused("tp", "expected no type"),
    15: _refused("type_protos", "expected no types"),
    20: _one("type", VARINT),
    21: _refused("ref_attr_name", "expected none: no functions of the model's own"),
    22: _refused("sparse_tensor", _SPARSE),
    23: _refused("sparse_tensors", _SPARSE),
}
TENSOR: Message = {
    1: _many("dims", BYTES, VARINT),
    2: _one("data_type", VARINT),
    3: _refused("segment", "expected the whole tensor"),
    4: _many("float_data", BYTES, FIXED32),
    5: _many("int32_data", BYTES, VARINT),
    6: _refused("string_data", "expected none: text is tokenised before the model"),
    7: _many("int64_data", BYTES, VARINT),
    8: _one("name", BYTES),
    9: _one("raw_data", BYTES),
    10: _many("double_data", BYTES, FIXED64),
    11: _many("uint64_data", BYTES, VARINT),
    12: _one("doc_string", BYTES),
    13: _refused("external_data", "expected the data in the file: save it with save_as_external_data=False"),
    14: _one("data_location", VARINT),
    16: _many("metadata_props", BYTES),
}
VALUE: Message = {
    1: _one("name", BYTES),
    2: _one("type", BYTES),
    3: _one("doc_string", BYTES),
    4: _many("metadata_props", BYTES),
}
_TENSOR_ONLY = "expected a tensor; of scikit-learn's classifiers, export with zipmap=False"
TYPE: Message = {
    1: _one("tensor_type", BYTES),
    4: _refused("sequence_type", _TENSOR_ONLY),
    5: _refused("map_type", _TENSOR_ONLY),
    6: _one("denotation", BYTES),
    7: _refused("opaque_type", _TENSOR_ONLY),
    8: _refused("sparse_tensor_type", _SPARSE),
    9: _refused("optional_type", _TENSOR_ONLY),
}
TENSOR_TYPE: Message = {1: _one("elem_type", VARINT), 2: _one("shape", BYTES)}
SHAPE: Message = {1: _many("dim", BYTES)}
DIMENSION: Message = {1: _one("dim_value", VARINT), 2: _one("dim_param", BYTES), 3: _one("denotation", BYTES)}
OPERATOR_SET: Message = {1: _one("domain", BYTES), 2: _one("version", VARINT)}


def members(data: bytes, span: Span, message: Message, where: str) -> Iterator[tuple[str, int, Span]]:
    """The fields of a message: name, wire type, and where the value is. Raises ModelUnsound."""
    seen = set[int]()
    for number, kind, value, end in wire.fields(data, *span):
        field = message.get(number)
        if field is None:
            raise ModelUnsound(f"{where}: expected fields of ONNX, got number {number}")
        if field.refused:
            raise ModelUnsound(f"{where}.{field.name}: {field.refused}")
        if kind not in field.wires:
            raise ModelUnsound(f"{where}.{field.name}: expected wire type {field.wires[0]}, got {kind}")
        if not field.many and number in seen:
            raise ModelUnsound(f"{where}.{field.name}: expected once")
        seen.add(number)
        yield field.name, kind, (value, end)
