"""What LocalStack loads. Imports are inside, as LocalStack's own modules must not load before its start."""

from typing import Any

from localstack.runtime import hooks
from localstack.runtime.server.core import RuntimeServerPlugin
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.plugins import Service, aws_provider


class ProcessExecutorPlugin(RuntimeExecutorPlugin):  # type: ignore[misc]
    name = "process"

    def load(self, *args: Any, **kwargs: Any) -> type:
        from millrace_localstack.plugin.functions.executor import ProcessExecutor

        return ProcessExecutor


class BoundGatewayPlugin(RuntimeServerPlugin):  # type: ignore[misc]
    name = "loopback"

    def load(self, *args: Any, **kwargs: Any) -> Any:
        from millrace_localstack.plugin.gateway import BoundGateway

        return BoundGateway()


@aws_provider(api="kinesis", name="in_process")  # type: ignore[misc]
def in_process_kinesis() -> Service:
    from millrace_localstack.plugin.kinesis.provider import InProcessKinesis, dispatch_table

    return Service.for_provider(InProcessKinesis(), dispatch_table_factory=dispatch_table)


@hooks.on_infra_start()  # type: ignore[misc]
def apply_patches() -> None:
    from millrace_localstack.plugin import lifeline, patches, private_storage, schedules
    from millrace_localstack.plugin.containers import start

    lifeline.hold()
    private_storage.apply()
    patches.apply()
    schedules.apply()
    start.apply()


# Before LocalStack's own hooks.
@hooks.on_infra_shutdown(priority=1000)  # type: ignore[misc]
def stop_at_once() -> None:
    from millrace_localstack.plugin import shutdown
    from millrace_localstack.plugin.containers import start

    start.stop()
    shutdown.stop_at_once()
