"""「层：会弯的空间」的正文里写着的数，逐个由 mlcore 重新算出来，再到正文里去找。"""

from __future__ import annotations

from pathlib import Path

import nbformat
import numpy as np
import pytest

from mlcore import space
from mlcore.data import toy
from mlcore.explorables.hand import HandWarp
from mlcore.nn import ACTIVATIONS
from mlcore.random import Generator

NOTEBOOK = Path(__file__).parents[1] / "nbs" / "4-networks" / "03-layers-bend-space.ipynb"
SHEAR = np.array([[1.0, 1.0], [0.0, 1.0]])
RECIPE = np.array([[0.0, 0.3], [1.0, 1.5]])


@pytest.fixture(scope="module")
def prose() -> str:
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def test_the_worked_example_is_what_a_layer_computes(prose):
    moved = space.apply(SHEAR, np.array([[1.0, 1.0]]), np.array([0.5, -0.5]))[0]
    bent = ACTIVATIONS["tanh"](moved)
    assert f"最后弯，$\\tanh {moved[0]:g}\\approx {bent[0]:.3f}$" in prose
    assert f"$\\tanh {moved[1]:g}\\approx {bent[1]:.3f}$" in prose
    assert f"再挪，得 $({moved[0]:g},{moved[1]:g})$" in prose


def test_the_fewest_wrong_by_a_line_is_the_number_in_the_text(prose):
    assert f"最好的成绩是错 {HandWarp().floor} 个" in prose


def test_the_shear_is_taken_apart_as_the_text_says(prose):
    parts = space.decompose(SHEAR)
    first, last = np.degrees([parts.first_turn, parts.last_turn])
    big, small = parts.stretch
    words = f"剪切先转 {first:.1f}°，拉 {big:.3f} 倍和 {small:.3f} 倍，再转 {last:.1f}°"
    assert words.replace("-", "−") in prose
    assert not parts.flip


def test_the_determinants_are_those_of_the_text(prose):
    assert f"剪切的行列式是 {np.linalg.det(SHEAR):.0f}，" in prose
    determinant = np.linalg.det(RECIPE)
    assert f"「配方」的行列式是 {determinant:.1f}".replace("-", "−") in prose
    assert space.decompose(RECIPE).flip


def test_two_layers_without_a_bend_are_the_one_layer_of_the_formula(prose):
    assert "(W_2W_1)\\,\\boldsymbol{x}+(W_2\\boldsymbol{b}_1+\\boldsymbol{b}_2)" in prose
    draw = Generator(3)
    w1, b1 = (draw.normal(s, dtype="float64") for s in ((5, 2), (5,)))
    w2, b2 = (draw.normal(s, dtype="float64") for s in ((3, 5), (3,)))
    x, _ = toy.circle(100, Generator(1))
    two = space.apply(w2, space.apply(w1, x, b1), b2)
    np.testing.assert_allclose(two, space.apply(w2 @ w1, x, w2 @ b1 + b2), atol=1e-12)


def test_two_classes_of_softmax_are_one_sigmoid():
    z = np.linspace(-6, 6, 25)
    softmax = np.exp(z) / (np.exp(z) + np.exp(0.0))
    np.testing.assert_allclose(ACTIVATIONS["sigmoid"](z), softmax, atol=1e-15)
