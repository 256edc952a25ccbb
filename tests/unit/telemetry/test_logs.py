import json
import logging
import re
import sys

import pytest

from millrace.paths import ROOT
from records.settings import ConfigInvalid
from telemetry import logs


def record(message="release loaded: %s", *arguments, level=logging.INFO, **members):
    made = logging.LogRecord("serving.models", level, __file__, 1, message, arguments or ("champion 1",), None)
    made.created = 1_700_000_000.25
    vars(made).update(members)
    return made


def test_a_record_is_one_line_of_json():
    line = logs.JsonLines().format(record(aws_request_id="9c6f2d9e"))
    assert (line[-1], line.count("\n")) == ("\n", 1)
    assert json.loads(line) == {
        "timestamp": "2023-11-14T22:13:20.250Z",
        "level": "INFO",
        "logger": "serving.models",
        "request_id": "9c6f2d9e",
        "message": "release loaded: champion 1",
    }


def test_what_a_line_says_beside_its_message_stands_in_it_by_name():
    line = logs.JsonLines().format(record(members={"hours": 25, "left": 9}))
    found = json.loads(line)
    assert (found["message"], found["hours"], found["left"]) == ("release loaded: champion 1", 25, 9)


def test_before_the_first_invocation_there_is_no_request():
    assert json.loads(logs.JsonLines().format(record()))["request_id"] == ""


def test_what_was_raised_is_in_the_same_line():
    try:
        raise ValueError("of the batch")
    except ValueError:
        line = logs.JsonLines().format(record("%s", "failed\nin two lines", exc_info=sys.exc_info()))
    assert line.count("\n") == 1
    logged = json.loads(line)["exception"]
    assert logged.startswith("Traceback:\n  File ")
    assert logged.endswith("ValueError")


def test_messages_of_pythons_own_errors_are_left_out():
    """Python quotes values in them: those of an event."""
    event = {"features": {"plan": "a-secret"}}
    try:
        try:
            float(event["features"]["plan"])
        except ValueError:
            event[event["features"]["plan"]]
    except KeyError:
        line = logs.JsonLines().format(record(exc_info=sys.exc_info()))
    assert "a-secret" not in line
    logged = json.loads(line)["exception"]
    assert (logged.count("Traceback:"), logged.count("ValueError"), logged.endswith("KeyError")) == (2, 1, True)


def test_messages_of_other_errors_say_what_is_wrong():
    for error, ending in (
        (ConfigInvalid("MODEL_BUCKET: expected a name"), "ConfigInvalid: MODEL_BUCKET: expected a name"),
        (FileNotFoundError(2, "No such file or directory", "a.json"), "No such file or directory: 'a.json'"),
    ):
        line = logs.JsonLines().format(record(exc_info=(type(error), error, None)))
        assert json.loads(line)["exception"].endswith(ending)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("could not convert string to float: 'a-secret'"), logs.LEFT_OUT),
        (KeyError("a-secret"), repr(logs.LEFT_OUT)),
        (ConfigInvalid("MODEL_BUCKET: expected a name"), "MODEL_BUCKET: expected a name"),
    ],
    ids=["ValueError", "KeyError", "ours"],
)
def test_what_the_runtime_logs_of_a_handlers_error_quotes_no_event(error, message):
    @logs.without_values
    def handle(event, context):
        raise error

    with pytest.raises(type(error)) as raised:
        handle({}, None)
    assert str(raised.value) == message
    assert raised.traceback[-1].name == "handle"


def test_every_handler_of_terraform_is_one_whose_errors_quote_nothing():
    code = "".join(path.read_text() for path in (ROOT / "terraform" / "modules").glob("*/*.tf"))
    called = re.findall(r'^ *function += "([\w-]+)"\n(?: *handler += "([\w.]+)")?', code, re.MULTILINE)
    named = {handler or f"{name}.handler.handle" for name, handler in called}
    assert {"scorer.handler.handle", "scorer.http_handler.handler", "evaluator.handler.handle"} <= named
    for name in sorted(named):
        module, _, function = name.rpartition(".")
        path = ROOT / "functions" / f"{module.replace('.', '/')}.py"
        assert f"\n@logs.without_values\ndef {function}(" in path.read_text(), name


def test_exceptions_that_are_each_others_cause_end():
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    line = logs.JsonLines().format(record(exc_info=(ValueError, first, None)))
    assert json.loads(line)["exception"].count("Traceback:") == 2


@pytest.fixture
def root():
    """The root logger, with its handlers put back."""
    logger = logging.getLogger()
    handlers = [(handler, handler.formatter) for handler in logger.handlers]
    yield logger
    logger.handlers = [handler for handler, _ in handlers]
    for handler, formatter in handlers:
        handler.setFormatter(formatter)


class RuntimesHandler(logging.Handler):
    """As awslambdaric puts it up: it knows the request, and writes what its formatter gives, without an end of line."""

    __module__ = "awslambdaric.bootstrap"

    def __init__(self):
        super().__init__()
        self.written = ""
        self.setFormatter(logging.Formatter("[%(levelname)s]\t%(aws_request_id)s\t%(message)s\n"))

    def emit(self, record):
        record.aws_request_id = "9c6f2d9e"
        self.written += self.format(record)


def test_the_runtime_clients_handlers_write_json(root):
    handler = RuntimesHandler()
    root.addHandler(handler)
    logs.as_json()
    for taken in (1, 0):
        logging.getLogger("scorer.publish").warning("prediction sink: accepted %d of %d entries", taken, 2)
    told = [json.loads(line) for line in handler.written.splitlines()]
    assert [(line["level"], line["request_id"]) for line in told] == [("WARNING", "9c6f2d9e")] * 2
    assert [line["message"] for line in told] == [f"prediction sink: accepted {i} of 2 entries" for i in (1, 0)]


def test_handlers_of_others_stay_as_they_are(root):
    before = [(handler, handler.formatter) for handler in root.handlers]
    logs.as_json()
    assert [(handler, handler.formatter) for handler in root.handlers] == before
