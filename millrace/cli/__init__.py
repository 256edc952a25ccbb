"""`millrace`: the operators' command line.

Everything heavy is imported inside the command that needs it: `millrace --help` answers at once.
"""

from typing import Annotated

import typer

from millrace.cli import (
    aws,
    backtest,
    batch,
    capacity,
    doctor,
    env,
    explain,
    forget,
    local,
    model,
    package,
    predict,
    quarantine,
    redrive,
    release_workflow,
    replay,
    report,
    smoke,
    stacks,
    watch,
)
from millrace.cli.common import print_version
from millrace.cli.table_options import with_table_options
from terminal.program import Program

app = typer.Typer(
    cls=Program, no_args_is_help=True, add_completion=False, help="Scores event streams with XGBoost on AWS Lambda."
)


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=print_version, help="Print the version.")
    ] = False,
) -> None:
    pass


app.command()(local.demo)
app.command()(local.up)
app.command()(local.produce)
app.command()(with_table_options(replay.replay))
app.command()(watch.watch)
app.command()(explain.explain)
app.command()(predict.predict)
app.command()(local.down)
app.command()(env.env)
app.command()(quarantine.quarantine)
app.command()(redrive.redrive)
app.command()(backtest.backtest)
app.command()(forget.forget)
app.command()(report.report)
app.command()(capacity.capacity)
app.command()(doctor.doctor)
app.command()(smoke.smoke)
app.command()(aws.bootstrap)
app.command()(aws.plan)
app.command()(aws.deploy)
app.command()(aws.destroy)
app.add_typer(batch.app, name="batch")
app.add_typer(model.app, name="model")
app.add_typer(package.app, name="package")
app.add_typer(release_workflow.app, name="release")
app.add_typer(stacks.app, name="stack")
