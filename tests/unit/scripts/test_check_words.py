import subprocess
from pathlib import Path

import pytest

from scripts import check_words

WORDS = r"""
pending = ["old/*.md"]

[[word]]
pattern = '\btells?\b'
instead = "reports"

[[word]]
pattern = '\bgoes on\b'
instead = "continues"

[[allow]]
files = "docs/*.md"
phrase = "Tell Me"
because = "a name"
"""
TELLS = "tells: write reports"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project under git with two replaced words."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    monkeypatch.setattr(check_words, "ROOT", tmp_path)
    put(tmp_path, "scripts/words.toml", WORDS)
    return tmp_path


def put(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    code = check_words.main(arguments)
    lines = capsys.readouterr().err.splitlines()
    assert code == (1 if lines else 0)
    return lines


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("README.md", "# It\n\nIt tells, and it tells.\n", [f"README.md:3: {TELLS}"] * 2),
        ("README.md", "It goes\non.\n", ["README.md:1: goes on: write continues"]),
        ("README.md", "It TELLS.\n", ["README.md:1: TELLS: write reports"]),
        ("README.md", "```\nit tells\n```\n", [f"README.md:2: {TELLS}"]),
        ("README.md", "It foretells `tells_all`, as [it](what-it-tells.md#tells) says.\n", []),
        ("functions/a.py", '"""It\ntells."""\n', [f"functions/a.py:2: {TELLS}"]),
        ("functions/a.py", "x = 1  # it tells\n", [f"functions/a.py:1: {TELLS}"]),
        ("functions/a.py", "# it goes\n# on\n", ["functions/a.py:1: goes on: write continues"]),
        ("functions/a/b.py", 'raise E(f"{who} tells {what}")\n', [f"functions/a/b.py:1: {TELLS}"]),
        ("functions/a.py", "tells = tell(tells)\n", []),
        ("tests/a.py", "# it tells\n", []),
        ("terraform/a.tf", 'variable "tell" {}\n', ["terraform/a.tf:1: tell: write reports"]),
        ("terraform/a.tf", "# it goes\n# on\ntells = 1\n", ["terraform/a.tf:1: goes on: write continues"]),
        ("terraform/a.tf", 'description = "It \\"tells\\"."\n', [f"terraform/a.tf:1: {TELLS}"]),
        ("terraform/a.tf", 'a = "http://tells/"\n', [f"terraform/a.tf:1: {TELLS}"]),
        ("functions/a.c", "int tells; /* it\n * tells */\n", [f"functions/a.c:2: {TELLS}"]),
        ("functions/a.h", '// goes\n// on\nE("it tells");\n', ["functions/a.h:1: goes on: write continues",
                                                             f"functions/a.h:3: {TELLS}"]),
        ("Makefile", "tells: ## What it tells\n\t@tells\n", [f"Makefile:1: {TELLS}"]),
        ("scripts/run", 'tells ${#tells} # it tells\necho "it tells"\n', [f"scripts/run:{n}: {TELLS}" for n in (1, 2)]),
        ("old/a.md", "It tells.\n", []),
    ],
)  # fmt: skip
def test_what_people_read_is_checked_and_code_is_not(
    root: Path, name: str, text: str, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    put(root, name, text)

    assert found(capsys) == lines


def test_only_documents(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(root, "functions/a.py", "# it tells\n")
    put(root, "a.md", "it tells\n")

    assert found(capsys, "--documents") == [f"a.md:1: {TELLS}"]


def test_only_some_files(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(root, "README.md", "it tells\n")
    path = put(root, "tests/a.py", "# it tells\n")

    assert found(capsys, str(path)) == [f"tests/a.py:1: {TELLS}"]


def test_an_allowed_phrase_is_allowed_in_its_files_only(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(root, "docs/a.md", "Tell\nMe, and it tells\n")
    put(root, "README.md", "Tell Me\n")

    assert found(capsys) == ["README.md:1: Tell: write reports", f"docs/a.md:2: {TELLS}"]


def test_an_allowed_phrase_that_is_gone_is_reported(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(root, "docs/a.md", "Nothing.\n")

    assert found(capsys) == ["scripts/words.toml: allowed in docs/*.md, and no longer there: Tell Me"]


def test_files_that_git_ignores_are_not_checked(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(root, ".gitignore", ".venv/\n")
    put(root, ".venv/README.md", "it tells\n")

    assert found(capsys) == []


def test_the_projects_words_can_be_read() -> None:
    words = check_words.Words.read(Path(check_words.__file__).with_name("words.toml"))

    assert len(words.words) > 20
    assert all(word.instead for word in words.words)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("laid out, layout, lay out", "it lies there"),
        ("a stand-in stands for it", "it stands there"),
        ("a string in a spring, a ring buffer", "it rings"),
        ("a timeout", "a time-out"),
        ("besides", "beside"),
        ("it takes over, was taken from", "it takes it up"),
        ("as many as", "so many"),
        ("recommended", "mended"),
    ],
)
def test_the_projects_words_leave_true_uses_alone(right: str, wrong: str) -> None:
    words = check_words.Words.read(Path(check_words.__file__).with_name("words.toml"))

    assert not [word for word in words.words if word.pattern.search(right)]
    assert [word for word in words.words if word.pattern.search(wrong)]
