"""IAM.

LocalStack 2026.3.0: keeps roles and policies, and lets everybody do everything.
AWS: lets a role or a service do what policies allow, the key's included, and says what is missing.
Here: likewise, for functions, event source mappings, and services that call for a topic, a rule, an alarm or a bucket
(plugin/iam). Calls with other keys are the account's administrator's. `IAM=off` leaves all of it out.
"""

import os
from typing import Any

SETTING = "IAM"
_applied = False


def applied() -> bool:
    """Whether policies are enforced in this LocalStack."""
    return _applied


def wanted(setting: str) -> bool:
    """What `setting` stands for; ValueError says what is wrong with it."""
    match setting:
        case "" | "on":
            return True
        case "off":
            return False
        case other:
            raise ValueError(f"{SETTING} is {other!r}: expected on or off")


def apply() -> None:
    global _applied
    if not wanted(os.environ.get(SETTING, "")):
        return
    from localstack.aws import handlers

    from millrace_localstack.plugin.iam import internal, record

    handlers.serve_custom_service_request_handlers.append(_check)
    handlers.run_custom_response_handlers.append(_changed)
    internal.say_who_calls()
    record.serve()
    _applied = True


def _check(chain: Any, context: Any, response: Any) -> None:
    from millrace_localstack.plugin.iam import enforcement

    enforcement.check_request(context)


def _changed(chain: Any, context: Any, response: Any) -> None:
    from millrace_localstack.plugin.iam import enforcement

    if context.operation:
        enforcement.changed(context)
