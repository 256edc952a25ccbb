"""Who is compared: the server, its peers with the same model, and ASGI servers with an empty application."""

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.aws import Aws
from benchmarks.paths import ROOT, SCRATCH
from benchmarks.workload import Workload

HTTP, MLSERVER = SCRATCH / "http" / "bin", SCRATCH / "mlserver" / "bin"
OURS = "Millrace"
ALONE, WAITING = f"{OURS}, each request alone", f"{OURS}, waiting 2 ms"
SERVER, PEER, BARE = "server", "peer", "bare"
UVICORN = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")
HERE = "benchmarks.http"


@dataclass(frozen=True)
class HttpContestant:
    """command : with {port}. ready : the path that answers 200 once it serves. body : of a request with one row."""

    name: str
    kind: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict, hash=False)
    path: str = "/predict"
    ready: str = "/ping"
    body: bytes = b""
    folder: Path = ROOT
    missing: str = ""  # why it cannot be measured


def contestants(workload: Workload, aws: Aws) -> list[HttpContestant]:
    event = workload.payloads(1)[0]
    model = {"BENCH_FEATURES": ",".join(workload.names)}
    model |= {"BENCH_MODEL": str(workload.model_file), "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return [
        *_ours(aws, workload, event),
        HttpContestant(
            "FastAPI and xgboost",
            PEER,
            (str(HTTP / "uvicorn"), f"{HERE}.fastapi_xgboost:app", "--port", "{port}", *UVICORN),
            model,
            body=event,
        ),
        HttpContestant(
            "BentoML and xgboost",
            PEER,
            (str(HTTP / "bentoml"), "serve", f"{HERE}.bento_xgboost:Scorer", "--port", "{port}", "--host", "127.0.0.1"),
            model | {"BENTOML_HOME": str(SCRATCH / "bentoml"), "BENTOML_DO_NOT_TRACK": "true"},
            ready="/readyz",
            body=event,
        ),
        _mlserver(workload),
        *_bare(event),
    ]


def _ours(aws: Aws, workload: Workload, event: bytes) -> list[HttpContestant]:
    lambdas = ("AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
    environment = {name: value for name, value in aws.environment(workload).items() if name not in lambdas}
    environment |= {
        "HOST": "127.0.0.1",
        "PORT": "{port}",
        "ANONYMOUS": "true",
        "HEALTH_ROUTES": "true",
        "DRAIN_SECONDS": "0",
    }
    environment["PYTHONPATH"] = str(ROOT / "functions")
    command = (str(HTTP / "python"), "-m", "scorer.server")
    waits = {OURS: "0", WAITING: "2", ALONE: "off"}
    return [
        HttpContestant(name, SERVER, command, environment | {"BATCH_WAIT_MS": wait}, body=event)
        for name, wait in waits.items()
    ]


def _mlserver(workload: Workload) -> HttpContestant:
    name, folder = "MLServer and xgboost", SCRATCH / "mlserver-model"
    if not (MLSERVER / "mlserver").exists():
        return HttpContestant(name, PEER, (), missing="its environment (Python 3.12, by pyenv) could not be made")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(workload.model_file, folder / "model.ubj")
    settings = {"name": "m", "implementation": "mlserver_xgboost.XGBoostModel", "parameters": {"uri": "./model.ubj"}}
    (folder / "model-settings.json").write_text(json.dumps(settings))
    row = [float(text) for text in workload.texts[0]]
    tensor = {"name": "predict", "shape": [1, len(row)], "datatype": "FP32", "data": row}
    environment = {"MLSERVER_HTTP_PORT": "{port}", "MLSERVER_GRPC_PORT": "0", "MLSERVER_METRICS_PORT": "0"}
    environment |= {"MLSERVER_PARALLEL_WORKERS": "0", "MLSERVER_HOST": "127.0.0.1", "OMP_NUM_THREADS": "1"}
    return HttpContestant(
        name,
        PEER,
        (str(MLSERVER / "mlserver"), "start", str(folder)),
        environment,
        path="/v2/models/m/infer",
        ready="/v2/health/ready",
        body=json.dumps({"inputs": [tensor]}).encode(),
        folder=folder,
    )


def _bare(event: bytes) -> list[HttpContestant]:
    app = f"{HERE}.bare:app"
    granian = "--interface asgi --host 127.0.0.1 --port {port} --loop uvloop --no-access-log"
    commands = {
        "uvicorn": (app, "--port", "{port}", *UVICORN),
        "hypercorn": (app, "--bind", "127.0.0.1:{port}", "--worker-class", "uvloop"),
        "granian": (*granian.split(), app),
    }
    environment = {"PYTHONPATH": str(ROOT), "PATH": f"{HTTP}:{os.environ['PATH']}"}
    return [
        HttpContestant(f"{name}, empty", BARE, (str(HTTP / name), *arguments), environment, body=event)
        for name, arguments in commands.items()
    ]
