"""What a framework is to the rest of Millrace. For type checkers: import this module under TYPE_CHECKING only."""

from __future__ import annotations

from typing import Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Mapping

    from model_store.artifact import Artifact


class Predictor(Protocol):
    """A loaded model. `engine` says what evaluates it; `reason` why that is not the native engine, or nothing."""

    @property
    def engine(self) -> str: ...
    @property
    def reason(self) -> str: ...

    def predict(self, matrix: bytes | bytearray, rows: int) -> array[float]:
        """Scores of a row-major float32 matrix with `rows` rows, NaN for missing values; or of `rows` prepared rows.

        Returns rows × width scores (float32), row by row. Raises ValueError or RuntimeError.
        """

    def attribute(self, matrix: bytes | bytearray, rows: int) -> tuple[array[float], array[float]]:
        """Feature attributions of the margins of such a matrix.

        Returns margins (float32, rows × width), and what adds up to each of them (float64, rows × width × (columns +
        1)): the features' SHAP values, and the expected margin. Raises NoAttributions, ValueError or RuntimeError.
        """


class SoundModel(Protocol):
    """A model whose file passed the structure check. It is read once: what was checked is what is loaded."""

    def load(self, threads: int) -> Predictor:
        """The model, ready to predict with `threads` threads. Raises ModelNotLoaded."""

    def compare(self, predictor: Predictor) -> None:
        """Score the model's edges with every engine that can. Raises EnginesDiffer, ModelNotLoaded."""


class Framework(Protocol):
    """One kind of model: `manifest.framework` names it, `predictors.FRAMEWORKS` has it.

    model_files : the names that a model file may have, each with the most bytes that are accepted.
    takes_prepared : whether it evaluates models of texts and images: see `inputs`.
    package_parts : what its library takes from the locked wheels, as glob patterns; () where it needs none.
    """

    @property
    def name(self) -> str: ...
    @property
    def model_files(self) -> Mapping[str, int]: ...
    @property
    def package_parts(self) -> tuple[str, ...]: ...
    @property
    def takes_prepared(self) -> bool: ...

    def verify(self, artifact: Artifact) -> SoundModel:
        """Check the model file's structure, and that it means what the manifest says. Raises ModelUnsound.

        Size, digest and signature were checked before; nothing is loaded by the framework's library here.
        """
