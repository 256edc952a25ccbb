"""Stands between the scorer and its sink, and tells the ledger which answers the scorer got."""

from collections.abc import Callable
from typing import Any

from tests.simulation.ledger import Ledger


class Witness:
    """The sink's client, watched."""

    def __init__(self, client: Any, ledger: Ledger) -> None:
        self._client, self._ledger = client, ledger
        self.exceptions = client.exceptions

    def put_records(self, **call: Any) -> Any:
        return self._watched(self._client.put_records, call)

    def publish_batch(self, **call: Any) -> Any:
        return self._watched(self._client.publish_batch, call)

    def send_message_batch(self, **call: Any) -> Any:
        return self._watched(self._client.send_message_batch, call)

    def _watched(self, method: Callable[..., Any], call: dict[str, Any]) -> Any:
        try:
            answer = method(**call)
        except BaseException:  # the end of the process too
            self._ledger.unanswered()
            raise
        self._ledger.answered()
        return answer
