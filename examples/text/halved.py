"""The same network with its large weights in float16: half the file. The graph casts them, and computes in float32."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LEAST = 10_000  # numbers of a tensor that is worth it


def halved(model: bytes) -> bytes:
    net = onnx.load_from_string(model)
    for place, weights in enumerate(net.graph.initializer):
        values = numpy_helper.to_array(weights)
        if values.dtype == np.float32 and values.size >= LEAST:
            name = weights.name
            net.graph.initializer[place].CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
            net.graph.node.insert(0, helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    return bytes(net.SerializeToString())
