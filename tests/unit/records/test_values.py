import pickle
from copy import replace
from dataclasses import dataclass
from typing import Any

import pytest

from records.values import Value, as_dict, made


class Point(Value):
    x: float
    y: float = 0.0


class Path(Value):
    points: tuple[Point, ...]
    labels: dict[str, Any] = made(default_factory=dict)

    def first(self) -> Point:
        return self.points[0]


def test_members_are_set_by_place_by_name_and_by_default():
    assert (Point(1.0, 2.0).y, Point(x=1.0, y=2.0).y, Point(1.0).y) == (2.0, 2.0, 0.0)


@pytest.mark.parametrize(
    ("places", "names"),
    [((), {}), ((), {"y": 1.0}), ((1.0, 2.0, 3.0), {}), ((1.0,), {"x": 2.0}), ((1.0,), {"z": 2.0})],
    ids=["none", "one missing", "too many", "twice", "unknown"],
)
def test_anything_else_is_an_error_that_names_the_class(places, names):
    with pytest.raises(TypeError, match="Point: expected"):
        Point(*places, **names)


def test_an_error_tells_no_value():
    with pytest.raises(TypeError) as caught:
        Point("secret", "secret", "secret")
    assert "secret" not in str(caught.value)


def test_a_value_can_be_extended():
    class Space(Point):
        z: float = 1.0

    assert Space(5.0, z=2.0) == Space(5.0, 0.0, 2.0)
    assert as_dict(Space(5.0)) == {"x": 5.0, "y": 0.0, "z": 1.0}
    assert Space(5.0) != Point(5.0)


def test_values_with_equal_members_are_equal_and_hash_alike():
    assert Point(1.0) == Point(1.0, 0.0)
    assert {Point(1.0): "found"}[Point(1.0)] == "found"
    assert Point(1.0) != Point(2.0)
    assert Point(1.0) != (1.0, 0.0)

    class Other(Value):
        x: float
        y: float = 0.0

    assert Point(1.0) != Other(1.0)


@pytest.mark.parametrize("member", ["x", "unknown"])
def test_nothing_can_be_changed(member):
    point = Point(1.0)
    with pytest.raises(AttributeError, match=r"copy\.replace"):
        setattr(point, member, 2.0)
    with pytest.raises(AttributeError):
        delattr(point, member)
    assert replace(point, y=5.0) == Point(1.0, 5.0)
    assert point == Point(1.0)


def test_a_default_that_can_change_is_each_values_own():
    one, other = Path((Point(1.0),)), Path((Point(1.0),))
    one.labels["a"] = 1
    assert other.labels == {}
    assert one.first() == Point(1.0)


def test_it_is_told_written_and_pickled_by_its_members():
    path = Path((Point(1.0), Point(2.0)), {"a": [Point(3.0)]})
    assert repr(Point(1.0)) == "Point(x=1.0, y=0.0)"
    assert as_dict(path) == {
        "points": ({"x": 1.0, "y": 0.0}, {"x": 2.0, "y": 0.0}),
        "labels": {"a": [{"x": 3.0, "y": 0.0}]},
    }
    assert pickle.loads(pickle.dumps(Point(1.0, 2.0))) == Point(1.0, 2.0)
    match Point(1.0, 2.0):
        case Point(x, y):
            assert (x, y) == (1.0, 2.0)


def test_dataclasses_are_written_too():
    @dataclass
    class Plan:
        point: Point
        others: list[Point]

    assert as_dict(Plan(Point(1.0), [Point(2.0)])) == {
        "point": {"x": 1.0, "y": 0.0},
        "others": [{"x": 2.0, "y": 0.0}],
    }


def test_what_is_derived_and_kept_is_no_member():
    class Circle(Value):
        __slots__ = ("_area",)
        radius: float

        def area(self) -> float:
            if not hasattr(self, "_area"):
                object.__setattr__(self, "_area", 3 * self.radius**2)
            return self._area

    circle = Circle(2.0)
    assert circle.area() == circle.area() == 12.0
    assert circle == Circle(2.0)
    assert (as_dict(circle), replace(circle, radius=1.0).area()) == ({"radius": 2.0}, 3.0)
    with pytest.raises(TypeError, match="expected radius"):
        Circle(radius=2.0, _area=1.0)
