"""Whether an ONNX file has the structure of a graph that may be loaded: a reader of its own, of the bytes themselves.

ONNX Runtime checks types and shapes when it loads a graph. Here is what it does not: accepted operators, no control
flow, bounds, no data outside the file, finite weights as many as their dimensions say.
"""

from __future__ import annotations

from predictors.errors import ModelUnsound
from predictors.onnx import operators, tensors
from predictors.onnx.messages import (
    ATTRIBUTE,
    DIMENSION,
    GRAPH,
    MODEL,
    NODE,
    OPERATOR_SET,
    SHAPE,
    TENSOR_TYPE,
    TYPE,
    VALUE,
    members,
)
from predictors.onnx.tensors import dimension, text
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from predictors.onnx.messages import Message, Span

MAX_NODES, MAX_WEIGHTS = 10_000, 20_000
# Of a file's values, of which each is checked by itself: attributes, names and the like.
MAX_VALUES = 200_000


class GraphValue(Value):
    """An input or an output of a graph.

    kind : the type of its elements, as ONNX numbers it. shape : its dimensions, None for one that is free; None where
    the file does not say.
    """

    name: str
    kind: int
    shape: tuple[int | None, ...] | None

    def __str__(self) -> str:
        shape = ", ".join("n" if size is None else str(size) for size in self.shape or ())
        known = "of any shape" if self.shape is None else f"[{shape}]"
        return f"{self.name:.80} {tensors.NAMES.get(self.kind, 'of another type')} {known}"


class GraphInterface(Value):
    """What a sound graph takes and gives, without the inputs that have a weight as their value.

    opset : the version of its operators. producer : what wrote the file, as it says itself.
    """

    inputs: Sequence[GraphValue]
    outputs: Sequence[GraphValue]
    opset: int = 0
    producer: str = ""


def read(model: bytes, *, quantized: bool = False) -> GraphInterface:
    """Check a model file. Raises ModelUnsound.

    quantized : accept operators of integer arithmetic.
    """
    graph: Span | None = None
    versions: dict[str, int] = {}
    producer = {"producer_name": "", "producer_version": ""}
    for name, _, place in members(model, (0, len(model)), MODEL, "model"):
        if name == "graph":
            graph = place
        elif name in producer:
            producer[name] = text(model, place, f"model.{name}")
        elif name == "opset_import":
            domain, version = _operator_set(model, place)
            if not version or versions.setdefault(domain, version) != version:  # skl2onnx writes one twice
                raise ModelUnsound(f"model.opset_import: expected one version of {domain or 'ai.onnx'}")
    if graph is None or operators.ONNX not in versions:
        raise ModelUnsound("model: expected a graph and the version of its operators")
    inputs, outputs = _GraphReader(model, quantized, versions).read(graph)
    return GraphInterface(inputs, outputs, versions[operators.ONNX], " ".join(filter(None, producer.values())))


def _operator_set(model: bytes, span: Span) -> tuple[str, int]:
    domain, version = "", 0
    for name, _, (value, end) in members(model, span, OPERATOR_SET, "model.opset_import"):
        if name == "domain":
            domain = text(model, (value, end), "model.opset_import")
        else:
            version = value
    if domain not in operators.DOMAINS:
        raise ModelUnsound(
            f"model.opset_import: expected the domains ai.onnx and ai.onnx.ml, got {domain!r:.80}; export the model "
            "without an optimiser's operators"
        )
    return operators.DOMAINS[domain], version


class _GraphReader:
    """Reads one graph; counts what is bounded."""

    def __init__(self, model: bytes, quantized: bool, versions: dict[str, int]) -> None:
        self._model, self._quantized, self._versions = model, quantized, versions
        self._nodes = self._values = 0

    def read(self, span: Span) -> tuple[list[GraphValue], list[GraphValue]]:
        """Inputs and outputs."""
        inputs, outputs, weights = list[GraphValue](), list[GraphValue](), set[str]()
        for name, _, place in members(self._model, span, GRAPH, "graph"):
            match name:
                case "node":
                    self._node(place)
                case "initializer":
                    weights.add(self._weight(place, len(weights)))
                case "input":
                    inputs.append(self._value(place, "graph.input"))
                case "output":
                    outputs.append(self._value(place, "graph.output"))
                case "value_info":
                    self._value(place, "graph.value_info")
        return [value for value in inputs if value.name not in weights], outputs

    def _weight(self, span: Span, number: int) -> str:
        if number >= MAX_WEIGHTS:
            raise ModelUnsound(f"graph.initializer: expected up to {MAX_WEIGHTS}")
        return tensors.check(self._model, span, "graph.initializer")

    def _node(self, span: Span) -> None:
        where, operator, domain, inputs = f"graph.node {self._nodes}", "", "", 0
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise ModelUnsound(f"graph.node: expected up to {MAX_NODES}")
        attributes = []
        for name, _, place in members(self._model, span, NODE, where):
            match name:
                case "op_type":
                    operator = text(self._model, place, where)
                case "domain":
                    domain = text(self._model, place, where)
                case "input":
                    inputs += place[1] > place[0]
                    self._count()
                case "attribute":
                    attributes.append(place)
        where = f"{where} ({operator:.80})"
        self._check_operator(domain, operator, inputs, where)
        for place in attributes:
            self._attribute(place, where)

    def _check_operator(self, domain: str, name: str, inputs: int, where: str) -> None:
        known = operators.DOMAINS.get(domain)
        if known is None or known not in self._versions:
            raise ModelUnsound(f"{where}: expected an operator of a domain that the model imports, got {domain!r:.80}")
        if why := operators.trouble(known, name, quantized=self._quantized):
            raise ModelUnsound(f"{where}: {why}")
        if name == "Dropout" and inputs > 2:
            raise ModelUnsound(f"{where}: expected no training mode, which drops at random")

    def _attribute(self, span: Span, where: str) -> None:
        self._count()
        numbers = []
        for name, _, place in members(self._model, span, ATTRIBUTE, where):
            match name:
                case "t" | "tensors":
                    tensors.check(self._model, place, where)
                case "f" | "floats":
                    numbers.append(place)
                case "name" if text(self._model, place, where) in ("value_string", "value_strings"):
                    raise ModelUnsound(f"{where}: expected no tensor of texts")
        tensors.check_finite(self._model, numbers, tensors.FLOAT, where)

    def _value(self, span: Span, where: str) -> GraphValue:
        self._count()
        name, kind, shape = "", 0, None
        for field, _, place in members(self._model, span, VALUE, where):
            if field == "name":
                name = text(self._model, place, where)
            elif field == "type":
                for inner in self._of(place, TYPE, where, "tensor_type"):
                    kind, shape = self._tensor_type(inner, where)
        return GraphValue(name, kind, shape)

    def _tensor_type(self, span: Span, where: str) -> tuple[int, tuple[int | None, ...] | None]:
        kind, shape = 0, None
        for field, _, (value, end) in members(self._model, span, TENSOR_TYPE, where):
            if field == "elem_type":
                kind = value
            else:
                shape = tuple(self._dimension(place, where) for place in self._of((value, end), SHAPE, where, "dim"))
        return kind, shape

    def _dimension(self, span: Span, where: str) -> int | None:
        self._count()
        size = None
        for field, _, (value, _) in members(self._model, span, DIMENSION, where):
            if field == "dim_value":
                size = dimension(value, where)
        return size

    def _of(self, span: Span, message: Message, where: str, field: str) -> Iterator[Span]:
        return (place for name, _, place in members(self._model, span, message, where) if name == field)

    def _count(self) -> None:
        self._values += 1
        if self._values > MAX_VALUES:
            raise ModelUnsound(f"graph: expected up to {MAX_VALUES} attributes, names and dimensions")
