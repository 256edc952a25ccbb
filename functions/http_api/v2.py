"""The Open Inference Protocol V2 (REST), with binary tensor data.

https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
"""

from __future__ import annotations

import json
import sys
from array import array

from http_api import tensors
from http_api.errors import RequestRefused
from http_api.messages import HttpResponse
from http_api.parsed import ParsedRequest
from http_api.record import ROW
from http_api.tensors import BYTES, FP32
from records.faults import Code, Fault
from records.strict_json import decode
from scoring.events.open_inference import Tensors
from scoring.predictions import label_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from http_api.messages import HttpRequest
    from http_api.parsed import RequestAnswer, RequestIdentity, ScoredRow
    from http_api.variant import HttpServing, HttpVariant

HEADER_LENGTH = "inference-header-content-length"
SCORE, SCORES, LABEL, PREDICTION_ID, ATTRIBUTIONS = "score", "scores", "label", "prediction_id", "attributions"
DATATYPES = {"float": FP32, "int": "INT64", "bool": "BOOL", "category": BYTES}
_compact = json.JSONEncoder(separators=(",", ":")).encode


class InferRequest(ParsedRequest):
    """An inference request: rows of tensors."""

    def __init__(
        self, request: HttpRequest, identity: RequestIdentity, serving: HttpServing, version: str, *, most: int
    ) -> None:
        """version : of the path; empty: none. most : rows. Raises RequestRefused, Fault."""
        text, binary = tensors.parts(request.body, request.headers.get(HEADER_LENGTH))
        sent = decode(text)
        self._model = identity.model
        self.id = _optional(sent, "id", str, "")
        parameters = _optional(sent, "parameters", dict, {}, "")
        self._outputs = _outputs(sent)
        self._all_binary = bool(parameters.get("binary_data_output"))
        named = (self._outputs or {}).keys()
        explained = bool(parameters.get(ATTRIBUTIONS)) or ATTRIBUTIONS in named
        self._explained = explained
        inputs = _with_data(sent.get("inputs"), binary, files=serving.champion.takes_images)
        read = Tensors(serving.champion.read_manifest).read(sent | {"inputs": inputs})
        rows = read[0].shape[0]
        if rows > most:
            raise RequestRefused(413, "TOO_MANY_EVENTS", f"expected up to {most} rows in a request, got {rows}")
        records = [
            identity.record(ROW, index=row, tensors=read, version=version, explained=explained) for row in range(rows)
        ]
        super().__init__(records, version)

    def response(self, answer: RequestAnswer) -> HttpResponse:
        variant = answer.rows[0].variant
        members: dict[str, Any] = {"model_name": self._model, "model_version": variant.version}
        if self.id:
            members["id"] = self.id
        members["parameters"] = {"variant": variant.name}
        outputs, binary = [], []
        for name, as_bytes in self._wanted(variant):
            output, raw = _output(name, variant, answer.rows, as_bytes)
            outputs.append(output)
            binary.append(raw)
        text = _compact(members | {"outputs": outputs}).encode("ascii")
        if not any(binary):
            return HttpResponse(200, {"content-type": "application/json"}, text)
        headers = {"content-type": "application/octet-stream", HEADER_LENGTH: str(len(text))}
        return HttpResponse(200, headers, b"".join([text, *binary]))

    def _wanted(self, variant: HttpVariant) -> list[tuple[str, bool]]:
        """The outputs to send, and whether as bytes. Raises RequestRefused."""
        names = output_names(variant) + ([ATTRIBUTIONS] if self._explained else [])
        if self._outputs is None:
            return [(name, self._all_binary) for name in names]
        for i, name in enumerate(self._outputs):
            if name not in names:
                detail = f"expected one of {', '.join(names)}"
                raise RequestRefused(400, Code.WRONG_SHAPE, detail, f"/outputs/{i}/name")
        return [(name, self._all_binary if as_bytes is None else as_bytes) for name, as_bytes in self._outputs.items()]


def output_names(variant: HttpVariant) -> list[str]:
    """The outputs that a response has unless the request names others."""
    output = variant.manifest.output
    labelled = bool(output.labels) and (variant.classes > 1 or output.threshold is not None)
    return [SCORE if variant.classes == 1 else SCORES, *([LABEL] if labelled else []), PREDICTION_ID]


def server_metadata(version: str) -> dict[str, Any]:
    return {"name": "millrace", "version": version, "extensions": ["binary_tensor_data"]}


def model_metadata(model: str, serving: HttpServing, variant: HttpVariant) -> dict[str, Any]:
    """What a model reads and gives: a tensor for each feature, with a value for each row."""
    return {
        "name": model,
        "versions": [one.version for one in serving.variants.values()],
        "platform": f"{variant.manifest.framework.name}_{variant.manifest.file.name.rpartition('.')[2]}",
        "inputs": [
            {"name": feature.name, "datatype": DATATYPES.get(feature.type, BYTES), "shape": [-1]}
            for feature in variant.manifest.features
        ],
        "outputs": [
            {
                "name": name,
                "datatype": FP32 if name in (SCORE, SCORES) else BYTES,
                "shape": [-1, variant.classes] if name == SCORES else [-1],
            }
            for name in output_names(variant)
        ],
    }


def _output(name: str, variant: HttpVariant, rows: Sequence[ScoredRow], as_bytes: bool) -> tuple[dict[str, Any], bytes]:
    """An output tensor of a response, and its bytes where it is sent so."""
    shape, datatype = [len(rows)], BYTES
    texts: list[str] = []
    scores: array[float] = array("f")
    if name in (SCORE, SCORES):
        datatype = FP32
        scores = _scores(rows, variant.classes)
        shape += [variant.classes] if name == SCORES else []
    elif name == LABEL:
        classes, output = variant.classes, variant.manifest.output
        texts = [label_of(output, row.table.scores[row.row * classes : (row.row + 1) * classes]) or "" for row in rows]
    elif name == PREDICTION_ID:
        texts = [row.record.prediction_id for row in rows]
    else:
        texts = [row.attributions.removeprefix('"attributions":').removesuffix(",") for row in rows]
    output_: dict[str, Any] = {"name": name, "datatype": datatype, "shape": shape}
    if not as_bytes:
        return output_ | {"data": scores.tolist() if datatype == FP32 else texts}, b""
    raw = _little_endian(scores) if datatype == FP32 else tensors.write(texts)
    return output_ | {"parameters": {"binary_data_size": len(raw)}}, raw


def _scores(rows: Sequence[ScoredRow], classes: int) -> array[float]:
    scores: array[float] = array("f")
    for row in rows:
        scores += row.table.scores[row.row * classes : (row.row + 1) * classes]
    return scores


def _little_endian(scores: array[float]) -> bytes:
    if sys.byteorder == "big":
        scores.byteswap()
    return scores.tobytes()


def _outputs(sent: dict[str, Any]) -> dict[str, bool | None] | None:
    """The outputs that a request names, and whether as bytes; None where it names none. Raises Fault."""
    found = _optional(sent, "outputs", list, [])
    if not found:
        return None
    outputs: dict[str, bool | None] = {}
    for i, item in enumerate(found):
        if type(item) is not dict or type(item.get("name")) is not str:
            raise _wrong(f"/outputs/{i}", "expected an object with the output's name")
        parameters = _optional(item, "parameters", dict, {}, f"/outputs/{i}")
        binary = parameters.get("binary_data")
        outputs[item["name"]] = None if binary is None else bool(binary)
    return outputs


def _with_data(inputs: Any, binary: bytes, *, files: bool) -> Any:
    """The tensors with the data that came as bytes, in the order of the tensors. Raises Fault.

    files : as in `tensors.read`.
    """
    if type(inputs) is not list:
        return inputs
    found, at = [], 0
    for i, item in enumerate(inputs):
        parameters = item.get("parameters") if type(item) is dict else None
        if type(item) is dict and item.get("datatype") not in tensors.DATATYPES:
            raise _wrong(f"/inputs/{i}/datatype", f"expected one of {', '.join(tensors.DATATYPES)}")
        if type(parameters) is dict and "binary_data_size" in parameters:
            size = parameters["binary_data_size"]
            if type(size) is not int or not 0 <= size <= len(binary) - at:
                where = f"/inputs/{i}/parameters/binary_data_size"
                raise _wrong(where, "expected no more bytes than follow the JSON")
            if "data" in item:
                raise _wrong(f"/inputs/{i}", "expected the data in the JSON or after it, got both")
            item = item | {"data": tensors.read(item, binary[at : at + size], f"/inputs/{i}", files=files)}
            at += size
        found.append(item)
    if at != len(binary):
        raise _wrong("/inputs", "expected tensors for all the bytes that follow the JSON")
    return found


def _optional(holder: dict[str, Any], name: str, kind: type, default: Any, where: str = "") -> Any:
    value = holder.get(name, default)
    if type(value) is not kind:
        expected = {"str": "a string", "dict": "an object", "list": "an array"}[kind.__name__]
        raise Fault(Code.WRONG_TYPE, f"{where}/{name}", f"expected {expected}")
    return value


def _wrong(path: str, detail: str) -> Fault:
    return Fault(Code.WRONG_SHAPE, path, detail)
