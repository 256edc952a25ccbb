"""What a graph may be, and what keeps a file from being loaded: before ONNX Runtime sees any of it."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from google.protobuf.descriptor import Descriptor
from onnx import TensorProto, helper

from predictors.errors import ModelUnsound
from predictors.onnx import messages, operators, structure
from predictors.onnx.structure import GraphValue
from tests.fakes import onnx_models
from tests.fakes.onnx_models import COLUMNS, graph, linear, node, weight


def refusal(model: onnx.ModelProto | bytes, **options: Any) -> str:
    raw = model if isinstance(model, bytes) else model.SerializeToString()
    with pytest.raises(ModelUnsound) as caught:
        structure.read(raw, **options)
    return str(caught.value)


@pytest.mark.parametrize("kind", onnx_models.KINDS)
def test_models_of_scikit_learn_are_sound(kind: str) -> None:
    found = structure.read(onnx_models.exported(kind))
    assert found.inputs == [GraphValue("x", TensorProto.FLOAT, (None, COLUMNS))]
    assert found.outputs[-1].kind == TensorProto.FLOAT


def test_a_weight_that_is_also_an_input_is_no_input() -> None:
    """As files of IR version 3 have it."""
    model = linear()
    model.graph.input.append(helper.make_tensor_value_info("w", TensorProto.FLOAT, [COLUMNS, 1]))
    assert [value.name for value in structure.read(model.SerializeToString()).inputs] == ["x"]


def test_float16_weights_are_accepted() -> None:
    half = weight("h", np.arange(1, COLUMNS + 1).reshape(COLUMNS, 1), np.float16)
    model = graph([node("Cast", "h", "w", to=TensorProto.FLOAT), node("MatMul", "x w", "y")], [half])
    structure.read(model.SerializeToString())


# Weights, by how protobuf can hold them.
@pytest.mark.parametrize(
    "tensor",
    [
        helper.make_tensor("w", TensorProto.FLOAT, [2, 2], [1, 2, 3, 4]),
        helper.make_tensor("w", TensorProto.INT64, [3], [-1, 0, 2**60]),
        helper.make_tensor("w", TensorProto.FLOAT16, [2], [1, 2]),
        helper.make_tensor("w", TensorProto.DOUBLE, [1], [1e300]),
        helper.make_tensor("w", TensorProto.BOOL, [2], [True, False]),
        helper.make_tensor("w", TensorProto.INT8, [2], [-1, 1]),
        helper.make_tensor("w", TensorProto.FLOAT, [0], []),
        weight("w", -np.inf),  # a mask
        weight("w", [0, np.finfo(np.float32).min]),  # another
        weight("w", [2e30, -2e30]),
        weight("w", [[True, False]], np.bool_),
    ],
)
def test_weights_of_every_form_are_sound(tensor: TensorProto) -> None:
    structure.read(graph([node("Identity", "x", "y")], [tensor]).SerializeToString())


def changed(change: Callable[[onnx.ModelProto], object]) -> onnx.ModelProto:
    model = onnx.ModelProto()
    model.CopyFrom(linear())
    change(model)
    return model


def with_weight(tensor: TensorProto) -> onnx.ModelProto:
    return graph([node("Identity", "x", "y")], [tensor])


def tensor(**members: Any) -> TensorProto:
    return TensorProto(name="w", **members)


FLOAT = TensorProto.FLOAT
BRANCH = helper.make_graph(
    [node("Identity", "x", "o")], "b", [], [helper.make_tensor_value_info("o", TensorProto.FLOAT, None)]
)
EXTERNAL = tensor(data_type=FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
LISTED = tensor(data_type=FLOAT, dims=[1], raw_data=b"\0" * 4)
LISTED.external_data.add(key="location", value="weights.bin")


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (b"", "expected a graph"),
        (b"not a model", "expected"),
        (linear().SerializeToString()[:-3], "expected"),
        (linear().SerializeToString() * 2, "ir_version: expected once"),
        (linear().SerializeToString() + b"\xc2\x3e\x00", "expected fields of ONNX, got number 1000"),
        (changed(lambda m: m.functions.add(name="f")), "functions: expected none: inline"),
        (changed(lambda m: m.training_info.add()), "training_info: expected none"),
        (changed(lambda m: m.ClearField("opset_import")), "the version of its operators"),
        (changed(lambda m: m.opset_import.add(domain="", version=9)), "one version of ai.onnx"),
        (changed(lambda m: m.opset_import.add(domain="com.microsoft", version=1)), "got 'com.microsoft'"),
        (changed(lambda m: m.graph.sparse_initializer.add()), "sparse_initializer: expected none"),
        (changed(lambda m: m.graph.node.append(node("Nope", "y", "z"))), "not one that Millrace accepts"),
        (changed(lambda m: m.graph.node.append(node("Add", "y y", "z", domain="evil.com"))), "got 'evil.com'"),
        (graph([node("Scaler", "x", "y", domain="ai.onnx.ml")]), "of a domain that the model imports"),
        (graph([node("If", "x", "y", then_branch=BRANCH, else_branch=BRANCH)]), "no control flow"),
        (graph([node("Loop", "x x x", "y", body=BRANCH)]), "no control flow"),
        (graph([node("Scan", "x", "y", body=BRANCH, num_scan_inputs=1)]), "no control flow"),
        (graph([node("Identity", "x", "y", g=BRANCH)]), "g: expected none: no control flow"),
        (graph([node("RandomNormalLike", "x", "y")]), "no random numbers"),
        (graph([node("Dropout", "x r t", "y")]), "no training mode"),
        (graph([node("ZipMap", "x", "y", domain="ai.onnx.ml")], domains=["ai.onnx.ml"]), "zipmap=False"),
        (graph([node("TreeEnsemble", "x", "y", domain="ai.onnx.ml")], domains=["ai.onnx.ml"]), "no trees in ONNX"),
        (graph([node("DequantizeLinear", "x s", "y")], [weight("s", 1)]), "score differently on other processors"),
        (graph([node("Constant", "", "c", value_string="a"), node("Identity", "x", "y")]), "no tensor of texts"),
        (graph([node("Constant", "", "c", value_float=float("nan")), node("Identity", "x", "y")]), "is nan"),
        (graph([node("Mul", "x c", "y", a=[1.0, float("inf")])]), "element 1 is inf"),
        (with_weight(weight("w", [1, np.nan])), r"'w': expected finite numbers below 2e30, element 1 is nan"),
        (with_weight(weight("w", [1, 2, -np.inf])), "element 2 is -inf"),
        (with_weight(weight("w", np.nan)), "element 0 is nan"),
        (with_weight(weight("w", [1, -3e30])), r"below 2e30, element 1 is -3e\+30"),
        (with_weight(weight("w", [1, np.nan], np.float64)), "element 1 is nan"),
        (with_weight(weight("w", [1, np.inf], np.float16)), "element 1 is inf"),
        (with_weight(tensor(data_type=FLOAT, dims=[2], float_data=[1, float("nan")])), "element 1 is nan"),
        (with_weight(tensor(data_type=TensorProto.BOOL, dims=[1], raw_data=b"\x02")), "booleans of 0 and 1"),
        (with_weight(EXTERNAL), "data_location: expected the data in the file itself"),
        (with_weight(LISTED), "external_data: expected the data in the file"),
        (with_weight(tensor(data_type=FLOAT, dims=[-4], raw_data=b"\0" * 16)), "dimensions from 0 to .*, got -4"),
        (with_weight(tensor(data_type=FLOAT, dims=[2**31, 2**31], raw_data=b"\0" * 16)), "dimensions from 0 to"),
        (with_weight(tensor(data_type=FLOAT, dims=[0, 2**62])), "dimensions from 0 to"),
        (with_weight(tensor(data_type=FLOAT, dims=[4], raw_data=b"\0" * 12)), "4 elements .* got 12 in raw_data"),
        (with_weight(tensor(data_type=FLOAT, dims=[4], raw_data=b"\0" * 13)), "elements of 4 bytes, got 13"),
        (with_weight(tensor(data_type=FLOAT, dims=[4])), "expected 4 elements of float32 for .*, got nothing"),
        (with_weight(tensor(data_type=FLOAT, dims=[2], int64_data=[1, 2])), "got 2 in int64_data"),
        (with_weight(tensor(data_type=FLOAT, dims=[1], raw_data=b"\0" * 4, float_data=[1])), "1 in float_data"),
        (with_weight(tensor(data_type=FLOAT, dims=[1] * 13, float_data=[1])), "up to 12 dimensions"),
        (with_weight(tensor(data_type=TensorProto.STRING, dims=[1], string_data=[b"a"])), "string_data: expected none"),
        (with_weight(tensor(data_type=TensorProto.BFLOAT16, dims=[1], raw_data=b"\0\0")), "ONNX's type 16"),
        (with_weight(tensor(dims=[1], raw_data=b"\0\0\0\0")), "ONNX's type 0"),
    ],
)  # fmt: skip
def test_what_is_not_sound_is_refused_with_the_reason(model: onnx.ModelProto | bytes, why: str) -> None:
    message = refusal(model)
    assert re.search(why, message), message


def test_a_number_is_checked_wherever_the_type_of_the_tensor_stands() -> None:
    """The type behind the data, as protobuf allows: it is not read as another one."""
    sound = weight("w", [1, np.nan]).SerializeToString()
    kind = b"\x10\x01"
    moved = sound.replace(kind, b"", 1) + kind
    assert moved != sound
    model = with_weight(TensorProto.FromString(sound)).SerializeToString()
    assert "element 1 is nan" in refusal(model.replace(sound, moved))


@pytest.mark.parametrize(("bound", "what"), [("MAX_NODES", "graph.node"), ("MAX_WEIGHTS", "graph.initializer")])
def test_nodes_and_weights_are_bounded(monkeypatch: pytest.MonkeyPatch, bound: str, what: str) -> None:
    model = graph([node("MatMul", "x w", "h"), node("Add", "h v", "y")], [weight("w", [[1]] * COLUMNS), weight("v", 1)])
    monkeypatch.setattr(structure, bound, 2)
    structure.read(model.SerializeToString())
    monkeypatch.setattr(structure, bound, 1)
    assert f"{what}: expected up to 1" in refusal(model)


def test_values_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structure, "MAX_VALUES", 3)
    assert "expected up to 3 attributes" in refusal(linear())


def test_quantised_operators_are_accepted_where_the_manifest_does() -> None:
    model = graph([node("DequantizeLinear", "x s", "y")], [weight("s", 1)])
    structure.read(model.SerializeToString(), quantized=True)


def test_names_are_bounded_and_of_utf8() -> None:
    assert "names in UTF-8" in refusal(graph([node("Identity", "x", "y")], [weight("n" * 2000, 1)]))
    raw = graph([node("Identity", "x", "y")], [weight("naem", 1)]).SerializeToString()
    assert "names in UTF-8" in refusal(raw.replace(b"naem", b"na\xff\xff"))


def test_no_subgraph_is_read_so_that_nesting_costs_nothing() -> None:
    inner = BRANCH
    for _ in range(50):
        inner = helper.make_graph([node("If", "x", "o", then_branch=inner, else_branch=inner)], "b", [], BRANCH.output)
        if len(inner.SerializeToString()) > 1_000_000:
            break
    assert "no control flow" in refusal(graph([node("If", "x", "y", then_branch=inner, else_branch=inner)]))


def test_every_accepted_operator_is_one_of_onnx() -> None:
    """And none of them has a graph for an attribute, or makes anything but tensors."""
    schemas = {(schema.domain, schema.name): schema for schema in onnx.defs.get_all_schemas()}
    for domain, names in (*operators.ACCEPTED.items(), (operators.ONNX, operators.QUANTIZED)):
        for name in names:
            schema = schemas[(domain, name)]
            kinds = {attribute.type for attribute in schema.attributes.values()}
            assert not kinds & {onnx.defs.OpSchema.AttrType.GRAPH, onnx.defs.OpSchema.AttrType.GRAPHS}, name
            given = {text for value in schema.outputs for text in value.types}
            assert any(text.startswith("tensor(") for text in given), (name, given)


# The messages as onnx defines them, and as they are read.
READ = {
    onnx.ModelProto.DESCRIPTOR: messages.MODEL,
    onnx.OperatorSetIdProto.DESCRIPTOR: messages.OPERATOR_SET,
    onnx.GraphProto.DESCRIPTOR: messages.GRAPH,
    onnx.NodeProto.DESCRIPTOR: messages.NODE,
    onnx.AttributeProto.DESCRIPTOR: messages.ATTRIBUTE,
    onnx.TensorProto.DESCRIPTOR: messages.TENSOR,
    onnx.ValueInfoProto.DESCRIPTOR: messages.VALUE,
    onnx.TypeProto.DESCRIPTOR: messages.TYPE,
    onnx.TypeProto.Tensor.DESCRIPTOR: messages.TENSOR_TYPE,
    onnx.TensorShapeProto.DESCRIPTOR: messages.SHAPE,
    onnx.TensorShapeProto.Dimension.DESCRIPTOR: messages.DIMENSION,
}
# Accepted and not read: texts for people, and for other tools.
ANNOTATIONS = {
    onnx.StringStringEntryProto.DESCRIPTOR: {"key", "value"},
    onnx.TensorAnnotation.DESCRIPTOR: {"tensor_name", "quant_parameter_tensor_names"},
}


@pytest.mark.parametrize("defined", READ, ids=lambda message: message.full_name)
def test_every_field_of_onnx_is_known_or_refused(defined: Descriptor) -> None:
    known = {number: field.name for number, field in READ[defined].items()}
    assert known == {field.number: field.name for field in defined.fields}


def test_every_message_that_is_accepted_is_read() -> None:
    within = {
        field.message_type
        for defined, read in READ.items()
        for field in defined.fields
        if field.message_type and not read[field.number].refused
    }
    assert within == READ.keys() - {onnx.ModelProto.DESCRIPTOR} | ANNOTATIONS.keys()
    assert {defined: {field.name for field in defined.fields} for defined in ANNOTATIONS} == ANNOTATIONS
