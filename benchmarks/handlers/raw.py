"""The yardstick: XGBoost's own fastest call, on a float32 matrix that is ready."""

from typing import Any

from benchmarks.peers import common
from benchmarks.workload import Size, Workload


class Raw:
    def __init__(self, size: Size) -> None:
        self._workload, self._booster = Workload(size), common.load()

    def prepare(self, size: int) -> Any:
        return self._workload.matrix(size)

    def run(self, prepared: Any) -> Any:
        return self._booster.inplace_predict(prepared)
