"""The model store of a stack whose package has no libxgboost: what its scorer would refuse is not published."""

from model_store.artifact import Artifact
from model_store.errors import ArtifactRefused
from model_store.release import Pointer
from model_store.store import ModelStore
from predictors.xgboost.native_forest import native_forest


class CoveredOnly(ModelStore):
    """Takes the models that the native engine scores by itself."""

    def publish(self, artifact: Artifact) -> Pointer:
        """As `ModelStore.publish`. Raises ArtifactRefused for a model that needs XGBoost, before anything is stored."""
        forest, reason = native_forest(artifact.manifest, artifact.model)
        if forest is None:
            raise ArtifactRefused(
                "load",
                "expected a model that the native engine covers, as the scorer of this stack has no libxgboost "
                f"(`xgboost = false` in its tfvars): {reason}",
            )
        return super().publish(artifact)
