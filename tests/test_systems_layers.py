"""「层：会弯的空间」的八个系统：调用图里的那些函数，和总表里的数比。"""

from __future__ import annotations

import numpy as np
import pytest

from mlcore.explorables.hand import HandWarp, parts_of, warp
from tools.systems import expected

STILL = ((1.0, 0.0), (0.0, 1.0))


def test_each_operation_of_a_layer_does_its_own_part() -> None:
    numbers = expected("D-01")
    points = HandWarp().points
    lengths = np.linalg.norm(points, axis=1)

    def moved(**values: float) -> np.ndarray:
        picture = HandWarp(**values)
        return warp(picture.points, picture.effective(), (0.0, 0.0), bend=0.0)

    np.testing.assert_allclose(np.linalg.norm(moved(scale=2.0), axis=1), 2 * lengths)
    np.testing.assert_allclose(np.linalg.norm(moved(turn=37.0), axis=1), lengths)
    np.testing.assert_allclose(moved(turn=90.0), points @ [[0.0, 1.0], [-1.0, 0.0]], atol=1e-12)
    np.testing.assert_allclose(warp(points, STILL, (0.3, -1.0), bend=0.0), points + [0.3, -1.0])
    np.testing.assert_allclose(warp(points, STILL, (0.0, 0.0)), np.tanh(points))
    half = warp(points, STILL, (0.0, 0.0), bend=0.5)
    np.testing.assert_allclose(half, (points + np.tanh(points)) / 2)

    shear = parts_of(((1.0, 1.0), (0.0, 1.0)))
    assert shear["first_turn"] == pytest.approx(numbers["shear"]["first_turn"], abs=0.01)
    assert shear["stretch"] == pytest.approx(numbers["shear"]["stretch"], abs=1e-3)
    assert shear["last_turn"] == pytest.approx(numbers["shear"]["last_turn"], abs=0.01)
    assert not shear["flip"]
    recipe = parts_of(((0.0, 0.3), (1.0, 1.5)))
    assert recipe["flip"]
    assert recipe["determinant"] == pytest.approx(numbers["recipe_determinant"])
