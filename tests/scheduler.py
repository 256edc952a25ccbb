"""Which worker of pytest-xdist runs which tests."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

# One worker for all tests of each of these. The longest come first, and short files last, so that both workers end
# together.
TOGETHER = ("tests/integration/", "tests/simulation/", "tests/terraform/", "tests/performance/", "tests/browser/")
EARLY = (
    *TOGETHER,
    "tests/unit/scripts/test_sanitize.py",
    "tests/unit/test_collection.py",
    "tests/unit/millrace/packaging/",
    "tests/fuzz/",
    "tests/property/",
    "tests/unit/millrace/",
)

# A worker runs an item only when it knows the next one, or that there is none.
ENOUGH_PENDING = 2


def turn(nodeid: str) -> int:
    """What sorts first runs first."""
    return next((i for i, start in enumerate(EARLY) if nodeid.startswith(start)), len(EARLY))


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """What shares an expensive fixture stays together: LocalStack and the apply, the simulated runs, the browser,
    Terraform's provider; of the others each file, with its fixtures.

    Scopes come in the order of their first tests.

    pytest-xdist 3.8 hangs after a worker crashed: it gives the replacement one group, with nothing in it where the
    crashed worker had run all of it, and waits for a result before it gives the next. Here a crashed worker leaves only
    what it has not begun, and a worker is given groups until it can run, or is shut down.
    """

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # it would put the files with the most tests first

    def remove_node(self, node: Any) -> str | None:
        """The test that the worker crashed on, if it did: it is reported as failed, and not run again."""
        groups = self.assigned_work.pop(node)
        left = {scope: [nodeid for nodeid, done in group.items() if not done] for scope, group in groups.items()}
        crashed = next((nodeids.pop(0) for nodeids in left.values() if nodeids), None)
        self.workqueue.update({scope: dict.fromkeys(nodeids, False) for scope, nodeids in left.items() if nodeids})
        for other in self.nodes:
            self._reschedule(other)
        return crashed

    def _reschedule(self, node: Any) -> None:
        if node.shutting_down or node not in self.registered_collections:
            return
        while self.workqueue and self._pending_of(self.assigned_work[node]) <= ENOUGH_PENDING:
            self._assign_work_unit(node)
        if not self.workqueue:
            node.shutdown()

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid.partition("::")[0])
