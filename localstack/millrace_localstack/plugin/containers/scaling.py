"""Target tracking, as application autoscaling does it: from what was measured to the number of tasks.

https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
"""

import math
from dataclasses import dataclass

REQUESTS, CPU = "ALBRequestCountPerTarget", "ECSServiceAverageCPUUtilization"
# Down only where it would not go up again at once: AWS's lower alarm is at 90 % of the target.
DOWN = 0.9


@dataclass(frozen=True)
class TrackingPolicy:
    """metric : REQUESTS or CPU. target : its value for each task; cooldowns in seconds."""

    metric: str
    target: float
    out_seconds: float
    in_seconds: float


@dataclass(frozen=True)
class TaskLimits:
    least: int
    most: int


class TargetTracking:
    """Decides for one service. times are seconds from any origin."""

    def __init__(self) -> None:
        self._changed_at = -math.inf

    def decide(
        self, policies: list[TrackingPolicy], limits: TaskLimits, count: int, measured: dict[str, float], now: float
    ) -> int:
        """The number of tasks. measured : the average of a task, by metric; one that is missing asks for no change."""
        wanted = [self._wanted(policy, count, measured, now) for policy in policies]
        decided = min(max(max(wanted, default=count), limits.least), limits.most)
        if decided != count:
            self._changed_at = now
        return decided

    def _wanted(self, policy: TrackingPolicy, count: int, measured: dict[str, float], now: float) -> int:
        value = measured.get(policy.metric)
        if value is None:
            return count
        wanted = math.ceil(count * value / policy.target - 1e-9)
        since = now - self._changed_at
        if wanted > count:
            return wanted if since >= policy.out_seconds else count
        low = value < DOWN * policy.target
        return wanted if low and since >= policy.in_seconds else count
