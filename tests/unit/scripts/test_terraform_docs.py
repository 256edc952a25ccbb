"""The tables that are written into the README of the Terraform module that users call."""

from pathlib import Path

import pytest

from scripts import terraform_docs

EMPTY = f"# a\n\n{terraform_docs.BEGIN}\n{terraform_docs.END}\n\nAfter.\n"
STREAM = """variable "mapping" {
  description = "The mapping: \\"fast\\" or slow."
  type = object({
    # comments do not matter
    batch_size = optional(number, 1000)
    position   = optional(string, "a, b")
    window     = optional(number)
  })
  default  = {}
  nullable = false
}

variable "shards" {
  description = "Number of shards."
  type        = number
  default     = null
}

output "arn" {
  description = "ARN of the stream."
  value       = aws_kinesis_stream.events.arn
}
"""
STACK = """variable "name" {
  description = "Name of the stack."
  type        = string
}

variable "event_stream" {
  description = "The stream."
  type = object({
    mapping = optional(object({ batch_size = optional(number), window = optional(number) }))
    shards  = optional(number)
    lock    = optional(object({ days = number }))
  })
  default = {}
}

variable "watched" {
  type = map(object({ name = string }))
}

module "event_stream" {
  source  = "../stream"
  mapping = var.event_stream.mapping
  name    = "${var.name}-events"
  shards  = var.event_stream.shards
}

output "arn" {
  value = module.event_stream.arn
}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two modules, of which the stack calls the stream."""
    for name, text in (("stream", STREAM), ("stack", STACK)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "variables.tf").write_text(text)
        (tmp_path / name / "README.md").write_text(EMPTY)
    monkeypatch.setattr(terraform_docs, "ROOT", tmp_path)
    monkeypatch.setattr(terraform_docs, "MODULE", tmp_path / "stack")
    return tmp_path


def rows(readme: Path) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in readme.read_text().splitlines() if "|" in line
    ]


def test_variables_with_their_members_and_outputs(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terraform_docs, "MODULE", root / "stream")
    assert terraform_docs.main([]) == 0

    assert rows(root / "stream" / "README.md") == [
        ["variable", "default", "description"],
        ["---"] * 3,
        ["`mapping`", '`{ batch_size = 1000, position = "a, b", window = null }`', 'The mapping: "fast" or slow.'],
        ["`shards`", "number, `null`", "Number of shards."],
        ["output", "description"],
        ["---"] * 2,
        ["`arn`", "ARN of the stream."],
    ]


def test_defaults_and_descriptions_come_from_the_called_module(root: Path) -> None:
    terraform_docs.main([])

    assert rows(root / "stack" / "README.md")[2:] == [
        ["`event_stream`", "", "The stream."],
        ["`event_stream.lock`", "object, `null`: `{ days = number }`", ""],
        ["`event_stream.mapping`", "`{ batch_size = 1000, window = null }`", 'The mapping: "fast" or slow.'],
        ["`event_stream.shards`", "number, `null`", "Number of shards."],
        ["`name`", "string, required", "Name of the stack."],
        ["`watched`", "map(object), required", ""],
        ["output", "description"],
        ["---"] * 2,
        ["`arn`", "ARN of the stream."],
    ]


def test_what_modules_describe_differently_has_the_description_of_the_stacks_own_variable(root: Path) -> None:
    rows_of = 'variable "shards" {\n  description = "The shards whose rows are kept."\n  type = number\n}\n'
    call = 'module "archive" {\n  source = "../archive"\n  shards = var.event_stream.shards\n}\n'
    (root / "archive").mkdir()
    (root / "archive" / "variables.tf").write_text(rows_of)
    (root / "stack" / "archive.tf").write_text(call)
    terraform_docs.main([])

    written = {row[0]: row[1:] for row in rows(root / "stack" / "README.md")}
    assert written["`event_stream`"] == ["`{ shards = null }`", "The stream."]
    assert "`event_stream.shards`" not in written


def test_no_other_module_has_tables(root: Path) -> None:
    terraform_docs.main([])

    assert (root / "stream" / "README.md").read_text() == EMPTY


def test_the_rest_of_the_readme_stays(root: Path) -> None:
    terraform_docs.main([])
    written = (root / "stack" / "README.md").read_text()

    assert written.startswith("# a\n\n")
    assert written.endswith("\n\nAfter.\n")


def test_written_tables_pass_the_check(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    terraform_docs.main([])

    assert terraform_docs.main(["--check"]) == 0
    assert capsys.readouterr().err == ""


def test_the_check_changes_nothing_and_names_what_is_out_of_date(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terraform_docs.main(["--check"]) == 1

    assert "stack/README.md: out of date; run `make format`" in capsys.readouterr().err
    assert (root / "stack" / "README.md").read_text() == EMPTY


@pytest.mark.parametrize("readme", [None, "# no markers\n", f"{terraform_docs.BEGIN}\n"])
def test_a_readme_without_markers(root: Path, readme: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    path = root / "stack" / "README.md"
    path.unlink() if readme is None else path.write_text(readme)

    assert terraform_docs.main([]) == 1
    assert f"stack/README.md: expected the lines {terraform_docs.BEGIN}" in capsys.readouterr().err
