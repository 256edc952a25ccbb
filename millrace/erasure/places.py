"""Where a stack stores events and predictions: what is searched, and what no search can reach."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from capture.columns import prefix
from millrace.erasure.contents import Without, discarded, json_lines, quarantined_ids, rows

DISCARDED = "aws/lambda/"  # where Lambda writes in any bucket


class SearchedPlace(NamedTuple):
    """Objects below a prefix, and what is read of each. name : for people. part : in the keys of those that count."""

    name: str
    bucket: str
    prefix: str
    without: Without
    part: str = ""


def searched(outputs: Mapping[str, Any]) -> list[SearchedPlace]:
    """In the order of the search: what has partition keys comes first, because the ids in it find the rest."""
    failures, model = outputs["failure_store"], outputs["model"]["name"]
    bucket = failures["bucket"]
    places = [
        SearchedPlace("quarantine", bucket, failures["quarantine_prefix"], json_lines),
        SearchedPlace("discarded batches", bucket, failures["on_failure_prefix"], discarded(model)),
        SearchedPlace("trail of redrives", bucket, failures["redriven_prefix"], json_lines, ".jsonl"),
    ]
    if capture := outputs.get("capture"):
        places.insert(0, SearchedPlace("captured rows", capture["bucket"], prefix(model), rows))
    if batch := outputs.get("batch"):
        places += [
            SearchedPlace("predictions of batches", batch["bucket"], "runs/", json_lines, "/predictions/"),
            SearchedPlace("quarantine of batches", batch["bucket"], "runs/", json_lines, "/quarantine/"),
        ]
    if evaluator := outputs.get("evaluator"):
        bucket = evaluator["bucket"]
        places += [
            SearchedPlace("collected predictions", bucket, "evaluation/predictions/", rows),
            SearchedPlace("collected outcomes", bucket, "evaluation/outcomes/", rows),
            SearchedPlace("joined predictions", bucket, f"evaluation/{model}/joined/", rows),
            SearchedPlace("quarantine of the evaluator", bucket, "quarantine/", quarantined_ids),
            SearchedPlace("discarded batches of the evaluator", bucket, DISCARDED, discarded(model, ids=True)),
        ]
    return places


def not_reached(outputs: Mapping[str, Any]) -> list[dict[str, str]]:
    """What, where, and until when."""
    found = [
        _out(
            f"events in {source['type']} {source['name']}",
            source["arn"],
            "its retention ends; dead letters after 14 days",
        )
        for source in outputs["sources"].values()
    ]
    found += [
        _out(
            f"predictions in {sink['type']} {sink['name']}",
            sink["arn"],
            "its retention ends, or a consumer deletes them",
        )
        for sink in outputs["sinks"].values()
    ]
    if evaluator := outputs.get("evaluator"):
        stream = evaluator["outcomes_stream"]
        found.append(_out(f"outcomes in {stream['name']}", stream["arn"], "its retention ends"))
    if batch := outputs.get("batch"):
        found.append(
            _out("input of batches, uploaded or elsewhere", batch["bucket"], "batch.keep_days; its owner deletes it")
        )
    found += [
        _out("prediction ids in logs, without keys or payloads", outputs["scorer"]["log_group"], "log_retention_days"),
        _out(
            "single rows of training data, without keys, in golden rows and models; versions under object lock",
            outputs["model_store"]["bucket"],
            "the version is deleted; what is locked, when its lock ends",
        ),
        _out(
            "what producers and consumers keep, and copies that the account makes",
            "outside of the stack",
            "they delete it",
        ),
    ]
    return found


def _out(what: str, where: str, until: str) -> dict[str, str]:
    return {"what": what, "where": where, "until": until}
