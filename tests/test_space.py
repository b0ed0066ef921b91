"""空间的操作和矩阵的拆解，在 NumPy、torch 和 array-api-strict 上。"""

import math

import array_api_strict
import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from mlcore import space
from mlcore.backend import array_namespace, set_backend, to_numpy

LIBRARIES = {"numpy": np.asarray, "torch": torch.asarray, "strict": array_api_strict.asarray}
library = pytest.mark.parametrize("make", LIBRARIES.values(), ids=LIBRARIES.keys())

angles = st.floats(-10, 10)
entries = st.floats(-5, 5).map(lambda x: 0.0 if abs(x) < 1e-3 else x)


def matrices(rows: int, columns: int):
    return st.lists(entries, min_size=rows * columns, max_size=rows * columns).map(
        lambda values: np.array(values).reshape(rows, columns)
    )


def is_rotation(matrix) -> bool:
    matrix = to_numpy(matrix)
    return np.allclose(matrix @ matrix.T, np.eye(len(matrix)), atol=1e-12) and np.isclose(
        np.linalg.det(matrix), 1.0
    )


# ---- 五种操作 ----


@given(first=angles, second=angles)
def test_turns_add_up(first, second):
    np.testing.assert_allclose(
        space.rotation(first) @ space.rotation(second),
        space.rotation(first + second),
        atol=1e-12,
    )


def test_a_quarter_turn_goes_counterclockwise():
    np.testing.assert_allclose(
        space.apply(space.rotation(math.pi / 2), [[1, 0]]), [[0, 1]], atol=1e-15
    )


@given(angle=angles)
def test_a_mirror_twice_changes_nothing_and_once_turns_the_sheet_over(angle):
    mirror = space.reflection(angle)
    np.testing.assert_allclose(mirror @ mirror, np.eye(2), atol=1e-12)
    assert np.isclose(np.linalg.det(mirror), -1.0)
    on_the_mirror = [[math.cos(angle), math.sin(angle)]]
    np.testing.assert_allclose(space.apply(mirror, on_the_mirror), on_the_mirror, atol=1e-12)


@given(k=entries, sx=entries, sy=entries)
def test_shear_keeps_area_and_scaling_multiplies_it(k, sx, sy):
    assert np.isclose(np.linalg.det(space.shear(k)), 1.0)
    assert np.isclose(np.linalg.det(space.scaling(sx, sy)), sx * sy)
    np.testing.assert_array_equal(space.apply(space.shear(k), [[0.0, 1.0]]), [[k, 1.0]])


@given(first=matrices(3, 2), second=matrices(2, 3), shift=matrices(1, 3), points=matrices(4, 2))
def test_two_maps_in_a_row_are_one_map(first, second, shift, points):
    """W₂(W₁x + b₁) + b₂ = (W₂W₁)x + (W₂b₁ + b₂)：线性层叠起来还是一个线性层。"""
    b1, b2 = shift[0], shift[0, :2]
    stacked = space.apply(second, space.apply(first, points, b1), b2)
    single = space.apply(second @ first, points, second @ b1 + b2)
    np.testing.assert_allclose(stacked, single, atol=1e-12)


@given(points=matrices(5, 2), height=st.lists(entries, min_size=5, max_size=5))
def test_pressing_flat_undoes_lifting(points, height):
    lifted = space.lift(points, height)
    np.testing.assert_array_equal(lifted[:, 2], height)
    np.testing.assert_array_equal(space.project(lifted), points)
    np.testing.assert_array_equal(space.project(lifted, axis=0)[:, 1], height)
    np.testing.assert_array_equal(space.lift(points, 2.0)[:, 2], np.full(5, 2.0))


# ---- 拆解 ----


def test_a_shear_is_a_turn_a_stretch_and_a_turn():
    parts = space.decompose([[1, 1], [0, 1]])
    golden = (1 + math.sqrt(5)) / 2
    assert parts.stretch == pytest.approx((golden, 1 / golden), rel=1e-15)
    assert math.degrees(parts.first_turn) == pytest.approx(-58.2825, abs=1e-4)
    assert math.degrees(parts.last_turn) == pytest.approx(31.7175, abs=1e-4)
    assert not parts.flip


@given(matrix=matrices(2, 2))
def test_the_parts_multiply_back_to_the_matrix(matrix):
    parts = space.decompose(matrix)
    product = np.eye(2)
    for _, step in parts.steps():
        product = step @ product
    np.testing.assert_allclose(product, matrix, atol=1e-12)


@given(matrix=matrices(2, 2))
def test_both_turns_are_rotations_and_the_flip_stands_alone(matrix):
    parts = space.decompose(matrix)
    assert is_rotation(parts.u) and is_rotation(parts.vt)
    np.testing.assert_allclose(parts.vt, space.rotation(parts.first_turn), atol=1e-15)
    np.testing.assert_allclose(parts.u, space.rotation(parts.last_turn), atol=1e-15)
    determinant = matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0]
    if abs(determinant) > 1e-9:
        assert parts.flip == (determinant < 0)
    assert -math.pi / 2 < parts.first_turn <= math.pi / 2
    assert -math.pi < parts.last_turn <= math.pi


@given(matrix=matrices(2, 2))
def test_the_stretches_are_the_singular_values(matrix):
    parts = space.decompose(matrix)
    expected = np.linalg.svd(matrix, compute_uv=False)
    np.testing.assert_allclose(parts.stretch, expected, atol=1e-12)
    np.testing.assert_array_equal(parts.s, parts.stretch)


@given(angle=st.floats(-3.1, 3.1), size=st.floats(0.1, 5))
def test_a_turn_is_all_in_the_last_turn(angle, size):
    parts = space.decompose(size * space.rotation(angle))
    assert parts.first_turn == 0.0 and not parts.flip
    assert parts.last_turn == pytest.approx(angle, abs=1e-12)
    assert parts.stretch == pytest.approx((size, size))


def test_simple_matrices_have_simple_parts():
    assert space.decompose(np.eye(2))[:4] == (0.0, (1.0, 1.0), 0.0, False)
    assert space.decompose(np.zeros((2, 2)))[:4] == (0.0, (0.0, 0.0), 0.0, False)
    assert space.decompose([[2, 0], [0, 0.5]])[:4] == (0.0, (2.0, 0.5), 0.0, False)
    assert space.decompose([[1, 0], [0, -1]])[:4] == (0.0, (1.0, 1.0), 0.0, True)
    assert space.decompose([[2, 0], [0, -1]])[:4] == (0.0, (2.0, 1.0), 0.0, True)


# ---- 路 ----


def sign_of_area(path: np.ndarray) -> np.ndarray:
    return np.sign(np.linalg.det(path))


@pytest.mark.parametrize("size", [2, 3, 6])
@pytest.mark.parametrize("seed", range(8))
def test_a_path_between_maps_of_one_side_never_collapses(size, seed):
    start, end = np.random.default_rng(seed).normal(size=(2, size, size))
    for mirrored in (False, True):
        for matrix in (start, end):
            if (np.linalg.det(matrix) < 0) != mirrored:
                matrix[:, 0] *= -1
        path = space.matrix_path(start, end, 33)
        np.testing.assert_allclose(path[0], start, atol=1e-10)
        np.testing.assert_allclose(path[-1], end, atol=1e-10)
        assert set(sign_of_area(path)) == {-1.0 if mirrored else 1.0}


@given(start=matrices(2, 2), end=matrices(2, 2))
def test_every_path_reaches_its_ends_without_a_jump(start, end):
    path = space.matrix_path(start, end, 65)
    np.testing.assert_allclose(path[0], start, atol=1e-9)
    np.testing.assert_allclose(path[-1], end, atol=1e-9)
    longest = max(np.linalg.norm(start, 2), np.linalg.norm(end, 2))
    steps = np.linalg.norm(np.diff(path, axis=0), axis=(1, 2))
    assert steps.max() <= longest * math.sqrt(2) * (math.pi + 2) / 64 + 1e-9
    assert np.linalg.norm(path, 2, axis=(1, 2)).max() <= longest + 1e-9


@given(angle=st.floats(-3.1, 3.1))
def test_a_path_to_a_turn_is_the_turn_bit_by_bit(angle):
    path = space.matrix_path(np.eye(2), space.rotation(angle), 5)
    expected = [space.rotation(angle * part / 4) for part in range(5)]
    np.testing.assert_allclose(path, expected, atol=1e-9)


def test_half_a_turn_goes_round_and_not_through_the_point():
    path = space.matrix_path(np.eye(2), -np.eye(2), 9)
    np.testing.assert_allclose(np.linalg.svd(path, compute_uv=False), np.ones((9, 2)), atol=1e-12)


@given(angle=st.floats(-1e-7, 1e-7))
def test_nearly_half_a_turn_is_still_a_turn(angle):
    path = space.matrix_path(np.eye(2), space.rotation(math.pi + angle), 9)
    np.testing.assert_allclose(np.linalg.svd(path, compute_uv=False), np.ones((9, 2)), atol=1e-6)


def test_in_space_a_flip_turns_the_sheet_over():
    flat = np.eye(3)[:, :2]
    over = flat * [1.0, -1.0]
    path = space.matrix_path(flat, over, 9)
    np.testing.assert_allclose(np.linalg.svd(path, compute_uv=False), np.ones((9, 2)), atol=1e-12)
    np.testing.assert_allclose(abs(path[4]), [[1, 0], [0, 0], [0, 1]], atol=1e-12)


def test_in_the_plane_a_flip_collapses_exactly_once():
    path = space.matrix_path(np.eye(2), space.reflection(0.3), 9)
    areas = np.linalg.det(path)
    np.testing.assert_allclose(areas, np.linspace(1, -1, 9), atol=1e-12)


@given(start=matrices(3, 2), end=matrices(3, 2))
def test_a_sheet_in_space_never_collapses_between_two_sheets(start, end):
    def thinnest(matrix):
        return np.linalg.svd(matrix, compute_uv=False)[..., -1]

    assume(min(thinnest(start), thinnest(end)) > 0.05)
    path = space.matrix_path(start, end, 17)
    assert thinnest(path).min() > 0.9 * min(thinnest(start), thinnest(end))


def test_flattening_maps_have_paths_too():
    down = np.array([[1.0, 0, 0], [0, 1, 0]])
    assert space.matrix_path(down, down[::-1], 5).shape == (5, 2, 3)
    path = space.matrix_path(np.zeros((2, 2)), space.rotation(2.0), 3)
    np.testing.assert_allclose(path[1], space.rotation(2.0) / 2, atol=1e-12)


# ---- 任何 array API 数组 ----


@library
def test_every_function_answers_in_the_library_it_was_asked_in(make):
    matrix = make([[1.0, 2.0], [0.5, -1.0]])
    points = make([[1.0, 0.0], [0.0, 1.0], [2.0, -3.0]])
    offset = make([1.0, 2.0])
    xp = array_namespace(matrix)
    parts = space.decompose(matrix)
    answers = [
        (space.apply(matrix, points, offset), [[2, 2.5], [3, 1], [-3, 6]]),
        (space.lift(points, make([1.0, 2.0, 3.0])), [[1, 0, 1], [0, 1, 2], [2, -3, 3]]),
        (space.lift(points, 0.0), [[1, 0, 0], [0, 1, 0], [2, -3, 0]]),
        (space.project(points), [[1], [0], [2]]),
        (parts.u @ parts.steps()[2][1] @ parts.steps()[1][1] @ parts.vt, to_numpy(matrix)),
        (space.matrix_path(matrix, matrix, 2), [to_numpy(matrix)] * 2),
        (space.matrix_path(matrix, make([[1.0, 0.0], [0.0, 1.0]]), 3)[2, ...], np.eye(2)),
        (
            space.matrix_path(make([[1.0, 0.0], [0.0, 1.0]]), make([[-1.0, 0.0], [0.0, -1.0]]), 2)[
                1, ...
            ],
            -np.eye(2),
        ),
    ]
    for answer, expected in answers:
        assert array_namespace(answer) is xp
        assert answer.dtype == xp.float64
        np.testing.assert_allclose(to_numpy(answer), expected, atol=1e-12)


def test_everything_stays_on_the_device_of_the_input():
    xp, device = array_api_strict, array_api_strict.Device("device1")
    matrix = xp.asarray([[1.0, 2.0], [0.5, -1.0]], device=device)
    turn = xp.asarray([[-1.0, 0.0], [0.0, -1.0]], device=device)
    parts = space.decompose(matrix)
    answers = [
        space.apply(matrix, matrix, matrix[0, :]),
        space.lift(matrix, 1.0),
        space.project(matrix),
        parts.u,
        parts.s,
        parts.vt,
        *[step for _, step in parts.steps()],
        space.matrix_path(matrix, turn, 3),
        space.matrix_path(-turn, turn, 3),
        space.matrix_path(0 * turn, turn, 3),
    ]
    assert all(answer.device == device for answer in answers)


@library
def test_single_precision_is_computed_in_double(make):
    single = make(np.eye(2, dtype=np.float32)) if make is not LIBRARIES["torch"] else torch.eye(2)
    assert "float64" in str(space.apply(single, single).dtype)
    assert "float64" in str(space.matrix_path(single, single, 2).dtype)


def test_new_matrices_come_from_the_chosen_backend():
    set_backend("torch", device="cpu")
    try:
        for matrix in (
            space.rotation(1.0),
            space.scaling(1, 2),
            space.shear(1),
            space.reflection(1),
        ):
            assert isinstance(matrix, torch.Tensor) and matrix.dtype == torch.float64
    finally:
        set_backend("numpy")


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: space.rotation(math.nan), ValueError, "angle.*nan"),
        (lambda: space.rotation("一圈"), TypeError, "angle 要是实数.*一圈"),
        (lambda: space.scaling(1.0, math.inf), ValueError, "sy"),
        (lambda: space.apply(np.eye(3), np.ones((2, 2))), ValueError, r"points.*3.*\(2, 2\)"),
        (lambda: space.apply(np.ones(3), np.ones((2, 3))), ValueError, r"matrix 的形状.*\(3,\)"),
        (lambda: space.apply(np.eye(2), [[1, math.nan]]), ValueError, "points 里有 1 个 NaN"),
        (lambda: space.apply(np.eye(2), [[1, 2]], [1, 2, 3]), ValueError, r"offset.*\(2\).*\(3,\)"),
        (lambda: space.apply(np.eye(2), torch.ones(1, 2)), TypeError, "同一个库"),
        (lambda: space.apply([["a"]], [[1]]), TypeError, "matrix.*要实数"),
        (lambda: space.apply(np.eye(2) * 1j, [[1, 2]]), TypeError, "matrix 要是实数.*complex"),
        (lambda: space.decompose(np.eye(3)), ValueError, r"matrix 的形状要是 \(2, 2\).*\(3, 3\)"),
        (lambda: space.decompose([[1, math.inf], [0, 1]]), ValueError, "matrix 里有 1 个"),
        (
            lambda: space.matrix_path(np.eye(2), np.eye(3), 3),
            ValueError,
            r"end.*\(2, 2\).*\(3, 3\)",
        ),
        (lambda: space.matrix_path(np.eye(2), np.eye(2), 1), ValueError, "count.*至少是 2"),
        (lambda: space.lift(np.ones((3, 2)), [1, 2]), ValueError, "height"),
        (lambda: space.project(np.ones((3, 1))), ValueError, "只有一维"),
        (lambda: space.project(np.ones((3, 2)), axis=2), ValueError, "axis"),
    ],
)
def test_bad_input_is_named_in_chinese(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
