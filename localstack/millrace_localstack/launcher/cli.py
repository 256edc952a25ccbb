"""`python -m millrace_localstack install|start|stop|status|logs`."""

import argparse
import sys
import time
from pathlib import Path

from millrace_localstack.launcher import logs
from millrace_localstack.launcher.errors import LauncherError
from millrace_localstack.launcher.installation import SOURCE
from millrace_localstack.launcher.localstack import LocalStack

NOT_RUNNING = 3  # the exit status that service managers give for "not running"


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    localstack = LocalStack(options.root, getattr(options, "port", 4566), instance=options.instance)
    try:
        return int(options.command(localstack, options))
    except LauncherError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _install(localstack: LocalStack, options: argparse.Namespace) -> int:
    done = localstack.install()
    print(f"LocalStack {'installed in' if done else 'is up to date in'} {localstack.folders.venv}")
    return 0


def _start(localstack: LocalStack, options: argparse.Namespace) -> int:
    localstack.install()
    began = time.monotonic()
    localstack.start()
    print(f"LocalStack answers on {localstack.endpoint_url} after {time.monotonic() - began:.1f} s")
    for name, value in localstack.environment().items():
        print(f"export {name}={value}")
    return 0


def _stop(localstack: LocalStack, options: argparse.Namespace) -> int:
    was_there = localstack.process() is not None
    localstack.stop(keep_state=options.keep_state)
    print("LocalStack stopped" if was_there else "LocalStack was not running")
    return 0


def _status(localstack: LocalStack, options: argparse.Namespace) -> int:
    process = localstack.process()
    if process is None:
        print("LocalStack is not running")
        return NOT_RUNNING
    localstack.port = process.port
    answers = localstack.running()
    state = f"answers on {localstack.endpoint_url}" if answers else "does not answer"
    print(f"LocalStack {state} (process {process.pid})")
    return 0 if answers else 1


def _logs(localstack: LocalStack, options: argparse.Namespace) -> int:
    if options.path:
        print(localstack.log_file)
        return 0
    if not localstack.log_file.exists():
        raise LauncherError(f"There is no log yet at {localstack.log_file}: LocalStack has not been started.")
    if not options.follow:
        print(logs.tail(localstack.log_file, options.lines))
        return 0
    for text in logs.follow(localstack.log_file, lambda: localstack.process() is not None):
        print(text, end="", flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m millrace_localstack", description="LocalStack without Docker")
    parser.add_argument("--root", type=Path, default=SOURCE.parent, help="the project's folder")
    parser.add_argument("--instance", default="", help="one next to the usual one, as the tests start it")
    commands = parser.add_subparsers(required=True)

    command = commands.add_parser("install", help="make LocalStack's environment, if it is not up to date")
    command.set_defaults(command=_install)

    command = commands.add_parser("start", help="install if needed, start, wait until it answers")
    command.add_argument("--port", type=int, default=4566)
    command.set_defaults(command=_start)

    command = commands.add_parser("stop", help="stop it and remove its private state")
    command.add_argument("--keep-state", action="store_true", help="leave the state and scratch folders")
    command.set_defaults(command=_stop)

    command = commands.add_parser("status", help="exit status: 0 answers, 1 runs but does not answer, 3 not running")
    command.set_defaults(command=_status)

    command = commands.add_parser("logs", help="the end of the log")
    command.add_argument("--path", action="store_true", help="where the log is, nothing else")
    command.add_argument("--lines", type=int, default=40)
    command.add_argument("--follow", action="store_true", help="all of it, and on until LocalStack stops")
    command.set_defaults(command=_logs)
    return parser
