"""EfficientNet-Lite0 as ONNX: the weights that a package has for PyTorch, read without it.

https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite: EfficientNet without
squeeze-and-excite, its activations ReLU6, its stem and head not scaled.
"""

import collections
import pickle
import struct
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE, CLASSES = 224, 1000
# Indices of ImageNet's classes: domestic cats, and breeds of dogs.
CATS, DOGS = range(281, 286), range(151, 269)
OPSET, IR = 17, 8
_EPSILON = 1e-3  # of the batch normalisations
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_STORAGES = {"FloatStorage": "<f4", "LongStorage": "<i8"}


class Stage(NamedTuple):
    """Blocks alike: how many, the side of their filters, the first one's stride, and their channels."""

    blocks: int
    kernel: int
    stride: int
    expansion: int
    taken: int
    given: int


STAGES = (
    Stage(1, 3, 1, 1, 32, 16),
    Stage(2, 3, 2, 6, 16, 24),
    Stage(2, 5, 2, 6, 24, 40),
    Stage(3, 3, 2, 6, 40, 80),
    Stage(3, 5, 1, 6, 80, 112),
    Stage(4, 5, 2, 6, 112, 192),
    Stage(1, 3, 1, 6, 192, 320),
)


class _WeightsOnly(pickle.Unpickler):
    """Makes nothing but dictionaries and descriptions of tensors, whatever the file asks for."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, size, stride, *_: (storage, offset, size, stride)
        if module == "torch" and name in _STORAGES:
            return name
        raise pickle.UnpicklingError(f"expected weights, got {module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        return pid


def weights(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a file that torch.save wrote before version 1.6, by name."""
    with path.open("rb") as file:
        magic, _, _ = (pickle.load(file) for _ in range(3))  # noqa: S301 - numbers; then protocol and system
        if magic != _LEGACY_MAGIC:
            raise ValueError(f"{path}: expected weights as PyTorch 1.5 writes them")
        described, keys = _WeightsOnly(file).load(), _WeightsOnly(file).load()
        kinds = {storage[2]: storage[1] for storage, *_ in described.values()}
        storages = {key: _storage(file, _STORAGES[kinds[key]]) for key in keys}
    return {name: _array(storages[storage[2]], *place) for name, (storage, *place) in described.items()}


def _storage(file: BinaryIO, kind: str) -> np.ndarray:
    (count,) = struct.unpack("<q", file.read(8))
    return np.frombuffer(file.read(count * np.dtype(kind).itemsize), kind)


def _array(storage: np.ndarray, offset: int, size: tuple[int, ...], stride: tuple[int, ...]) -> np.ndarray:
    strides = [step * storage.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(storage[offset:], size, strides).copy()


class _Graph:
    """Nodes and weights; each method adds a layer to an output's name, and returns its own."""

    def __init__(self, found: dict[str, np.ndarray]) -> None:
        self._found = found
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._low, self._high = self.constant("low", np.float32(0)), self.constant("high", np.float32(6))

    def constant(self, name: str, value: Any) -> str:
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def add(self, operator: str, *taken: str, **attributes: Any) -> str:
        name = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, taken, [name], **attributes))
        return name

    def convolution(
        self, taken: str, weight: str, norm: str, side: int, *, stride: int = 1, each: bool = False, relu: bool = True
    ) -> str:
        """A convolution with the batch normalisation in its weights. side : of what it takes. each : channel alone."""
        filters = self._found[f"{weight}.weight"]
        scale = self._found[f"{norm}.weight"] / np.sqrt(self._found[f"{norm}.running_var"] + _EPSILON)
        bias = self._found[f"{norm}.bias"] - self._found[f"{norm}.running_mean"] * scale
        kernel = filters.shape[2]
        # As TensorFlow pads: where it is not even on both sides, more behind.
        total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
        before, after = total // 2, total - total // 2
        name = self.add(
            "Conv",
            taken,
            self.constant(f"{weight}.w", (filters * scale[:, None, None, None]).astype(np.float32)),
            self.constant(f"{weight}.b", bias.astype(np.float32)),
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=[before, before, after, after],
            group=filters.shape[0] if each else 1,
        )
        return self.add("Clip", name, self._low, self._high) if relu else name

    def block(self, taken: str, name: str, side: int, stride: int, stage: Stage, channels: int) -> str:
        """An inverted bottleneck; what it takes is added where the shapes are the same."""
        inner = taken
        if stage.expansion > 1:
            inner = self.convolution(inner, f"{name}._expand_conv", f"{name}._bn0", side)
        inner = self.convolution(inner, f"{name}._depthwise_conv", f"{name}._bn1", side, stride=stride, each=True)
        inner = self.convolution(inner, f"{name}._project_conv", f"{name}._bn2", -(-side // stride), relu=False)
        return self.add("Add", inner, taken) if stride == 1 and channels == stage.given else inner

    def logits(self) -> str:
        """The whole network: `image`, float32 [n, 3, 224, 224], to a number for each class."""
        at, side = self.convolution("image", "_conv_stem", "_bn0", SIDE, stride=2), SIDE // 2
        number = 0
        for stage in STAGES:
            for place in range(stage.blocks):
                stride, channels = (stage.stride, stage.taken) if place == 0 else (1, stage.given)
                at = self.block(at, f"_blocks.{number}", side, stride, stage, channels)
                side, number = -(-side // stride), number + 1
        at = self.convolution(at, "_conv_head", "_bn1", side)
        at = self.add("Flatten", self.add("GlobalAveragePool", at), axis=1)
        fully = [self.constant(f"_fc.{kind}", self._found[f"_fc.{kind}"]) for kind in ("weight", "bias")]
        return self.add("Gemm", at, *fully, transB=1)

    def model(self, given: str, width: int) -> bytes:
        """The file, whose output `given` is called probabilities."""
        self.nodes[-1].output[0] = "probabilities"
        assert given.endswith(str(len(self.nodes) - 1))  # noqa: S101 - the last node's
        taken = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])
        result = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", width])
        graph = helper.make_graph(self.nodes, "efficientnet-lite0", [taken], [result], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString())


def recogniser(found: dict[str, np.ndarray]) -> bytes:
    """The probability of each class of ImageNet."""
    graph = _Graph(found)
    return graph.model(graph.add("Softmax", graph.logits(), axis=1), CLASSES)


def cat_or_dog(found: dict[str, np.ndarray]) -> bytes:
    """Of the probabilities of all cats and all dogs, the share of each: nothing is trained for it."""
    graph = _Graph(found)
    logits = graph.logits()
    sums = [
        graph.add(
            "ReduceLogSumExp",
            graph.add("Gather", logits, graph.constant(name, np.array(classes, np.int64)), axis=1),
            axes=[1],
            keepdims=1,
        )
        for name, classes in (("cats", CATS), ("dogs", DOGS))
    ]
    return graph.model(graph.add("Softmax", graph.add("Concat", *sums, axis=1), axis=1), 2)
