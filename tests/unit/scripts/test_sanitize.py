"""`scripts/sanitize` finds what is wrong, and nothing is wrong with the native engine's own tests."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from millrace.packaging import native
from millrace.paths import ROOT
from tests import scale

pytestmark = pytest.mark.skipif(bool(native.trouble()), reason=f"needs the native engine: {native.trouble()}")

ENGINE = r"""
#define Py_LIMITED_API 0x030D0000
#include <Python.h>
#include <limits.h>
#include <stdlib.h>

static PyObject *work(PyObject *module, PyObject *number) {
  (void)module;
  int given = (int)PyLong_AsLong(number);
  char *memory = malloc((size_t)given);
  if (memory == NULL) return PyErr_NoMemory();
  BODY
  return PyLong_FromLong(given);
}

static PyMethodDef methods[] = {{"work", work, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "_native", .m_methods = methods};
PyMODINIT_FUNC PyInit__native(void) { return PyModuleDef_Init(&definition); }
"""


def sanitize(project: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if name != scale.VARIABLE} | variables
    return subprocess.run(
        [project / "scripts" / "sanitize", "-q", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def sanitize_work(project: Path) -> "subprocess.CompletedProcess[str]":
    """Run the one test of `project`, which needs no plugin: with sanitizers they take longer to import than it runs."""
    return sanitize(project, "test_work.py", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")


def project(folder: Path, body: str) -> Path:
    """A folder with the script, an engine that does `body`, and a test that calls it."""
    engine = folder / "functions" / "native"
    (engine / "src").mkdir(parents=True)
    (engine / "src" / "core.c").write_text(ENGINE.replace("BODY", body))
    shutil.copy(ROOT / "functions" / "native" / "__init__.py", engine)
    (folder / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "sanitize", folder / "scripts")
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / "test_work.py").write_text("import native\n\ndef test_work(): assert native.NATIVE.work(8) == 8\n")
    return folder


def test_nothing_is_found_where_nothing_is_wrong(tmp_path: Path) -> None:
    done = sanitize_work(project(tmp_path, "memory[given - 1] = 1; given += memory[7] - 1; free(memory);"))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("given = memory[given]; free(memory);", "heap-buffer-overflow"),
        ("free(memory); given = memory[given - 1];", "heap-use-after-free"),
        ("memory = NULL;", "Direct leak of 8 byte"),
        ("free(memory); given = INT_MAX - 8 + given + 1;", "AddressSanitizer: ILL"),
    ],
    ids=["overflow", "use after free", "leak", "undefined behaviour"],
)
def test_a_planted_fault_is_found(tmp_path: Path, body: str, found: str) -> None:
    done = sanitize_work(project(tmp_path, body))

    said = done.stdout.partition("\n")[0]
    if "alone" in said and "ILL" not in found:
        pytest.skip(said)
    assert done.returncode != 0
    assert "alone" in said or (found in done.stderr and "core.c:1" in done.stderr), done.stdout + done.stderr


def test_a_failed_test_is_a_failure(tmp_path: Path) -> None:
    done = sanitize_work(project(tmp_path, "free(memory); given = 0;"))

    assert done.returncode == 1
    assert "1 failed" in done.stdout


@pytest.mark.long
def test_the_native_engines_own_tests_find_nothing() -> None:
    done = sanitize(ROOT, *scale.SANITIZED)

    assert done.returncode == 0, done.stdout + done.stderr
