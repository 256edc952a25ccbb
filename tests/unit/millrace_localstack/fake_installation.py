"""An installation whose LocalStack is a small program: it answers for its health, and ends as it is told."""

import json
import sys
from pathlib import Path

from millrace_localstack.launcher import LocalStack

# What LocalStack's process gets for a start is enough for it: GATEWAY_LISTEN, and BEHAVIOUR of the test.
PROGRAM = """\
import os, signal, subprocess, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer

behaviour = os.environ.get("BEHAVIOUR", "")
print("fake LocalStack:", behaviour or "as usual", flush=True)
if behaviour == "fails":
    sys.exit("fake LocalStack: no such provider")
if behaviour == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if behaviour == "parent":
    print("child", subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid, flush=True)
if behaviour == "silent":
    time.sleep(600)


class Health(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        pass


host, port = os.environ["GATEWAY_LISTEN"].split(":")
HTTPServer((host, int(port)), Health).serve_forever()
"""


def fake_localstack(root: Path, port: int, behaviour: str = "") -> LocalStack:
    localstack = LocalStack(root, port, settings={"BEHAVIOUR": behaviour})
    folders = localstack.folders
    folders.python.parent.mkdir(parents=True, exist_ok=True)
    folders.prebuilt.mkdir(exist_ok=True)
    program = folders.base / "program.py"
    program.write_text(PROGRAM)
    folders.python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{program}" "$@"\n')
    folders.python.chmod(0o755)
    folders.stamp.write_text(json.dumps({"environment": "fake", "plugin": "fake"}))
    return localstack
