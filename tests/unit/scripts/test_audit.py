"""The audit asks about everything that is locked or packaged, and takes no silence for a clean answer.

pip-audit is asked for real where a test says so, against a database on loopback that answers with a recorded advisory.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from millrace.paths import ROOT
from scripts import audit

RECORDED = json.loads((Path(__file__).parent / "recorded_advisory.json").read_text())
OLD = f"urllib3==1.24.1 \\\n    --hash=sha256:{'0f' * 32}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "build").mkdir()
    (tmp_path / "requirements" / "accepted_advisories.toml").write_text("")
    (tmp_path / "requirements" / "a.txt").write_text(OLD)
    return tmp_path


@pytest.fixture
def run(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[[Any], tuple[int, str]]:
    """The exit code and what was printed, with answers instead of pip-audit's; a text is what it says as it fails."""

    def ask(answers: Any) -> tuple[int, str]:
        program = root / "pip-audit"
        failed = isinstance(answers, str)
        text, stream = (answers, "stderr") if failed else (json.dumps({"dependencies": answers}), "stdout")
        program.write_text(f"#!{sys.executable}\nimport sys\nprint({text!r}, file=sys.{stream})\n")
        program.chmod(0o755)
        monkeypatch.setattr(sys, "argv", ["audit", "--pip-audit", str(program), "--root", str(root)])
        code = audit.main()
        said = capsys.readouterr()
        return code, said.out + said.err

    return ask


def urllib3(*ids: str) -> list[dict[str, Any]]:
    found = [{"id": id, "aliases": ["CVE-2019-11324"], "fix_versions": ["1.24.2"]} for id in ids]
    return [{"name": "urllib3", "version": "1.24.1", "vulns": found}]


def test_a_vulnerability_is_named_with_its_fix_and_where_it_is(run: Callable[[Any], tuple[int, str]]) -> None:
    code, said = run(urllib3("GHSA-mh33-7rrq-662w"))
    assert code == 1
    assert said.splitlines()[0] == "urllib3 1.24.1: GHSA-mh33-7rrq-662w CVE-2019-11324, fixed in 1.24.2; in a.txt"


def test_nothing_known_is_clean(run: Callable[[Any], tuple[int, str]]) -> None:
    assert run(urllib3()) == (0, "1 packages in their versions, 0 known vulnerabilities\n")


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ("Failed to resolve 'api.osv.dev'", "cannot be asked: Failed to resolve 'api.osv.dev'"),
        ([{"name": "urllib3", "skip_reason": "not found"}], "urllib3 1.24.1: not found"),
        ([], "urllib3 1.24.1: expected an answer, got none"),
    ],
)
def test_no_answer_has_an_exit_code_of_its_own(run: Callable[[Any], tuple[int, str]], answers: Any, said: str) -> None:
    code, printed = run(answers)
    assert code == 3
    assert printed.startswith("error: ")
    assert said in printed


def accept(root: Path, **entry: str) -> None:
    lines = ["[[accepted]]", *(f"{name} = {value!r}" for name, value in entry.items())]
    (root / "requirements" / "accepted_advisories.toml").write_text("\n".join(lines))


def test_an_accepted_advisory_does_not_fail_while_something_reports_it(
    root: Path, run: Callable[[Any], tuple[int, str]]
) -> None:
    accept(root, id="CVE-2019-11324", package="urllib3", reason="not reached")
    code, said = run(urllib3("GHSA-mh33-7rrq-662w"))
    assert (code, said.splitlines()[0][-10:]) == (0, "(accepted)")
    code, said = run(urllib3())
    assert code == 1
    assert "CVE-2019-11324: accepted, and nothing reports it any more" in said


def test_an_advisory_of_another_package_is_not_accepted(root: Path, run: Callable[[Any], tuple[int, str]]) -> None:
    accept(root, id="CVE-2019-11324", package="requests", reason="not reached")
    assert run(urllib3("GHSA-mh33-7rrq-662w"))[0] == 1


def test_one_without_a_reason_is_refused(root: Path, run: Callable[[Any], tuple[int, str]]) -> None:
    accept(root, id="CVE-2019-11324", package="urllib3", reason="")
    with pytest.raises(SystemExit, match="expected id, package and reason"):
        run(urllib3())


def test_packages_of_bills_of_materials_are_asked_about_and_bundled_libraries_listed(
    root: Path, run: Callable[[Any], tuple[int, str]]
) -> None:
    (root / "requirements" / "a.txt").write_text("")
    parts = [
        {"purl": "pkg:pypi/urllib3@1.24.1"},
        {"purl": "pkg:generic/libgomp@1.0.0?bundled_by=x"},
        {"purl": "pkg:deb/debian/libc6@2.36?arch=amd64"},
        {"name": "millrace"},
    ]
    (root / "build" / "scorer.cdx.json").write_text(json.dumps({"components": parts}))
    code, said = run(urllib3("GHSA-mh33-7rrq-662w"))
    assert code == 1
    assert said.splitlines()[0].endswith("in scorer.cdx.json")
    for purl in ("pkg:deb/debian/libc6@2.36?arch=amd64", "pkg:generic/libgomp@1.0.0?bundled_by=x"):
        assert f"not in this database: {purl}" in said


def test_every_pin_of_every_lock_is_asked_about() -> None:
    pinned = {
        (path.name, line.split(" ")[0].partition("[")[0].partition("==")[0])
        for path in (ROOT / "requirements").glob("*.txt")
        for line in path.read_text().splitlines()
        if not line.startswith(" ")
    }
    places = audit._places(ROOT)
    assert {
        (file, package.name) for package, files in places.items() for file in files if file.endswith(".txt")
    } == pinned


# The real program, against a recorded database.


class Database(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = asked["package"]["name"] == "urllib3" and asked["version"] == "1.24.1"
        body = json.dumps({"vulns": [RECORDED]} if known else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def database() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Database) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1/query"
        server.shutdown()


def audited(root: Path, url: str) -> tuple[int, str]:
    done = subprocess.run(
        [ROOT / "scripts" / "audit", "--root", root, "--osv-url", url], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_pip_audit_finds_a_known_bad_pin_by_a_recorded_advisory(root: Path, database: str) -> None:
    code, said = audited(root, database)
    assert (code, said.splitlines()[0]) == (
        1, "urllib3 1.24.1: PYSEC-2019-133 CVE-2019-11324 GHSA-mh33-7rrq-662w, fixed in 1.24.2; in a.txt",
    )  # fmt: skip
    (root / "requirements" / "a.txt").write_text(OLD.replace("1.24.1", "2.6.0"))
    assert audited(root, database)[0] == 0


def test_a_database_that_is_not_there_is_said(root: Path) -> None:
    code, said = audited(root, "http://127.0.0.1:9/v1/query")
    assert code == 3
    # Whichever test is the first has the environment's set-up before it.
    assert "\nerror: the database of vulnerabilities cannot be asked: " in f"\n{said}"
