"""The truth behind the synthetic sessions: their features, and the probability that a session ends in a purchase.

The formula reads nothing but the features as they are published, so no model can do better than it on average:
its ROC AUC, 0.93, is the ceiling. See README.md for the formula in mathematical notation.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_producers.event import FeatureSpec

Columns = Mapping[str, NDArray[Any]]

LABEL = "purchased"
VISITORS = ("new", "returning", "other")
DEVICES = ("desktop", "phone", "tablet")
FEATURES: tuple[FeatureSpec, ...] = (
    FeatureSpec("visitor_type", "category", categories=VISITORS),
    FeatureSpec("device", "category", categories=DEVICES),
    FeatureSpec("weekend", "bool"),
    FeatureSpec("hour", "int"),  # of the day, 0 to 23, UTC
    FeatureSpec("pages_viewed", "int"),
    FeatureSpec("product_pages", "int"),
    FeatureSpec("searches", "int"),
    FeatureSpec("seconds_on_site", "float"),
    FeatureSpec("bounce_rate", "float", allow_missing=True),  # of the pages viewed; null where it was not measured
    FeatureSpec("cart_items", "int"),
    FeatureSpec("cart_value", "float", allow_missing=True),  # in euros; null for an empty cart
    FeatureSpec("days_since_last_visit", "float", allow_missing=True),  # absent for a new visitor, and where not known
)

TYPICAL_BOUNCE_RATE = 0.02


def log_odds(session: Columns) -> NDArray[np.float64]:
    """The log-odds of a purchase.

    `session` has a column for each feature, all of one length: categories as their index in the feature's
    `categories`, missing values as NaN.
    """
    visitor, phone = session["visitor_type"], session["device"] == DEVICES.index("phone")
    cart_value = _or(session["cart_value"], 0.0)
    cart = np.tanh(cart_value / 80)
    pace = session["seconds_on_site"] / session["pages_viewed"]
    return np.asarray(
        -4.4
        + 5.5 * cart
        - 2.5 * cart * phone
        + 1.5 * cart * ((visitor == VISITORS.index("returning")) & (session["searches"] > 0))
        - 2.0 * ((visitor == VISITORS.index("new")) & (cart_value > 150))
        + 1.2 * np.log1p(session["product_pages"])
        - 1.0 * np.log(pace / 40) ** 2
        - 9.0 * np.sqrt(_or(session["bounce_rate"], TYPICAL_BOUNCE_RATE))
        + 2.2 * np.exp(-_or(session["days_since_last_visit"], np.inf) / 7)
        + 1.2 * np.exp(-(((session["hour"] - 20) / 3) ** 2))
        + 0.9 * (session["weekend"] & (session["device"] != DEVICES.index("desktop"))),
        dtype=np.float64,
    )


def purchase_probability(session: Columns) -> NDArray[np.float64]:
    """The logistic function of `log_odds`."""
    return np.asarray(1 / (1 + np.exp(-log_odds(session))), dtype=np.float64)


def _or(column: NDArray[Any], value: float) -> NDArray[np.float64]:
    return np.where(np.isnan(column), value, column)
