"""The endpoint's limits in docs/http.md, and the container's settings in docs/container.md, are those of the code."""

import re

from http_api.settings import BODY_BYTES, EVENTS
from millrace.paths import ROOT
from scorer.server.settings import ServerSettings

CONTAINER = (ROOT / "docs" / "container.md").read_text()
TABLE = CONTAINER.partition("| variable | default | |\n|---|---|---|\n")[2].partition("\n\n")[0]
NAME = re.compile(r"`([^`]+)`")


class AskedEnvironment(dict[str, str]):
    """Remembers what it was asked for."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, key: str, default: object = None) -> str:  # type: ignore[override]
        self.asked.add(key)
        return super().get(key, default)  # type: ignore[arg-type, return-value]


def defaults() -> dict[str, str]:
    """The variables of the table, with what it says that they are without being set."""
    found: dict[str, str] = {}
    for row in TABLE.splitlines():
        names, values = row.split("|")[1:3]
        found |= dict(zip(NAME.findall(names), NAME.findall(values) or [""], strict=True))
    return found


def test_the_containers_variables_and_their_defaults_are_those_that_it_reads() -> None:
    plain = AskedEnvironment({"ANONYMOUS": "true"})
    settings = ServerSettings.from_environment(plain)

    assert plain.asked == set(defaults())
    assert ServerSettings.from_environment(defaults() | {"ANONYMOUS": "true"}) == settings
    assert defaults()["ANONYMOUS"] == "false"


def test_the_container_gets_the_time_to_end_that_terraform_gives_it() -> None:
    seconds = re.search(r"stop_seconds +?= (\d+)", (ROOT / "terraform" / "modules" / "service" / "main.tf").read_text())

    assert seconds
    assert f"{seconds[1]} s until SIGKILL (`stopTimeout`)" in CONTAINER


def test_the_endpoints_limits_are_those_of_its_settings() -> None:
    page, contracts = ((ROOT / "docs" / name).read_text() for name in ("http.md", "contracts.md"))

    assert re.search(rf"^\| body, events of a request \| {BODY_BYTES >> 20} MiB, .*; {EVENTS:,}\. ", page, re.MULTILINE)
    assert f"| `MAX_BODY_BYTES` | of a request's body, also as inflated; default {BODY_BYTES >> 20} MiB |" in contracts
    assert f"| `MAX_EVENTS` | of a request; default {EVENTS:,} |" in contracts
