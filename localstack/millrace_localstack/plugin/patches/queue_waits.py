"""How a mapping asks an empty queue.

LocalStack 2026.3.0: asks, gets nothing, and stays away for a while: messages wait for it, and the asking is most of
what a LocalStack without work does.
AWS: waits at the queue (a long poll).
Here: likewise, for a second at a time, so that a mapping that is switched off ends soon.
"""

from typing import Any

from localstack.services.lambda_.event_source_mapping.pollers.sqs_poller import SqsPoller

WAIT_SECONDS = 1


def apply() -> None:
    original = SqsPoller._register_client_hooks

    def register_client_hooks(self: Any) -> None:
        original(self)
        self.source_client.meta.events.register("provide-client-params.sqs.ReceiveMessage", _wait)

    SqsPoller._register_client_hooks = register_client_hooks


def _wait(params: dict[str, Any], **_: Any) -> None:
    params["WaitTimeSeconds"] = max(params["WaitTimeSeconds"], WAIT_SECONDS)
