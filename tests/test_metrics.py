"""分数和分数据：和 scikit-learn 一样；分出来的每一份都对得上数。"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as peers

from mlcore.backend import set_backend, to_numpy
from mlcore.random import Generator
from mlcore.train import metrics, split


@pytest.fixture(params=["numpy", "torch"])
def backend(request):
    yield set_backend(request.param, device="cpu")
    set_backend("numpy")


@pytest.fixture
def guesses(backend):
    random = np.random.default_rng(0)
    return random.normal(size=(60, 5)), random.integers(0, 5, 60)


def test_the_scores_of_a_classifier_are_those_of_scikit_learn(backend, guesses):
    logits, target = guesses
    guess = logits.argmax(1)
    x, y = backend.xp.asarray(logits), backend.xp.asarray(target)
    assert metrics.accuracy(x, y) == peers.accuracy_score(target, guess)
    assert metrics.accuracy(guess, y) == metrics.accuracy(x, y)
    for k in range(1, 5):
        expected = peers.top_k_accuracy_score(target, logits, k=k)
        assert metrics.top_k_accuracy(x, y, k) == expected
    table = metrics.confusion_matrix(guess, y)
    np.testing.assert_array_equal(to_numpy(table), peers.confusion_matrix(target, guess))
    for positive in range(5):
        found = metrics.precision_recall(guess, y, positive)
        says, is_so = guess == positive, target == positive
        assert found.precision == pytest.approx(peers.precision_score(is_so, says))
        assert found.recall == pytest.approx(peers.recall_score(is_so, says))
        assert found.f1 == pytest.approx(peers.f1_score(is_so, says))


def test_the_scores_of_a_regression_are_those_of_scikit_learn(backend, guesses):
    prediction, target = guesses[0][:, 0], guesses[0][:, 1]
    x, y = backend.xp.asarray(prediction), backend.xp.asarray(target)
    for ours, theirs in (
        (metrics.mean_absolute_error, peers.mean_absolute_error),
        (metrics.root_mean_squared_error, peers.root_mean_squared_error),
        (metrics.r_squared, peers.r2_score),
    ):
        assert ours(x, y) == pytest.approx(theirs(target, prediction), rel=1e-6)
        assert ours(x[:, None], y) == ours(x, y)


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40),
    st.integers(5, 7),
)
@settings(max_examples=30)
def test_a_confusion_matrix_counts_every_sample_once(pairs, classes):
    guess, target = np.array(pairs).T
    table = metrics.confusion_matrix(guess, target, classes)
    assert table.shape == (classes, classes)
    assert table.sum() == len(pairs)
    np.testing.assert_array_equal(table.sum(1), np.bincount(target, minlength=classes))
    np.testing.assert_array_equal(table.sum(0), np.bincount(guess, minlength=classes))
    assert table.trace() / len(pairs) == pytest.approx(metrics.accuracy(guess, target))


def test_accuracy_counts_every_place_of_a_sequence():
    logits = np.eye(3)[[[0, 1, 2], [2, 2, 0]]]
    assert metrics.accuracy(logits, np.array([[0, 1, 1], [2, 0, 0]])) == pytest.approx(4 / 6)
    assert metrics.top_k_accuracy(logits, np.array([[0, 1, 1], [2, 0, 0]]), 3) == 1.0


def test_equal_scores_do_not_count_as_correct_for_every_class():
    flat = np.zeros((3, 4))
    assert metrics.top_k_accuracy(flat, np.array([0, 1, 3]), 2) == pytest.approx(2 / 3)


def test_the_perplexity_of_a_uniform_guess_is_the_number_of_choices():
    assert metrics.perplexity(math.log(5000)) == pytest.approx(5000)
    assert metrics.perplexity(0.0) == 1.0
    assert metrics.perplexity(1e6) == math.inf


def test_scores_without_a_case_are_not_a_number():
    found = metrics.precision_recall(np.array([0, 0]), np.array([0, 1]))
    assert math.isnan(found.precision)
    assert (found.recall, found.f1) == (0.0, 0.0)


# ── 分数据 ────────────────────────────────────────────────────────────────────


@given(
    n=st.integers(10, 200),
    shares=st.sampled_from([(0.8, 0.1, 0.1), (0.5, 0.5), (0.6, 0.25, 0.15), (1.0,)]),
    seed=st.integers(0, 50),
)
@settings(max_examples=40)
def test_every_sample_is_in_one_part_and_the_parts_have_their_size(n, shares, seed):
    parts = split(n, shares, generator=Generator(seed))
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(n))
    for rows, share in zip(parts, shares, strict=True):
        assert abs(len(rows) - share * n) < 1


@given(
    counts=st.lists(st.integers(1, 60), min_size=2, max_size=6),
    shares=st.sampled_from([(0.8, 0.1, 0.1), (0.5, 0.5), (0.7, 0.3)]),
    seed=st.integers(0, 50),
)
@settings(max_examples=40)
def test_a_stratified_split_gives_every_class_its_share(counts, shares, seed):
    labels = np.repeat(np.arange(len(counts)), counts)
    if len(labels) < 20:
        labels = np.tile(labels, 20)
    labels = labels[Generator(seed, stream=9).permutation(len(labels))]
    parts = split(len(labels), shares, generator=Generator(seed), stratify=labels)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(len(labels)))
    for rows, share in zip(parts, shares, strict=True):
        assert abs(len(rows) - share * len(labels)) <= 1
        for label in range(len(counts)):
            due = share * np.sum(labels == label)
            assert abs(np.sum(labels[rows] == label) - due) <= 1 + 1e-9


def test_many_rare_classes_still_fill_every_part():
    parts = split(100, (0.8, 0.1, 0.1), generator=Generator(0), stratify=np.arange(100))
    assert [len(rows) for rows in parts] == [80, 10, 10]


def test_the_same_seed_splits_alike_and_another_does_not(backend):
    first, again, other = (
        split(50, generator=Generator(seed), stratify=np.arange(50) % 2) for seed in (3, 3, 4)
    )
    for left, right in zip(first, again, strict=True):
        np.testing.assert_array_equal(to_numpy(left), to_numpy(right))
    assert any(
        not np.array_equal(to_numpy(left), to_numpy(right))
        for left, right in zip(first, other, strict=True)
    )


SEED = Generator(0)
TWO = np.array([0, 1])


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: split(10, (0.5, 0.4), generator=SEED), ValueError, "加起来要是 1.*0.9"),
        (lambda: split(10, (1.2, -0.2), generator=SEED), ValueError, "fractions.*1.2"),
        (lambda: split(0, generator=SEED), ValueError, "n 要至少是 1"),
        (lambda: split(3, generator=SEED), ValueError, r"3 个样本.*有一份是空的"),
        (lambda: split(10, generator=5), TypeError, "generator.*int 5"),
        (lambda: split(10, generator=SEED, stratify=TWO), ValueError, r"10 个类别.*\(2,\)"),
        (lambda: split(2, generator=SEED, stratify=TWO * 0.5), TypeError, "stratify 要是整数"),
        (lambda: metrics.accuracy(np.zeros((3, 2)), TWO), ValueError, r"形状.*\(3,\).*\(2,\)"),
        (lambda: metrics.accuracy(TWO, TWO * 1.0), TypeError, "target 要是整数"),
        (lambda: metrics.top_k_accuracy(np.zeros((2, 3)), TWO, 4), ValueError, "k 要在 1 到 3"),
        (lambda: metrics.top_k_accuracy(np.zeros((2, 1)), TWO, 1), ValueError, "0 到 0 之间"),
        (lambda: metrics.confusion_matrix(TWO, TWO, 1), ValueError, "guess 的类别.*0 到 1"),
        (lambda: metrics.confusion_matrix(TWO, TWO - 1), ValueError, "target 的类别.*-1"),
        (lambda: metrics.mean_absolute_error(TWO, [1.0]), ValueError, "prediction 和 target"),
        (lambda: metrics.mean_absolute_error([], []), ValueError, "target 是空的"),
        (lambda: metrics.r_squared([1.0, 2.0], [3.0, 3.0]), ValueError, "R² 没有定义"),
    ],
)
def test_bad_input_is_named_in_chinese(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
