"""The peers import nothing of the scorer: their cold starts would be charged with it."""

import ast
from pathlib import Path

import pytest

from benchmarks.paths import ROOT

PEERS = sorted((ROOT / "benchmarks" / "peers").glob("*.py"))
OURS = {path.name for path in ROOT.iterdir() if path.is_dir()} | {path.name for path in (ROOT / "functions").iterdir()}


@pytest.mark.parametrize("path", PEERS, ids=lambda path: path.stem)
def test_a_peer_imports_nothing_of_ours(path: Path) -> None:
    imports = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = [node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imports]

    assert [name for name in modules if name.partition(".")[0] in OURS and name != "benchmarks.peers"] == []


def test_there_are_peers() -> None:
    assert {"joined", "frame", "powertools", "per_record", "common"} <= {path.stem for path in PEERS}
