"""IAM.

LocalStack 2026.3.0: keeps roles and policies, and lets everybody do everything.
AWS: lets a role or a service do what policies allow, the key's included, and says what is missing.
Here: likewise, for functions, event source mappings, and services that call for a topic, a rule, an alarm or a bucket
(plugin/iam). Calls with other keys are the account's administrator's. `IAM=off` leaves all of it out.
"""

import os
from typing import Any

_applied = False


def applied() -> bool:
    """Whether policies are enforced in this LocalStack."""
    return _applied


def apply() -> None:
    global _applied
    if os.environ.get("IAM") == "off":
        return
    from localstack.aws import handlers

    from millrace_localstack.plugin.iam import alarm_actions, function_logs, mappings, record

    handlers.serve_custom_service_request_handlers.append(_check)
    handlers.run_custom_response_handlers.append(_changed)
    for part in (alarm_actions, function_logs, mappings, record):
        part.apply()
    _applied = True


def _check(chain: Any, context: Any, response: Any) -> None:
    from millrace_localstack.plugin.iam import enforcement

    enforcement.check_request(context)


def _changed(chain: Any, context: Any, response: Any) -> None:
    from millrace_localstack.plugin.iam import enforcement

    if context.operation:
        enforcement.changed(context)
