"""The form in which a model's predictions are written: the manifest's member `prediction`."""

from __future__ import annotations

from model_store import reserved
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from model_store.documents import Document

FULL, COMPACT = FORMS = ("full", "compact")


class PredictionForm(Value):
    """form : COMPACT leaves out what is constant for a release or a stream. partition_key : False leaves that out."""

    form: str = FULL
    partition_key: bool = True

    @classmethod
    def read(cls, document: Document) -> PredictionForm:
        """Raises DocumentInvalid."""
        reserved.check(document, "prediction", cls.__match_args__)
        form = document.one_of("form", FORMS) if "form" in document.members else FULL
        return cls(form, document.get("partition_key", bool, True))

    def written(self) -> dict[str, Any]:
        return {"form": self.form, "partition_key": self.partition_key} | reserved.neutral("prediction")

    @property
    def compact(self) -> bool:
        return self.form == COMPACT
