import json

import pytest

from telemetry import emf

AT = 1_700_000_000.4567


def line(dimensions=None, values=None, units=None, **properties):
    dimensions = {"FunctionName": "millrace-scorer"} if dimensions is None else dimensions
    values = {"Events": 3, "EventAge": 250.5} if values is None else values
    return emf.line(AT, dimensions, values, units or {"Events": "Count", "EventAge": "Milliseconds"}, properties)


def test_a_line_is_in_the_embedded_metric_format():
    assert json.loads(line(level="INFO", versions={"champion": "1"})) == {
        "_aws": {
            "Timestamp": 1_700_000_000_456,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Millrace",
                    "Dimensions": [["FunctionName"]],
                    "Metrics": [{"Name": "Events", "Unit": "Count"}, {"Name": "EventAge", "Unit": "Milliseconds"}],
                }
            ],
        },
        "FunctionName": "millrace-scorer",
        "level": "INFO",
        "versions": {"champion": "1"},
        "Events": 3,
        "EventAge": 250.5,
    }


def test_it_begins_with_what_cloudwatch_looks_for_and_is_one_line():
    assert line(message='a "quote"\nand a line').startswith('{"_aws":{')
    assert "\n" not in line(message='a "quote"\nand a line')


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"values": {"Events": 1}}, {"values": {"EventAge": 1}}),
        ({"dimensions": {"FunctionName": "f"}}, {"dimensions": {"FunctionName": "f", "Code": "c"}}),
        ({"units": {"Events": "Count", "EventAge": "None"}}, {"units": {"Events": "Count", "EventAge": "Seconds"}}),
    ],
    ids=["metrics", "dimensions", "units"],
)
def test_no_line_is_told_by_the_directive_of_another(first, second):
    directives = [json.loads(line(**given))["_aws"]["CloudWatchMetrics"] for given in (first, second, first)]
    assert directives[0] == directives[2] != directives[1]


def test_a_metric_without_a_unit_is_not_told():
    with pytest.raises(KeyError, match="Unheard"):
        line(values={"Unheard": 1})


def test_a_line_stands_alone_on_standard_output_and_goes_there_in_one_piece(capsys, monkeypatch):
    emf.to_stdout("{}")
    assert capsys.readouterr() == ("{}\n", "")
    written = []
    monkeypatch.setattr("sys.stdout.write", written.append)
    emf.to_stdout("{}")
    assert written == ["{}\n"]
