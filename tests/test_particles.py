"""盒子里的粒子：整数的路分毫不差地走得回去，差一个单位就不行——只要它们会碰。"""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcore.nature.corner import BETWEEN, COUNT, MODES, PILLAR, PILLARS, gas_in_corner
from mlcore.nature.particles import (
    PERIOD,
    SIDE,
    Gas,
    Repulsion,
    clear_of,
    coarse_counts,
    coarser,
    fold,
    log_ways,
    missing_bits,
    possible,
    shares,
    start,
)
from mlcore.random import Generator

LONG = 1000
"""这么多小步之后，一个单位的误差早就传遍了互相碰的气体。"""


def plain_acceleration(gas: Gas, target: list[int], skip: int) -> tuple[int, int]:
    """一个粒子的加速度，用 Python 的大整数一对一对地算，不用名单也不用移位。"""
    law = gas.law
    narrow = 1 << max(0, law.square.bit_length() - 30)
    top = (law.square // narrow) ** 2 // 2**30
    scale = round(top / law.stiffness)
    total = [0, 0]
    if gas.pillars is None:
        sources = [p for i, p in enumerate(gas.places()[: gas.count].tolist()) if i != skip]
    else:
        sources = gas.pillars.tolist()
    for source in sources:
        apart = [target[0] - source[0], target[1] - source[1]]
        square = apart[0] ** 2 + apart[1] ** 2
        if square >= law.square:
            continue
        strength = ((law.square - square) // narrow) ** 2 // 2**30
        for axis in (0, 1):
            size = (2 * strength * abs(apart[axis]) + scale) // (2 * scale)
            total[axis] += size if apart[axis] > 0 else -size
    return total[0], total[1]


def reversed_after(mode: str, small_steps: int, units: int = 0, seed: int = 1) -> tuple[Gas, Gas]:
    """(起点, 走了又倒着走回原定时刻的气体)。"""
    first = gas_in_corner(mode=mode, seed=seed)
    gas = copy.deepcopy(first)
    gas.step(small_steps)
    gas.reverse()
    gas.nudge(0, units)
    gas.step(small_steps)
    return first, gas


def ways(gas: Gas) -> float:
    return log_ways(coarse_counts(gas.places()[: gas.count], 2))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", [1, 2])
def test_reversed_velocities_bring_every_bit_back(mode, seed):
    first, gas = reversed_after(mode, LONG, seed=seed)
    assert np.array_equal(gas.here, first.here)
    gas.reverse()
    assert np.array_equal(gas.before, first.before)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_unit_in_one_particle_keeps_a_colliding_gas_from_coming_back(seed):
    first, gas = reversed_after("each", LONG, units=1, seed=seed)
    apart = np.abs(gas.places() - first.places()).max(axis=1) / SIDE
    assert (apart > 1 / 16).sum() > 0.9 * COUNT
    spread = copy.deepcopy(first)
    spread.step(LONG)
    assert ways(first) == pytest.approx(192.2, abs=0.1)
    assert ways(gas) > 0.93 * ways(spread) > 1.7 * ways(first)


def test_the_error_grows_by_factors_when_they_collide_and_not_when_they_are_free():
    def passed(mode: str) -> list[int]:
        """误差过了 10², 10⁴, 10⁶, 10⁸ 个单位，各在第几小步。"""
        gas = gas_in_corner(mode=mode)
        gas.step(200)
        other = copy.deepcopy(gas)
        other.nudge(0, 1)
        times, error = [], 1
        for small_step in range(0, LONG, 10):
            while error > 10 ** (2 * len(times) + 2):
                times.append(small_step)
            gas.step(10)
            other.step(10)
            error = int(np.abs(gas.places() - other.places()).max())
        return times if error > 1 else [error]

    assert passed("free") == [1]
    times = passed("each")
    assert len(times) == 4
    for sooner, later in zip(times, times[1:], strict=False):
        assert 20 <= later - sooner <= 300


@pytest.mark.parametrize("units", [1, 1 << 10, 1 << 20])
def test_free_particles_come_back_in_spite_of_the_error(units):
    first, gas = reversed_after("free", LONG, units=units)
    apart = np.abs(gas.here - first.here)
    assert apart.max() == units
    assert np.count_nonzero(apart) == 1
    assert ways(gas) == pytest.approx(ways(first), abs=5)


def test_pillars_do_not_pass_the_error_on():
    first, gas = reversed_after("pillars", 2 * LONG, units=1 << 20)
    assert np.array_equal(gas.here[1:], first.here[1:])
    assert np.abs(gas.places()[0] - first.places()[0]).max() > SIDE / 16


def test_float64_loses_its_way_where_integers_do_not():
    law = Repulsion(0.12, 0.1)
    column, row = np.meshgrid(np.arange(5), np.arange(5))
    places = (np.stack([column, row], axis=-1).reshape(-1, 2) + 0.5) / 5
    whole = Gas(*start(places, 0.004, Generator(1)), 25, law)

    def accelerate(here: np.ndarray) -> np.ndarray:
        inside = np.mod(here, 2.0)
        way = np.where(inside > 1.0, -1.0, 1.0)
        inside = np.where(inside > 1.0, 2.0 - inside, inside)
        apart = inside[:, None] - inside[None]
        gap = np.clip(1 - (apart**2).sum(axis=-1) * SIDE**2 / law.square, 0, None)
        np.fill_diagonal(gap, 0)
        return law.stiffness * ((gap**2)[..., None] * apart).sum(axis=1) * way

    begin = whole.here.copy()
    here, before = begin / SIDE, whole.before / SIDE
    whole.step(1500)
    for _ in range(1500):
        here, before = 2 * here - before + accelerate(here), here
    whole.reverse()
    before = 2 * here - before + accelerate(here)
    whole.step(1500)
    for _ in range(1500):
        here, before = 2 * here - before + accelerate(here), here
    assert np.array_equal(whole.here, begin)
    assert np.abs(here - begin / SIDE).max() > 0.05


@pytest.mark.parametrize("mode", ["each", "pillars"])
def test_accelerations_agree_with_plain_integers(mode):
    gas = gas_in_corner(mode=mode)
    possible(gas, 0.05, 12, Generator(5))
    gas.step(60)
    found = gas.accelerations() * fold(gas.here)[1]
    for i, place in enumerate(gas.places().tolist()):
        mine = i if i < gas.count else 0  # 影子不碰它的本尊
        assert tuple(found[i]) == plain_acceleration(gas, place, mine)


@given(
    st.integers(-BETWEEN.reach, BETWEEN.reach),
    st.integers(-BETWEEN.reach, BETWEEN.reach),
)
def test_a_push_and_its_mirror_image_cancel_to_the_last_bit(dx, dy):
    for law in (BETWEEN, PILLAR):
        one = law.push(np.int64(dx), np.int64(dy))
        other = law.push(np.int64(-dx), np.int64(-dy))
        assert [int(v) for v in one] == [-int(v) for v in other]


def test_a_push_is_the_slope_of_the_energy():
    for law in (BETWEEN, PILLAR):
        at = np.linspace(0.05, 0.95, 19) * law.reach / SIDE
        near = 1e-6
        energies = [law.energy(((at + shift) * SIDE) ** 2) for shift in (near, -near)]
        slope = (energies[0] - energies[1]) / (2 * near)
        push, _ = law.push((at * SIDE).astype(np.int64), np.zeros(len(at), dtype=np.int64))
        assert np.allclose(push / SIDE, -slope, rtol=1e-4, atol=1e-9)


def test_collisions_keep_the_total_momentum_to_the_last_bit():
    gas = gas_in_corner(seed=2)
    # 离墙还远的时候，没有谁反弹，总动量一位也不变。
    gas.here += SIDE // 4
    gas.before += SIDE // 4
    momentum = (gas.here - gas.before).sum(axis=0)
    gas.step(60)
    assert np.abs(gas.accelerations()).max() > 0
    assert np.array_equal((gas.here - gas.before).sum(axis=0), momentum)


@pytest.mark.parametrize("mode", MODES)
def test_the_energy_stays_within_three_percent(mode):
    gas = gas_in_corner(mode=mode, seed=3)
    begin = gas.energy()
    for _ in range(6):
        gas.step(200)
        assert gas.energy() == pytest.approx(begin, rel=0.03)


def test_a_free_particle_runs_between_mirrors():
    gas = gas_in_corner(mode="free")
    speed = np.abs(gas.velocities())
    gas.step(3000)
    assert np.array_equal(np.abs(gas.velocities()), speed)
    assert gas.places().min() >= 0
    assert gas.places().max() < SIDE


@given(st.integers(-(2**40), 2**40))
def test_folding_is_a_mirror_at_both_walls(place):
    inside, way = (int(v) for v in fold(np.int64(place)))
    assert 0 <= inside < SIDE
    assert (inside, way) == tuple(int(v) for v in fold(np.int64(place + PERIOD)))
    mirrored, opposite = (int(v) for v in fold(np.int64(-1 - place)))
    assert (mirrored, opposite) == (inside, -way)


def test_no_particle_crosses_a_pillar():
    gas = gas_in_corner(mode="pillars")
    for _ in range(200):
        gas.step(4)
        apart = gas.places()[:, None] / SIDE - PILLARS[None]
        assert np.hypot(apart[..., 0], apart[..., 1]).min() > 0.75 * PILLAR.reach / SIDE


def test_clearing_moves_points_to_the_rim_and_leaves_the_others():
    points = np.array([[0.1, 0.1], [0.12, 0.1], [0.5, 0.75]])
    moved = clear_of(points, PILLARS, 0.055)
    assert np.array_equal(moved[2], points[2])
    assert np.hypot(*(moved[1] - [0.1, 0.1])) == pytest.approx(0.055)


def test_all_start_equally_fast():
    here, before = start(np.full((50, 2), 0.5), 0.002, Generator(7))
    speed = np.hypot(*((here - before) / SIDE).T)
    assert np.allclose(speed, 0.002, rtol=1e-5)


@given(st.lists(st.integers(0, 6), min_size=4, max_size=4).filter(lambda c: sum(c) > 0))
def test_the_ways_are_the_multinomial_coefficient(counts):
    expected = math.factorial(sum(counts))
    for count in counts:
        expected //= math.factorial(count)
    assert log_ways(np.array(counts)) == pytest.approx(math.log(expected), abs=1e-9)


def test_fifteen_alike_in_a_hundred_places_are_the_billiards_of_the_source():
    # Y1-21：15 个球占 100 个空位里的 15 个，有 C(100, 15) 种占法，约 57.81 bit。
    ways_ = math.exp(log_ways(np.array([15, 85])))
    assert ways_ == pytest.approx(math.comb(100, 15), rel=1e-9)
    assert log_ways(np.array([15, 85])) / math.log(2) == pytest.approx(57.81, abs=0.005)


def test_coarser_cells_hold_the_same_particles():
    gas = gas_in_corner((0.7, 0.6))
    gas.step(100)
    for bits in (4, 3, 2):
        fine = coarse_counts(gas.places(), bits)
        assert fine.sum() == COUNT
        assert np.array_equal(coarser(fine), coarse_counts(gas.places(), bits - 1))
        assert log_ways(fine) > log_ways(coarser(fine))


def test_the_cells_are_numbered_from_the_lower_left_row_by_row():
    places = np.array([[0, 0], [SIDE - 1, 0], [0, SIDE - 1]])
    assert np.array_equal(coarse_counts(places, 1), [1, 1, 1, 0])


def test_missing_bits_are_the_shannon_entropy_of_the_shares():
    table = shares(128)
    for counts, bits in (([128, 0, 0, 0], 0.0), ([64, 64, 0, 0], 1.0), ([32] * 4, 2.0)):
        assert missing_bits(np.array(counts), table) == pytest.approx(bits, abs=1e-12)
    # Y1-13 的三种颜色：{½, ¼, ¼} 是 1.5 bit，也就是 1.04 nat。
    three = missing_bits(np.array([64, 32, 32, 0]), table)
    assert three == pytest.approx(1.5)
    assert three * math.log(2) == pytest.approx(1.04, abs=0.005)


@pytest.mark.parametrize("mode", MODES)
def test_looking_does_not_touch_the_particles(mode):
    looked, alone = gas_in_corner(mode=mode), gas_in_corner(mode=mode)
    for k in range(5):
        possible(looked, 0.01, 64, Generator(1, stream=k))
        looked.step(40)
        alone.step(40)
    assert np.array_equal(looked.here[:COUNT], alone.here)


@pytest.mark.parametrize("sight", [1e-2, 1e-6])
def test_the_possibilities_lie_within_the_sight_and_on_this_side_of_the_wall(sight):
    gas = gas_in_corner()
    gas.step(300)
    possible(gas, sight, 500, Generator(1))
    assert np.abs(gas.here[COUNT:] - gas.here[0]).max() <= sight * SIDE
    assert np.abs(gas.places()[COUNT:] - gas.places()[0]).max() <= sight * SIDE


def test_a_sharper_look_buys_only_a_few_more_steps():
    table, lasted = shares(128), []
    for sight in (1e-2, 1e-4, 1e-6):
        gas = gas_in_corner()
        gas.step(400)
        possible(gas, sight, 128, Generator(3))
        steps = 0
        while missing_bits(coarse_counts(gas.places()[COUNT:], 2), table) <= 2:
            gas.step(4)
            steps += 1
        lasted.append(steps)
    assert lasted[0] < lasted[1] < lasted[2] < 10 * lasted[0]


def test_the_shadows_gather_again_when_time_runs_back():
    gas = gas_in_corner(mode="pillars")
    possible(gas, 0.01, 64, Generator(1))
    begin = gas.here.copy()
    gas.step(LONG)
    assert missing_bits(coarse_counts(gas.places()[COUNT:], 2), shares(64)) > 2
    gas.reverse()
    gas.step(LONG)
    assert np.array_equal(gas.here, begin)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 30), st.integers(1, 60))
def test_any_gas_at_any_moment_can_be_turned_back(seed, count, small_steps):
    generator = Generator(seed)
    here, before = start(generator.uniform((count, 2), dtype="float64"), 0.004, generator)
    gas = Gas(here, before, count, Repulsion(0.1, 0.3))
    gas.step(small_steps)
    gas.reverse()
    gas.step(small_steps)
    assert np.array_equal(gas.here, here)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: gas_in_corner(mode="stick"), "mode"),
        (lambda: gas_in_corner((0.3, 0.5)), "corner"),
        (lambda: gas_in_corner((0.5, float("nan"))), "corner"),
        (lambda: Repulsion(0.5, 0.1), "reach"),
        (lambda: Repulsion(0.05, 0.0), "stiffness"),
        (lambda: Gas(np.zeros((3, 2)), np.zeros((2, 2)), 1), "形状"),
        (lambda: Gas(np.zeros((3, 2)), np.zeros((3, 2)), 4), "count"),
        (lambda: gas_in_corner().nudge(0, -1), "units"),
        (lambda: possible(gas_in_corner(), float("nan"), 5, Generator(1)), "sight"),
    ],
)
def test_bad_input_is_refused_by_name(make, said):
    with pytest.raises(ValueError, match=said):
        make()
