"""The number of trees in a model, of which its CPU time follows."""

from pathlib import Path

from millrace.errors import UserError

MODEL_FILES = ("model.ubj", "model.json")


def number_of_trees(path: Path) -> int:
    """Of XGBoost's file, or of the folder of an artifact. Raises UserError."""
    file = next((path / name for name in MODEL_FILES if (path / name).is_file()), path)
    if not file.is_file():
        raise UserError(f"--model: expected a model file of XGBoost, or a folder with {MODEL_FILES[0]}, got {path}")
    import xgboost

    try:
        booster = xgboost.Booster(model_file=str(file))
        return len(booster.get_dump())
    except (xgboost.core.XGBoostError, ValueError) as error:
        reason = str(error).strip().splitlines()[0][:200]
        raise UserError(
            f"--model: expected a model file of XGBoost, got {file}: {reason}; for another framework give "
            "--event-microseconds"
        ) from None
