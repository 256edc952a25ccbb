"""What the commands share: options, errors as one line, orderly ends, what they write."""

import errno
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from millrace.console import signals
from millrace.errors import UserError
from millrace.paths import SCRATCH
from terminal.bounds import MOST_RATE

if TYPE_CHECKING:
    from millrace.packaging.archive import Package
    from millrace.packaging.flavour import Flavour
    from model_store.artifact import Artifact

MOST_DAYS = 3_650  # that a command looks back
FULL_DISK = (errno.ENOSPC, errno.EDQUOT)

Port = Annotated[int, typer.Option(envvar="PORT", min=1, max=65_535, help="Loopback port of LocalStack.")]
StackName = Annotated[str, typer.Option("--stack", help="The stack: local, or the environment that was deployed.")]
Rate = Annotated[
    float | None, typer.Option(min=0, max=MOST_RATE, help="Events a second to the event stream; 0: all at once.")
]
BadFraction = Annotated[float, typer.Option(min=0, max=1, help="Share of events that are made invalid on purpose.")]
Seed = Annotated[int, typer.Option(min=0, max=2**63, help="The same seed gives the same events.")]


def print_version(wanted: bool) -> None:
    """The callback of --version."""
    if wanted:
        from importlib import metadata

        from terminal.console import write

        write(f"millrace {metadata.version('millrace')}")
        raise typer.Exit


@contextmanager
def one_line_errors() -> Iterator[None]:
    """What a user can fix ends as one line and exit code 1; Ctrl-C, or a signal like it, as exit code 130."""
    from millrace.console import show
    from millrace_localstack.launcher.errors import LauncherError
    from model_store.errors import ModelStoreError
    from stream_producers.errors import ProducerError

    try:
        with signals.handled((signal.SIGTERM, signal.SIGHUP), signals.interrupt):
            yield
    except (UserError, LauncherError, ModelStoreError, ProducerError) as error:
        show.error(str(error))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        show.error("interrupted")
        raise typer.Exit(130) from None
    except Exception as error:
        if isinstance(error, OSError) and error.errno in FULL_DISK:
            show.error(f"the disk is full: {error}; remove files, then run it again")
            raise typer.Exit(1) from None
        if isinstance(error, OSError) and error.filename:
            # Of a file that the user named, or that is where ours should be.
            show.error(f"{error.filename}: {error.strerror}")
            raise typer.Exit(1) from None
        if not is_aws_error(error):
            raise
        show.error(f"{error} (is the stack up, and are endpoint, region and credentials right?)")
        raise typer.Exit(1) from None


@contextmanager
def written(path: Path) -> Iterator[None]:
    """Around what writes a file or a folder that the user named. Raises UserError where it cannot be written."""
    try:
        yield
    except OSError as error:
        raise UserError(f"{error.filename or path} cannot be written: {error.strerror}") from None


def check_folder(out: Path | None) -> None:
    """Raises UserError where an artifact's folder would be a file: before the artifact is made."""
    if out is not None and out.exists() and not out.is_dir():
        raise UserError(f"--out: expected a folder for the artifact, got the file {out}: name another")


def write_artifact(artifact: "Artifact", out: Path | None) -> None:
    """Write an artifact into its folder, and print where that is. Raises UserError."""
    from millrace.console import show
    from millrace.model.event_options import lines

    manifest = artifact.manifest
    for line in lines(manifest.event):
        show.CONSOLE.print(f"  {line}", markup=False)
    folder = out or SCRATCH / "models" / manifest.name / manifest.version
    with written(folder):
        artifact.write(folder)
    show.CONSOLE.print(f"artifact: {os.path.relpath(folder)}", markup=False)


def is_aws_error(error: BaseException) -> bool:
    """Whether a call on AWS, or on what stands for it, failed. By name: botocore takes long to import."""
    return any(kind.__module__ == "botocore.exceptions" for kind in type(error).__mro__)


def build_package(
    architecture: str,
    flavour: "Flavour",
    *,
    batch: bool = False,
    http: bool = False,
    authorizer: bool = False,
    evaluator: bool = False,
    release: bool = False,
    trainer: Iterable[str] = (),
) -> None:
    """Build the Lambda packages of a stack, and print their sizes.

    flavour : the libraries in them. batch, http, authorizer, evaluator, release : also those of batches, of the HTTP
    endpoint, its authorizer, the evaluator, the release workflow. trainer : and of trainers, of these frameworks.
    """
    from millrace.console import show
    from millrace.packaging import authorizer as package_authorizer
    from millrace.packaging import evaluator as package_evaluator
    from millrace.packaging import native
    from millrace.packaging import release as package_release
    from millrace.packaging import scorer as package
    from millrace.packaging import trainer as package_trainer

    for entry, wanted in ((package.STREAM, True), (package.HTTP, http), (package.BATCH, batch)):
        if not wanted:
            continue
        with show.step(f"Lambda package for {architecture}"):
            built = package.build(architecture, flavour, entry=entry)
        show.CONSOLE.print(f"  {built.path.name}: {built.zipped / 1e6:.1f} MB, unzipped {built.unzipped / 1e6:.1f} MB")
    if not built.native:
        show.CONSOLE.print(f"  without the native engine, Python does its work: {native.trouble()}", soft_wrap=True)
    if authorizer:
        package_authorizer.build(architecture)
    builds: dict[str, Callable[[str], Package]] = {
        f"{framework} trainer": partial(package_trainer.build, framework=framework) for framework in trainer
    }
    if evaluator:
        builds["evaluator"] = package_evaluator.build
    if release:
        builds["release workflow"] = package_release.build
    for name, build in builds.items():
        with show.step(f"Lambda package of the {name} for {architecture}"):
            built = build(architecture)
        show.CONSOLE.print(f"  {built.path.name}: {built.zipped / 1e6:.1f} MB, unzipped {built.unzipped / 1e6:.1f} MB")
