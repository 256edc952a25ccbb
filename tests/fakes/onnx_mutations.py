"""ONNX files damaged at random, but the same way for the same seed: their bytes, or the members of their messages."""

import random
from collections.abc import Iterator
from typing import Any

import onnx
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from tests.fakes.mutations import FLOATS, INTEGERS, TEXTS, cut, flipped, spliced

NAMES = (*TEXTS, "y", "w", "ai.onnx.ml", "Loop", "Softmax", "Relu", "ConstantOfShape", "Gather", "Expand", "value")
Place = tuple[Message, FieldDescriptor]


class OnnxMutations:
    """The ways to damage one file; `model` gives the bytes of the one with a certain number."""

    def __init__(self, original: bytes) -> None:
        self._original = original

    def model(self, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 1 / 3:
            return chance.choice((flipped, flipped, spliced, cut))(self._original, chance)
        damaged = onnx.ModelProto.FromString(self._original)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            try:
                _damage(*chance.choice(list(_places(damaged))), chance)
            except (ValueError, TypeError):  # a value that the member cannot have
                continue
        return damaged.SerializeToString()


def _places(message: Message) -> Iterator[Place]:
    for field, value in message.ListFields():
        yield message, field
        if field.message_type is not None:
            for inner in value if field.is_repeated else [value]:
                yield from _places(inner)


def _damage(message: Message, field: FieldDescriptor, chance: random.Random) -> None:
    if chance.random() < 0.15:
        message.ClearField(field.name)
    elif field.is_repeated:
        _reshape(getattr(message, field.name), field, chance)
    elif field.message_type is None:
        setattr(message, field.name, _another(field, getattr(message, field.name), chance))


def _reshape(items: Any, field: FieldDescriptor, chance: random.Random) -> None:
    at = chance.randrange(len(items))
    match chance.randrange(4):
        case 0:
            del items[at]
        case 1:
            items.extend(items[: at + 1])
        case 2:
            items.insert(0, items.pop(at))
        case _ if field.message_type is None:
            items[at] = _another(field, items[at], chance)


def _another(field: FieldDescriptor, old: Any, chance: random.Random) -> Any:
    if isinstance(old, bytes):
        return flipped(old, chance) if old and chance.random() < 0.8 else chance.choice(NAMES).encode()
    if isinstance(old, str):
        return chance.choice(NAMES)
    return chance.choice(FLOATS if isinstance(old, float) else INTEGERS)
