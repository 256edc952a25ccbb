"""Load by wrk, and what came of it: its own count of errors, and which model versions answered."""

import json
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

# Sends one request again and again, and looks into each answer: of which versions its predictions are.
_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[%s]==]
answers = {}
thread_ = nil
function setup(thread) thread_ = thread end
function response(status, headers, body)
  local versions, seen = {}, {}
  for version in body:gmatch('"version":"([^"]*)"') do
    if not seen[version] then seen[version] = true; table.insert(versions, version) end
  end
  local key = status .. " " .. table.concat(versions, "+")
  answers[key] = (answers[key] or 0) + 1
end
function done(summary, latency, requests)
  local parts = {}
  for key, count in pairs(thread_:get("answers")) do table.insert(parts, string.format('"%%s":%%d', key, count)) end
  local e = summary.errors
  print(string.format('FOUND {"requests":%%d,"connect":%%d,"read":%%d,"write":%%d,"timeout":%%d,"answers":{%%s}}',
    summary.requests, e.connect, e.read, e.write, e.timeout, table.concat(parts, ",")))
end
"""


class Wrk:
    """wrk, from entering to leaving. Then: requests, errors (by wrk's own names) and answers.

    answers : the number by status and versions: {"200 1": 17} is 17 requests, whose predictions all are of version 1.
    """

    def __init__(self, url: str, body: bytes, folder: Path, connections: int = 8) -> None:
        script = folder / "wrk.lua"
        script.write_text(_SCRIPT % body.decode())
        self._command = ["wrk", "-t1", f"-c{connections}", "-d3600s", "--timeout", "60s", "-s", script, url]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGINT)  # it ends with its summary
        said, _ = self._process.communicate(timeout=120)
        line = next((line for line in said.splitlines() if line.startswith("FOUND ")), "")
        assert line, said
        found: dict[str, Any] = json.loads(line.removeprefix("FOUND "))
        self.requests, self.answers = found.pop("requests"), found.pop("answers")
        self.errors = {name: count for name, count in found.items() if count}
