"""The state of a mapping that is updated.

LocalStack 2026.3.0: an update starts a new worker, and the old one, when it has ended, writes `Disabled` over the new
one's state: the mapping works, and is described as disabled.
AWS: the state is that of the mapping.
Here: only the worker that was created last writes it.
"""

from typing import Any
from weakref import WeakValueDictionary

from localstack.services.lambda_.event_source_mapping.esm_worker import EsmWorker

# The worker of each mapping that was created last, by UUID.
_newest: WeakValueDictionary[str, Any] = WeakValueDictionary()


def apply() -> None:
    create, update = EsmWorker.create, EsmWorker.update_esm_state_in_store

    def create_as_newest(self: Any) -> None:
        _newest[self.uuid] = self
        create(self)

    def update_if_newest(self: Any, new_state: Any) -> None:
        if _newest.get(self.uuid) is self:
            update(self, new_state)

    EsmWorker.create = create_as_newest
    EsmWorker.update_esm_state_in_store = update_if_newest
