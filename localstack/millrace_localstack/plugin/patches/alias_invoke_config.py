"""The event-invoke config of an alias.

LocalStack 2026.3.0: an asynchronous invocation looks its config (retries, age, destinations) up by the version that
ran, so that a config put on an alias is accepted and never used.
AWS: the config belongs to the qualifier that was invoked; an invocation of the alias uses the alias's.
Here: while such an invocation is dealt with, its version answers with the alias's config.
"""

from typing import Any

from localstack.services.lambda_.invocation import event_manager

from millrace_localstack.plugin.patches.overlay import Overlay


def apply() -> None:
    original = event_manager.Poller.handle_message

    def handle_message(self: Any, message: dict[str, Any]) -> None:
        original(_with_alias_config(self, message), message)

    event_manager.Poller.handle_message = handle_message


def _with_alias_config(poller: Any, message: dict[str, Any]) -> Any:
    invoked = event_manager.SQSInvocation.decode(message["Body"]).invocation.invoked_arn
    # arn:aws:lambda:<region>:<account>:function:<name>[:<qualifier>]
    qualifier = ":".join(invoked.split(":")[7:])
    manager = poller.version_manager
    config = manager.function.event_invoke_configs.get(qualifier)
    if config is None:
        return poller
    version = manager.function_version.id.qualifier
    function = Overlay(manager.function, event_invoke_configs={version: config})
    return Overlay(poller, version_manager=Overlay(manager, function=function))
