"""随机数：到处一样的位，状态只是一个计数，统计上看不出毛病。"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcore.backend import set_backend, to_numpy
from mlcore.random import Generator

WORD = 2**32
seeds = st.integers(0, WORD - 1)


@pytest.fixture(autouse=True)
def numpy_afterwards():
    yield
    set_backend("numpy")


def mix(x: int) -> int:
    x = (x ^ x >> 16) * 0x7FEB352D % WORD
    x = (x ^ x >> 15) * 0x846CA68B % WORD
    return x ^ x >> 16


def words_one_by_one(seed: int, stream: int, counter: int) -> tuple[int, int]:
    """同一个定义，用 Python 的整数一个一个地算。"""
    key = 0
    for part in (seed, stream, counter // WORD):
        key = mix(((key ^ part) + 0x9E3779B9) % WORD)
    word = mix(counter % WORD ^ key)
    found = []
    for _ in range(2):
        key = mix((key + 0x9E3779B9) % WORD)
        word = mix(word ^ key)
        found.append(word)
    return found[0], found[1]


@pytest.mark.parametrize("name", ["numpy", "torch"])
@given(seed=seeds, stream=seeds, counter=st.integers(0, 2**40), count=st.integers(1, 5))
def test_the_bits_are_a_hash_of_seed_stream_and_counter(name, seed, stream, counter, count):
    set_backend(name, device="cpu")
    generator = Generator(seed, stream)
    generator.counter = counter
    first, second = (to_numpy(word).tolist() for word in generator.bits(count, 2))
    expected = [words_one_by_one(seed, stream, counter + i) for i in range(count)]
    assert list(zip(first, second, strict=True)) == expected
    assert generator.counter == counter + count


@pytest.mark.parametrize("name", ["numpy", "torch"])
def test_the_counter_may_cross_a_word(name):
    set_backend(name, device="cpu")
    generator = Generator(3)
    generator.counter = WORD - 2
    (bits,) = generator.bits(4)
    expected = [words_one_by_one(3, 0, WORD - 2 + i)[0] for i in range(4)]
    assert to_numpy(bits).tolist() == expected


def draw(name: str, dtype: str) -> list[np.ndarray]:
    set_backend(name, device="cpu", dtype=dtype)
    generator = Generator(7, 3)
    return [
        to_numpy(array)
        for array in (
            generator.uniform((3, 5)),
            generator.uniform(100, -1.0, 3.0),
            generator.integers(100, -5, 12),
            generator.permutation(50),
            generator.normal(1000),
        )
    ]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numpy_and_torch_draw_the_same_numbers(dtype):
    ours, theirs = draw("numpy", dtype), draw("torch", dtype)
    for left, right in zip(ours[:-1], theirs[:-1], strict=True):
        assert left.dtype == right.dtype
        np.testing.assert_array_equal(left, right)
    np.testing.assert_allclose(ours[-1], theirs[-1], rtol=3e-7 if dtype == "float32" else 1e-13)


def test_float32_is_float64_cut_short():
    coarse = Generator(5).uniform(1000, dtype="float32")
    fine = Generator(5).uniform(1000, dtype="float64")
    assert np.all(fine - coarse >= 0) and np.all(fine - coarse < 2.0**-24)


@given(seed=seeds, before=st.integers(0, 50), count=st.integers(1, 50))
def test_setting_the_counter_back_repeats_the_numbers(seed, before, count):
    generator = Generator(seed)
    generator.uniform(before)
    counter = generator.counter
    first = generator.uniform(count)
    generator.counter = counter
    np.testing.assert_array_equal(generator.uniform(count), first)


@given(seed=seeds, parts=st.lists(st.integers(0, 20), min_size=1, max_size=5))
def test_many_small_draws_are_one_large_draw(seed, parts):
    generator = Generator(seed)
    small = np.concatenate([generator.uniform(part) for part in parts])
    np.testing.assert_array_equal(small, Generator(seed).uniform(sum(parts)))


def chi_square(values: np.ndarray, bins: int) -> float:
    """每格个数的卡方，化成标准正态的偏差。"""
    counts = np.bincount((values * bins).astype(int), minlength=bins)
    expected = len(values) / bins
    return float((((counts - expected) ** 2 / expected).sum() - (bins - 1)) / math.sqrt(2 * bins))


@pytest.mark.parametrize("seed", range(4))
def test_uniform_numbers_fill_the_interval_evenly_and_alone(seed):
    values = Generator(seed).uniform(200_000, dtype="float64")
    n = len(values)
    assert 0 <= values.min() and values.max() < 1
    assert abs(values.mean() - 0.5) < 4 / math.sqrt(12 * n)
    assert abs(chi_square(values, 1000)) < 4
    assert abs(chi_square((values * 1024) % 1, 1000)) < 4
    for lag in (1, 2, 3, 16, 100):
        correlation = np.corrcoef(values[:-lag], values[lag:])[0, 1]
        assert abs(correlation) < 4 / math.sqrt(n)


def test_neighbouring_seeds_and_streams_are_unrelated():
    for family in ((Generator(s) for s in range(2000)), (Generator(9, s) for s in range(2000))):
        table = np.stack([generator.uniform(4, dtype="float64") for generator in family])
        assert np.all(abs(table.mean(axis=0) - 0.5) < 4 / math.sqrt(12 * 2000))
        for columns in (table, table[:-1] - table[1:]):
            correlation = np.corrcoef(columns.T) - np.eye(4)
            assert np.abs(correlation).max() < 4 / math.sqrt(2000)
        assert abs(np.corrcoef(table[:-1, 0], table[1:, 0])[0, 1]) < 4 / math.sqrt(2000)


def test_normal_numbers_have_the_moments_and_tails_of_the_normal_law():
    values = Generator(2).normal(400_000, dtype="float64")
    n = len(values)
    assert abs(values.mean()) < 4 / math.sqrt(n)
    assert abs(values.var() - 1) < 4 * math.sqrt(2 / n)
    assert abs((values**3).mean()) < 4 * math.sqrt(15 / n)
    assert abs((values**4).mean() - 3) < 4 * math.sqrt(96 / n)
    below = np.array([0.5 * (1 + math.erf(value / math.sqrt(2))) for value in values[:100_000]])
    assert abs(chi_square(below, 200)) < 4


def test_mean_and_standard_deviation_are_those_asked_for():
    plain = Generator(4).normal(1000, dtype="float64")
    moved = Generator(4).normal(1000, mean=3.0, std=0.5, dtype="float64")
    np.testing.assert_allclose(moved, 3.0 + 0.5 * plain, rtol=1e-14)


@given(seed=seeds, n=st.integers(0, 200))
def test_a_permutation_holds_every_number_once(seed, n):
    assert sorted(Generator(seed).permutation(n).tolist()) == list(range(n))


def test_all_permutations_are_equally_likely():
    generator = Generator(1)
    counts: dict[tuple[int, ...], int] = {}
    for _ in range(6000):
        order = tuple(generator.permutation(3).tolist())
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 6
    assert all(abs(count - 1000) < 4 * math.sqrt(1000) for count in counts.values())


@given(seed=seeds, low=st.integers(-100, 100), width=st.integers(1, 50))
def test_integers_stay_in_their_range(seed, low, width):
    values = Generator(seed).integers(200, low, low + width)
    assert values.dtype == np.int64
    assert low <= values.min() and values.max() < low + width


def test_every_integer_is_equally_likely():
    counts = np.bincount(Generator(8).integers(70_000, 0, 7), minlength=7)
    assert np.all(abs(counts - 10_000) < 4 * 100)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: Generator(-1), ValueError, "seed.*-1"),
        (lambda: Generator(2**32), ValueError, "seed"),
        (lambda: Generator(1.5), TypeError, "seed 要是整数.*1.5"),
        (lambda: Generator(True), TypeError, "seed"),
        (lambda: Generator(1, -2), ValueError, "stream.*-2"),
        (lambda: Generator(1).uniform(-3), ValueError, "shape.*-3"),
        (lambda: Generator(1).uniform((2, 2.5)), TypeError, "shape.*2.5"),
        (lambda: Generator(1).uniform(2, 1.0, 1.0), ValueError, "low 要小于 high"),
        (lambda: Generator(1).uniform(2, 0.0, math.inf), ValueError, "high.*有限"),
        (lambda: Generator(1).normal(2, std=-1.0), ValueError, "std"),
        (lambda: Generator(1).integers(2, 5, 5), ValueError, "high"),
        (lambda: Generator(1).permutation(-1), ValueError, "n 要"),
    ],
)
def test_bad_input_is_named_in_chinese(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
