"""Predictors: what evaluates models, by the name of the framework in the manifest.

Each framework is a package of its own that has what `predictor.Framework` asks for; importing it loads no library.
"""

from __future__ import annotations

from predictors.onnx import Onnx
from predictors.xgboost import XGBoost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from predictors.predictor import Framework

FRAMEWORKS: dict[str, Framework] = {framework.name: framework for framework in (XGBoost(), Onnx())}
