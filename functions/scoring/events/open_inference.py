"""Open Inference requests: https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md

A request has a tensor for each feature, of its name and with a value for each event, or one tensor with a row for
each event, whose columns are the features in the manifest's order.
"""

from __future__ import annotations

import json

from records.faults import Code, Fault, Ignored
from records.strict_json import decode
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from model_store.manifest import Manifest
    from scoring.validate import Row, Validator

MOST_DIMENSIONS = 64  # as numpy has it
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class Tensor(Value):
    """shape : rows first. data : the values, row by row."""

    name: str
    datatype: str
    shape: list[int]
    data: list[Any]
    path: str

    @property
    def width(self) -> int:
        """Values a row, of a tensor that has rows."""
        return len(self.data) // self.shape[0]

    def row(self, number: int) -> dict[str, Any]:
        """A tensor of one row, as in a request."""
        data = self.data[number * self.width : (number + 1) * self.width]
        return {"name": self.name, "shape": [1, *self.shape[1:]], "datatype": self.datatype, "data": data}


class Tensors:
    """The tensors of a request for one model."""

    def __init__(self, manifest: Manifest) -> None:
        self._names = [feature.name for feature in manifest.features]

    def split(self, data: bytes) -> list[bytes]:
        """Requests of one event each. Raises Fault."""
        request = decode(data)
        tensors = self.read(request)
        rest = {name: value for name, value in request.items() if name != "inputs"}
        rows = range(tensors[0].shape[0])
        try:
            return [_encode(rest | {"inputs": [tensor.row(row) for tensor in tensors]}).encode() for row in rows]
        except ValueError:
            raise Fault(Code.NON_FINITE, "/inputs", "expected numbers that a float can hold") from None

    def read(self, request: dict[str, Any]) -> list[Tensor]:
        """The tensors, checked: all with the same number of rows, at least one. Raises Fault."""
        inputs = request.get("inputs")
        if type(inputs) is not list or not inputs:
            raise _wrong("/inputs", "expected an array of tensors")
        tensors = [_tensor(item, f"/inputs/{number}") for number, item in enumerate(inputs)]
        if len({tensor.name for tensor in tensors}) != len(tensors):
            raise _wrong("/inputs", "expected each tensor once")
        if len({tensor.shape[0] for tensor in tensors}) != 1:
            raise _wrong("/inputs", "expected the same number of rows in each tensor")
        if tensors[0].shape[0] < 1:
            raise _wrong("/inputs", "expected at least one event, got none")
        return tensors

    def values(self, tensors: list[Tensor], row: int = 0) -> tuple[list[Any], list[str]]:
        """The values of one event in the features' order, and their paths. Raises Fault."""
        first, width = tensors[0], len(self._names)
        if len(tensors) == 1 and len(first.shape) == 2 and first.width == width:
            places = range(row * width, (row + 1) * width)
            return first.data[row * width : (row + 1) * width], [f"{first.path}/data/{place}" for place in places]
        found = {tensor.name: tensor for tensor in tensors if tensor.name in self._names}
        if not found:
            raise Fault(Code.NO_FEATURES, "/inputs", "expected a tensor of one of the model's features")
        for tensor in found.values():
            if tensor.width != 1:
                raise _wrong(f"{tensor.path}/shape", "expected one value for each event")
        values = [found[name].data[row] if name in found else None for name in self._names]
        return values, [f"{found[name].path}/data/{row}" if name in found else "/inputs" for name in self._names]


class RequestReader:
    """Reads a request of one event."""

    def __init__(self, manifest: Manifest, validator: Validator) -> None:
        from scoring.events.ignore import IgnoreRules
        from scoring.events.passthrough import Passthrough

        self._tensors, self._validator = Tensors(manifest), validator
        self._ignored = IgnoreRules(manifest.event.ignore)
        self._passing = Passthrough(manifest.event.passthrough) if manifest.event.passthrough else None

    def row(self, data: bytes) -> Row:
        """The row of an event. Raises Fault, and Ignored."""
        request = decode(data)
        if self._ignored.match(request):
            raise Ignored
        event_id = self._validator.event_id(request)
        tensors = self._tensors.read(request)
        if tensors[0].shape[0] != 1:
            raise _wrong("/inputs", "expected one event: the manifest allows no more in a record")
        row = self._validator.ordered(*self._tensors.values(tensors), event_id)
        return row._replace(passthrough=self._passing.of(request)) if self._passing else row


def _tensor(item: Any, path: str) -> Tensor:
    kinds = {"name": str, "datatype": str, "shape": list, "data": list}
    if type(item) is not dict or any(type(item.get(name)) is not kind for name, kind in kinds.items()):
        raise _wrong(path, "expected a tensor: name, datatype, shape and data")
    shape, data = item["shape"], _flat(item["data"])
    if not _fits(shape, len(data)):
        raise _wrong(f"{path}/shape", "expected the shape of the data, with the number of events first")
    return Tensor(item["name"], item["datatype"], shape, data, path)


def _fits(shape: list[Any], count: int) -> bool:
    """Whether `count` values have this shape. A client chooses the sizes: no number grows far beyond the count."""
    product = 1
    for size in shape[: MOST_DIMENSIONS + 1]:
        if type(size) is not int or not 0 <= size <= count:
            return False
        product *= size
        if product > count:
            return False
    return 1 <= len(shape) <= MOST_DIMENSIONS and product == count


def _flat(data: list[Any]) -> list[Any]:
    """The values of nested arrays, row by row."""
    if not any(type(value) is list for value in data):
        return data
    found, waiting = [], [iter(data)]
    while waiting:  # each value once, however deep it is: a client decides how deep
        for value in waiting[-1]:
            if type(value) is list:
                waiting.append(iter(value))
                break
            found.append(value)
        else:
            waiting.pop()
    return found


def _wrong(path: str, detail: str) -> Fault:
    return Fault(Code.WRONG_SHAPE, path, detail)
