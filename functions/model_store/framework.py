"""The manifest's member `framework`: what evaluates the model, and what it was converted from."""

from __future__ import annotations

from model_store.documents import Document
from predictors import FRAMEWORKS
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class ModelOrigin(Value):
    """What a model was converted from: reported, and not checked.

    name, version : of the framework, or of its file's format. objective : as it is named there.
    sha256 : of the file, in hexadecimal.
    """

    name: str
    version: str
    objective: str
    sha256: str

    @classmethod
    def read(cls, value: Any, path: str) -> ModelOrigin:
        document = Document.of(value, path)
        document.only(cls.__match_args__)
        return cls(**{member: document.get(member, str) for member in cls.__match_args__})


class ModelFramework(Value):
    """What evaluates the model (see `predictors`), and the version that wrote it, which is reported and not checked.

    origin : what it was converted from; None for a model of the framework itself.
    """

    name: str
    version: str
    origin: ModelOrigin | None = None

    @classmethod
    def read(cls, document: Document) -> ModelFramework:
        document.only(cls.__match_args__)
        return cls(
            document.one_of("name", tuple(FRAMEWORKS)),
            document.get("version", str),
            document.optional("origin", ModelOrigin.read),
        )

    @property
    def described(self) -> str:
        """For people: `xgboost 3.4.1`, and what the model was converted from."""
        if self.origin is None:
            return f"{self.name} {self.version}"
        origin = f"{self.origin.name} {self.origin.version} ({self.origin.objective})"
        return f"{self.name} {self.version}, converted from {origin}"
