"""「梯度下降」的正文里写着的数，逐个由 mlcore 重新算出来，再到正文里去找。"""

from __future__ import annotations

from pathlib import Path

import nbformat
import numpy as np
import pytest

from mlcore.explorables.descent import CURVES, arrival, descend, fate, steps_needed
from mlcore.explorables.descent_map import PLANES
from mlcore.explorables.race import directions
from mlcore.explorables.runners import RATES, RUNNERS, STEPS, first_step, race
from mlcore.explorables.sampling import (
    COUNT,
    Walk,
    agreement,
    loss_surface,
    points,
    sample_gradients,
    spread_of_mean,
)
from mlcore.explorables.surfaces import SURFACES

NOTEBOOK = Path(__file__).parents[1] / "nbs" / "3-learning" / "06-gradient-descent.ipynb"
BOWL, WELLS = CURVES["bowl"], CURVES["wells"]
NAMES = list(RUNNERS)


@pytest.fixture(scope="module")
def prose() -> str:
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def minus(number: float, digits: int = 4) -> str:
    return f"{number:.{digits}g}".replace("-", "−")


def test_the_steps_of_the_bet_are_counted(prose):
    first, second, third, fourth = (steps_needed(BOWL, rate) for rate in (0.1, 0.2, 0.4, 0.8))
    words = f"学习率 0.1 要走 {first} 步才到谷底；0.2，{second} 步；0.4，{third} 步"
    assert words in prose
    assert fourth == second
    assert f"一共 {fourth} 步，和 0.2 一样" in prose
    assert steps_needed(BOWL, 0.5) == 1 and "一步到底" in prose
    landed = descend(BOWL.slope, 3.0, 0.8, 1).x[1]
    assert f"从 3 跳到了 {minus(landed)}" in prose


def test_the_worked_steps_are_those_of_the_walk(prose):
    walk = descend(BOWL.slope, 3.0, 0.1, 3)
    assert f"坡度是 {walk.slope[0]:g}，学习率取 0.1，这一步迈" in prose
    assert f"到 {walk.x[1]:.3g}。那里的坡度是 {walk.slope[1]:.3g}" in prose
    assert f"迈 {minus(walk.move[1], 3)}，到 {walk.x[2]:.3g}" in prose
    assert "是 " + "、".join(f"{x:.4g}" for x in walk.x[1:]) in prose


def test_the_factors_of_the_bowl_are_those_of_the_text(prose):
    assert r"$\eta=0.8$、$c=2$ 时乘 " + minus(1 - 0.8 * 2, 2) in prose
    assert r"$\eta=0.2$ 时乘 " + minus(1 - 0.2 * 2, 2) in prose
    assert BOWL.curvature == 2


def test_the_long_bowl_has_the_gradient_and_the_edge_of_the_text(prose):
    gradient = SURFACES["long"].gradient(np.array([3.0, 4.0]))
    assert f"在 $(3,4)$，梯度是 $({gradient[0]:g},{gradient[1]:g})$" in prose
    slow, steep = PLANES["long"].axes()[0]
    edge = 2 / steep
    assert rf"$y$ 要求 $\eta<{edge:g}$；正好 {edge:g}" in prose
    assert f"$x$ 每步还只能乘 {1 - edge * slow:g}" in prose


def test_the_tilted_bowl_lies_where_the_text_says(prose):
    surface = SURFACES["tilted"]
    np.testing.assert_allclose(surface.minima[0], [-1 / 3, -1 / 3])
    assert surface.lowest == pytest.approx(2 / 3)
    assert r"谷底在 $(-\frac13,-\frac13)$，高 $\frac23$" in prose
    np.testing.assert_allclose(PLANES["tilted"].axes()[0], [1, 3])
    assert "曲率是 1 和 3，所以 $\\eta$ 要小于 $2/3$" in prose


def test_steepest_descent_misses_the_bottom_by_the_angle_of_the_text(prose):
    here = directions(SURFACES["three-to-one"], [1.0, 1.0])
    assert np.array_equal(-here["down"], [3.0, 1.0]) and "的梯度是 $(3,1)$" in prose
    assert f"差着 {here['angle']:.1f}°" in prose


def test_cliff_and_plain_need_the_steps_of_the_text(prose):
    cliff, plain = CURVES["cliff"], CURVES["plain"]
    assert steps_needed(cliff, 0.1) is None and "300 步还到不了小旗" in prose
    assert f"0.6，{steps_needed(cliff, 0.6)} 步" in prose
    thrown = descend(cliff.slope, cliff.start, 2.0, 5, 0.0, cliff.low, cliff.high)
    assert len(thrown.move) == 1 and fate(thrown, cliff) == "away"
    assert f"起点的坡度只有 {plain.slope(plain.start):.2g}" in prose
    assert f"学习率 0.1 要挪 {steps_needed(plain, 0.1)} 步" in prose


def test_momentum_ends_in_the_valleys_of_the_text(prose):
    walk = descend(WELLS.slope, WELLS.start, 0.4, 300, 0.8)
    assert f"第 {arrival(walk, WELLS.goal)} 步到了小旗下面" in prose
    beyond = descend(WELLS.slope, WELLS.start, 0.7, 300, 0.8).x[-1]
    assert beyond > WELLS.goal + 2 and "停在第三个谷里" in prose
    assert descend(WELLS.slope, WELLS.start, 0.1, 300).x[-1] < 0


def test_the_race_ends_as_the_text_says(prose):
    field = race(SURFACES["long"], (3.0, 4.0))
    best = {name: int(field.arrived[k, field.best[k]]) for k, name in enumerate(NAMES)}
    assert best["adagrad"] == best["rmsprop"]
    assert (
        f"Adagrad 和 RMSProp {best['adagrad']} 步就到，普通的梯度下降要 {best['descent']} 步，"
        f"Adam 要 {best['adam']} 步"
    ) in prose
    tenth, hundredth = (int(np.argmin(np.abs(RATES - rate))) for rate in (0.1, 0.01))
    assert np.argmin(field.arrived[:, tenth]) == NAMES.index("descent")
    assert f"Nesterov 第 {field.left[NAMES.index('nesterov'), tenth]} 步就飞了" in prose
    there = {name for k, name in enumerate(NAMES) if field.arrived[k, hundredth] <= STEPS}
    assert there == {"nesterov", "momentum"} and "百步之内只有 Nesterov 和动量到得了" in prose


def test_other_grounds_change_the_race_as_the_text_says(prose):
    tilted = race(SURFACES["tilted"], SURFACES["tilted"].start)
    rows = map(NAMES.index, ("descent", "adagrad"))
    steps = [int(tilted.arrived[k, tilted.best[k]]) for k in rows]
    assert f"梯度下降只要 {steps[0]} 步，它要 {steps[1]} 步" in prose
    saddle = race(SURFACES["saddle"], SURFACES["saddle"].start)
    tenth = int(np.argmin(np.abs(RATES - 0.1)))
    slow, quick = (int(saddle.arrived[NAMES.index(n), tenth]) for n in ("descent", "nesterov"))
    assert f"梯度下降磨蹭了 {slow} 步，Nesterov 用 {quick} 步" in prose


def test_adam_steps_as_far_as_the_text_says(prose):
    steep, gentle, faint = (first_step("adam", slope, 0.001) for slope in (1000.0, 1e-4, 1e-8))
    assert steep == pytest.approx(gentle, rel=2e-4)
    assert "坡度 1000 和坡度 0.0001，第一步一样长" in prose
    assert faint == pytest.approx(steep / 2) and "才只迈一半" in prose


def test_the_batches_stand_where_the_text_says(prose):
    surface = loss_surface()
    found = []
    for batch in (1, 32, COUNT):
        walk = Walk((-0.9, 2.4), batch, 0.1, 1)
        for seen in (600, 18000):
            walk.step(seen // batch - walk.updates)
            found.append(float(surface.above(walk.position)))
    one, one_late, some, some_late, every, _ = found
    assert f"一次听一个的离谷底的高度只差 {one:.3f}，每批 32 个差 {some:.3f}" in prose
    assert f"差 {every:.1f}，还在半山腰" in prose
    assert f"还在谷底附近晃，差 {one_late:.3f}；" in prose
    assert f"每批 32 个的只差 {some_late:.5f}" in prose


def test_the_arrows_of_the_samples_are_as_long_as_the_text_says(prose):
    x, y = points()
    assert round(10 * agreement(sample_gradients((-0.9, 2.4), x, y))) == 6
    assert "平均下来还剩六成长" in prose
    arrows = sample_gradients(loss_surface().minima[0], x, y)
    length = np.hypot(arrows[:, 0], arrows[:, 1]).mean()
    assert f"单独一支的长度平均仍有 {length:.2f}" in prose


def test_the_drawn_balls_deviate_as_the_text_says(prose):
    balls = np.arange(1.0, 1001.0)
    one, ten, hundred = (float(spread_of_mean(balls, m)[1][0, 0]) ** 0.5 for m in (1, 10, 100))
    assert f"平均是 {balls.mean():g}" in prose
    words = f"误差的标准差是 {one:.1f}；抽 10 个，{ten:.1f}；抽 100 个，{hundred:.1f}"
    assert words in prose


def test_the_end_of_the_batches_over_a_hundred_seeds(prose):
    assert "一次听一个的一般差 0.08，每批 32 个的一般差 0.001，一百次里有九十来次是它最低" in prose
    surface = loss_surface()

    def late(batch, seed):
        walk = Walk((-0.9, 2.4), batch, 0.1, seed)
        walk.step(18000 // batch)
        return float(surface.above(walk.position))

    some = np.array([late(32, seed) for seed in range(1, 101)])
    assert round(np.median(some), 3) == 0.001
    assert 88 <= (some < late(COUNT, 1)).sum() <= 94
    one = [late(1, seed) for seed in range(1, 7)]
    assert (one > some[:6]).all() and 0.02 < np.median(one) < 0.2
