"""Which predictions carry feature attributions, and how many: the release's member `attributions`."""

from __future__ import annotations

from model_store.documents import Document
from model_store.errors import DocumentInvalid
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_TOP = 100
# `rest`, `base` and `margin` alone need up to 150 bytes; more than 16 KiB would be most of a sink's message.
LEAST_BYTES, MOST_BYTES = 256, 16 * 1024


class AttributionSetting(Value):
    """A prediction is explained if it is in the `share`, or if its score is `above` or higher.

    share : of the predictions, 0 to 1, by their ids, so that copies agree. above : None: no score is reason enough; of
    many classes, the top one's score counts. top : features named. max_bytes : of the member in the prediction.
    """

    share: float = 0.0
    above: float | None = None
    top: int = 5
    max_bytes: int = 1024

    @classmethod
    def read(cls, value: Any, path: str) -> AttributionSetting:
        """Raises DocumentInvalid with the member's path."""
        document = Document.of(value, path)
        document.only(cls.__match_args__)
        setting = cls(
            share=document.get("share", float, 0.0),
            above=None if document.members.get("above") is None else document.get("above", float),
            top=document.get("top", int, 5),
            max_bytes=document.get("max_bytes", int, 1024),
        )
        setting.check(path)
        return setting

    def check(self, path: str) -> None:
        """Raises DocumentInvalid where a member is out of its bounds."""
        if not 0 <= self.share <= 1:
            raise DocumentInvalid(f"{path}.share: expected 0 to 1, got {self.share:g}")
        if self.share == 0 and self.above is None:
            lack = "expected a share above 0, or a score in above, got neither; null turns attributions off"
            raise DocumentInvalid(f"{path}: {lack}")
        if not 1 <= self.top <= MAX_TOP:
            raise DocumentInvalid(f"{path}.top: expected 1 to {MAX_TOP} features, got {self.top}")
        if not LEAST_BYTES <= self.max_bytes <= MOST_BYTES:
            raise DocumentInvalid(
                f"{path}.max_bytes: expected {LEAST_BYTES:,} to {MOST_BYTES:,} bytes, got {self.max_bytes:,}"
            )
