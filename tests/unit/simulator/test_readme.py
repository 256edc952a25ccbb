"""The example of the library's README runs, and the library stands on its own."""

import ast
import re
import sys
from pathlib import Path

LIBRARY = Path(__file__).parents[3] / "simulator"


def test_the_example_runs() -> None:
    [example] = re.findall(r"```python\n(.*?)```", (LIBRARY / "README.md").read_text("utf-8"), re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})


def test_it_imports_the_standard_library_and_botocore_errors_only() -> None:
    for path in LIBRARY.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for name in names:
                assert name.partition(".")[0] in sys.stdlib_module_names or name == "botocore.exceptions", (path, name)


def test_every_switch_is_in_the_readme() -> None:
    from simulator import Behaviours

    readme = (LIBRARY / "README.md").read_text("utf-8")
    for switch in Behaviours.__dataclass_fields__:
        assert f"`{switch}`" in readme
