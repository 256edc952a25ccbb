"""`millrace package`: build the Lambda packages, and check one that is there."""

from pathlib import Path
from typing import Annotated

import typer

from millrace.cli.common import build_package, one_line_errors
from millrace.errors import UserError

app = typer.Typer(no_args_is_help=True, help="Build the Lambda packages, and check one against the sources.")


@app.command()
def build(
    architectures: Annotated[list[str], typer.Argument(help="arm64, x86_64")],
    without_xgboost: Annotated[
        bool, typer.Option("--without-xgboost", help="Leave libxgboost out: only what the native engine covers scores.")
    ] = False,
    onnx: Annotated[bool, typer.Option("--onnx", help="With ONNX Runtime, for models of that framework.")] = False,
    images: Annotated[
        bool, typer.Option("--images", help="With Pillow too, for ONNX models whose input is an image.")
    ] = False,
    batch: Annotated[bool, typer.Option("--batch", help="Also build the packages of batches.")] = False,
    http: Annotated[bool, typer.Option("--http", help="Also build the packages of the HTTP endpoint.")] = False,
    evaluator: Annotated[bool, typer.Option("--evaluator", help="Also build the package of the evaluator.")] = False,
    release: Annotated[bool, typer.Option("--release", help="Also build that of the release workflow.")] = False,
    trainer: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FRAMEWORK",
            help="Also build the package of the trainer of that framework, onnx or xgboost; may be repeated.",
        ),
    ] = None,
) -> None:
    """Build the packages into build/, each with its bill of materials (CycloneDX)."""
    from millrace.packaging.flavour import Flavour

    with one_line_errors():
        flavour = Flavour(xgboost=not without_xgboost, onnx=onnx or images, images=images)
        for architecture in architectures:
            build_package(
                architecture,
                flavour,
                batch=batch,
                http=http,
                authorizer=http,
                evaluator=evaluator,
                release=release,
                trainer=trainer or (),
            )


@app.command()
def verify(
    package: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The zip, under the name it was built with.")
    ],
    signature: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Its signature: ECDSA over P-256 with SHA-256, DER."),
    ] = None,
    public_key: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="PEM of the keys, one of which must have signed it."),
    ] = None,
) -> None:
    """Build a package again from these sources, and compare; the exit code is 1 where it differs or is not signed."""
    from millrace.console import show
    from millrace.packaging import verify

    with one_line_errors():
        if (signature is None) != (public_key is None):
            raise UserError("expected both --signature and --public-key, or neither")
        if signature and public_key and not verify.signed(package, signature, public_key):
            raise UserError(
                f"{signature}: expected a signature of {package.name} by a key in {public_key}, got another"
            )
        if found := verify.differences(package):
            for line in found:
                show.CONSOLE.print(line, markup=False, soft_wrap=True)
            raise UserError(
                f"{package}: expected what these sources make, got {len(found)} differences; check out its commit"
            )
        show.CONSOLE.print(f"{package.name} is what these sources make", markup=False)
