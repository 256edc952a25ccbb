"""Wrong usage of either program: one line, exit code 2, and nothing done."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import typer

from stream_producers.cli import app as producers
from tests.fakes.commands import RUNNER, app, plain
from tests.fakes.commands import run as millrace

PROGRAMS = {"millrace": typer.main.get_command(app), "stream-producers": typer.main.get_command(producers)}


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """A program with its words: exit code, standard output and standard error."""

    def run(program: str, *words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            PROGRAMS[program].main(words, prog_name=program)
        return int(ended.value.code or 0), *capsys.readouterr()

    return run


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("millrace deploy", "missing argument 'environment'; see millrace deploy --help"),
        (
            "millrace model train --tabel t.csv",
            "no such option: --tabel (Possible options: --label, --table, --task); see millrace model train --help",
        ),
        (
            "millrace model publis",
            "no such command 'publis'. Did you mean 'publish', 'list'?; see millrace model --help",
        ),
        ("millrace model train --out", "option '--out' requires an argument"),
        ("millrace smoke extra", "got unexpected extra argument(s) (extra); see millrace smoke --help"),
        (
            "millrace demo --bad-fraction 1.5",
            "--bad-fraction: expected a number from 0 to 1, got '1.5'; see millrace demo --help",
        ),
        ("millrace up --port x", "--port: expected a whole number from 1 to 65,535, got 'x'; see millrace up --help"),
        ("millrace replay no.csv", "file: file 'no.csv' does not exist; see millrace replay --help"),
        (
            "millrace redrive --from x",
            "--from: 'x' is not one of 'on-failure', 'dead-letters', 'quarantine'; see millrace redrive --help",
        ),
        (
            "millrace redrive --execute --dry-run",
            "expected one of --execute and --dry-run, got both; see millrace redrive --help",
        ),
        (
            "stream-producers synthetic",
            "missing option '--to'. Choose from: kinesis, sns, stdout; see stream-producers synthetic --help",
        ),
        (
            "stream-producers synthetic --to kinesis",
            "--to kinesis needs --stream; see stream-producers synthetic --help",
        ),
        ("stream-producers syn\x1b[2J", r"no such command 'syn\x1b[2J'; see stream-producers --help"),
        ("stream-producers --\x1b[2J", r"no such option: --\x1b[2J; see stream-producers --help"),
    ],
)
def test_wrong_usage_is_one_line(command: str, line: str, run: Run) -> None:
    code, out, err = run(*command.split(" "))

    assert (code, out, plain(err)) == (2, "", f"error: {line}\n")


@pytest.mark.parametrize("words", [(), ("model",)], ids=["millrace", "millrace model"])
def test_a_program_without_a_command_prints_its_help(words: tuple[str, ...], run: Run) -> None:
    code, out, err = run("millrace", *words)

    assert (code, err) == (2, "")
    assert "Commands" in out


def test_a_question_without_an_answer_ends_in_one_line() -> None:
    from terminal.program import Program

    asking = typer.Typer(cls=Program, add_completion=False)

    @asking.callback()
    def program() -> None:
        pass

    @asking.command()
    def ask() -> None:
        typer.prompt("Apply?")

    result = RUNNER.invoke(asking, ["ask"], input="")

    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == "error: expected an answer, got none"


def parameters(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each parameter, with the words that call its command."""
    for parameter in command.params:
        yield words, parameter
    for name, below in getattr(command, "commands", {}).items():
        yield from parameters(below, (*words, name))


EVERY = [found for name, program in PROGRAMS.items() for found in parameters(program, (name,))]
PATHS = [(*words, *([] if one.param_type_name == "argument" else one.opts[-1:])) for words, one in EVERY
         if one.type_descriptor.is_path or (one.param_type_name == "argument" and one.nargs == 1)]  # fmt: skip


@pytest.mark.parametrize("words", PATHS, ids=" ".join)
def test_an_empty_path_is_refused(words: tuple[str, ...], run: Run) -> None:
    code, out, err = run(*words, "")

    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert ", got an empty text; see " in err


def test_the_paths_are_found() -> None:
    assert {("millrace", "model", "train", "--out"), ("millrace", "batch", "run"), ("millrace", "predict")} < set(PATHS)
    assert len(PATHS) > 40


# What checks them, in a message with the option's name; or why every number is one.
CHECKED = {
    "millrace backtest --max-cost": "inf: whatever it costs",
    "millrace batch run --max-cost": "inf: whatever it costs",
    "millrace release start --max-cost": "inf: whatever it costs",
    "millrace capacity --events-per-second": "millrace.capacity.recommendation",
    "millrace capacity --event-bytes": "millrace.capacity.recommendation",
    "millrace capacity --event-microseconds": "millrace.capacity.recommendation",
    "millrace model train --gzip": "the manifest",
    "millrace model import --gzip": "the manifest",
    "millrace model import --threshold": "any score of the model's objective",
    "millrace model train-on-stack --held-out": "the trainer",
    "millrace model train-on-stack --seed": "the trainer",
    "millrace model split --share": "the release",
    "millrace model attributions --share": "the release",
    "millrace model attributions --above": "any score",
    "millrace model attributions --top": "the release",
    "millrace model attributions --max-bytes": "the release",
}
NUMBERS = {
    " ".join([*words, one.opts[-1]]): one for words, one in EVERY if one.type_descriptor.annotation in (int, float)
}


def test_every_number_has_bounds() -> None:
    unbounded = {name for name, one in NUMBERS.items() if one.min is None or one.max is None}
    assert unbounded == set(CHECKED)


@pytest.mark.parametrize("number", ["inf", "nan", "-1"])
@pytest.mark.parametrize("name", sorted(NUMBERS.keys() - CHECKED.keys()))
def test_a_number_beyond_its_bounds_is_refused(name: str, number: str, run: Run) -> None:
    code, out, err = run(*name.split(), number)
    option = NUMBERS[name]

    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert f" from {option.min:,} to {option.max:,}, got '{number}'; see " in err


@pytest.mark.parametrize("name", ["capacity --event-microseconds", "capacity --event-bytes"])
@pytest.mark.parametrize("number", ["1" + "0" * 30, "inf", "nan", "-1"])
def test_what_capacity_checks_is_refused_in_one_line(name: str, number: str, run: Run) -> None:
    code, out, err = run("millrace", *name.split(), number, "--events-per-second", "10")

    assert code in (1, 2)
    assert (out, len(err.splitlines())) == ("", 1)


def test_boosting_rounds_have_a_bound(run: Run) -> None:
    assert run("millrace", "model", "train", "--rounds", "1000000000")[1:] == (
        "",
        "error: --rounds: expected a whole number from 1 to 100,000, got '1000000000'; see millrace model train "
        "--help\n",
    )


def test_an_empty_out_writes_nothing(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    code, _, err = millrace("model", "train", "--out", "")

    assert code == 2
    assert plain(err) == "error: --out: expected a path, got an empty text; see root model train --help\n"
    assert not list(tmp_path.iterdir())
