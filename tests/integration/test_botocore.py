"""The scorer with botocore's clients: on AWS the runtime's, here this environment's."""

from collections.abc import Callable
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from millrace.smoke.other_version import serving
from stream_producers.bad import with_bad
from stream_producers.synthetic import FEATURES, Sessions
from tests.integration.harness import Harness
from tests.integration.proxy import FaultProxy, Request, Response

OpenStack = Callable[[str], Harness]
BOTOCORE = ("botocore", "dateutil", "jmespath", "six", "urllib3")


def test_botocore_serves_in_place_of_our_own_clients(harness: OpenStack, proxy: FaultProxy, tmp_path: Path) -> None:
    direct = harness("direct")
    agents: set[str] = set()

    def note(request: Request) -> Response | None:
        if request.operation in ("GET", "PUT", "SendMessageBatch"):
            agents.add(request.agent.partition("/")[0])
        return None

    variables = {"SCORER_CLIENT": "botocore", "PYTHONPATH": str(_runtime(tmp_path))}
    with serving(direct.stack.client("lambda"), direct.stack.outputs["scorer"], variables), proxy.fault(note):
        events = with_bad(Sessions(901).events(), 0.1, FEATURES, seed=901, text_only=True)
        sent = direct.send(islice(events, 300), direct.stream)
        sent += direct.send(islice(Sessions(902).events(), 20), direct.topic)
        account = direct.settle()

    bad = sum(receipt.expected_code is not None for receipt in sent)
    assert bad > 10
    assert (account.predictions, sum(account.quarantined.values())) == (320 - bad, bad)
    assert "Botocore" in agents


def _runtime(folder: Path) -> Path:
    """A folder of which botocore, and what it imports, can be imported, and nothing else of this environment."""
    for name in BOTOCORE:
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        found = Path(spec.origin)
        source = found.parent if found.name == "__init__.py" else found
        (folder / source.name).symlink_to(source)
    return folder
