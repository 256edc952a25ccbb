"""What the commands share: options, errors as one line, orderly ends."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated

import typer

from millrace.errors import UserError
from millrace_localstack.launcher.errors import LauncherError
from model_store.errors import ModelStoreError
from stream_producers.errors import ProducerError

Port = Annotated[int, typer.Option(envvar="PORT", help="Loopback port of LocalStack.")]
StackName = Annotated[str, typer.Option("--stack", help="The stack: local, or the environment that was deployed.")]
Rate = Annotated[float | None, typer.Option(help="Events a second to the event stream; all at once if left out.")]
BadFraction = Annotated[float, typer.Option(min=0, max=1, help="Share of events made bad on purpose.")]
Seed = Annotated[int, typer.Option(help="Same seed, same events.")]


@contextmanager
def one_line_errors() -> Iterator[None]:
    """What a user can mend ends as one line and exit code 1; Ctrl-C, or SIGTERM, as exit code 130."""
    from millrace import show

    signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except (UserError, LauncherError, ModelStoreError, ProducerError) as error:
        show.error(str(error))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        show.error("interrupted")
        raise typer.Exit(130) from None


def build_package(architecture: str) -> None:
    from millrace import package, show

    with show.step(f"Lambda package for {architecture}"):
        built = package.build(architecture)
    show.CONSOLE.print(f"  {built.path.name}: {built.zipped / 1e6:.1f} MB, unzipped {built.unzipped / 1e6:.1f} MB")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
