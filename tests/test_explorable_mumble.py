"""「他说的是哪个词」的事实：声音和语言各说一半，谁说得清楚听谁的。"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcore.explorables.codec import inline
from mlcore.explorables.mumble import COUNTS, FITS, SENTENCES, TEMPLATES, WORDS, Mumble, decode

NAMES = [word for word, *_ in WORDS]
pitches = st.lists(st.floats(1.0, 5.0), min_size=6, max_size=6)


def guess(heard, noise, sentence="none") -> str:
    return NAMES[decode(heard, noise, sentence).best]


@given(pitches, st.floats(0.3, 5.0), st.sampled_from([value for value, *_ in SENTENCES]))
def test_the_posterior_is_the_product_written_in_logarithms(heard, noise, sentence):
    got = decode(heard, noise, sentence)
    logs = np.log(COUNTS * FITS[sentence])
    logs = logs - ((np.array(heard) - TEMPLATES) ** 2).sum(axis=1) / (2 * noise**2)
    want = np.exp(logs - logs.max())
    np.testing.assert_allclose(got.posterior, want / want.sum(), rtol=1e-9, atol=1e-300)
    assert got.prior.sum() == pytest.approx(1)
    assert got.likelihood.max() == 1.0


def test_a_clear_voice_is_believed_whatever_the_sentence():
    for sentence in FITS:
        for k, name in enumerate(NAMES):
            if name in ("事实", "适时"):
                continue
            assert guess(TEMPLATES[k], 0.3, sentence) == name


def test_words_that_sound_the_same_are_parted_by_language_alone():
    one, two = NAMES.index("事实"), NAMES.index("适时")
    np.testing.assert_array_equal(TEMPLATES[one], TEMPLATES[two])
    for noise in (0.3, 1.0, 4.0):
        got = decode(TEMPLATES[one], noise)
        assert got.posterior[one] / got.posterior[two] == pytest.approx(COUNTS[one] / COUNTS[two])


@given(pitches, st.sampled_from(list(FITS)))
def test_when_nothing_can_be_heard_the_prior_is_all_there_is(heard, sentence):
    got = decode(heard, 1e4, sentence)
    np.testing.assert_allclose(got.posterior, got.prior, atol=1e-5)


def test_every_sentence_has_the_word_that_it_was_made_for():
    made_for = {"fact": "事实", "rule": "实施", "news": "时事", "plane": "失事", "coat": "试试"}
    for sentence, word in made_for.items():
        prior = decode(TEMPLATES[0], 1.0, sentence).prior
        assert NAMES[int(np.argmax(prior))] == word
    assert all(len(marks) == len(WORDS) for *_, marks in SENTENCES)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: decode([3.0] * 6, 0.0), "noise"),
        (lambda: decode([3.0] * 6, 1.0, "poem"), "sentence"),
        (lambda: decode([3.0] * 5, 1.0), "六个"),
        (lambda: decode([float("nan")] * 6, 1.0), "六个"),
    ],
)
def test_what_cannot_be_heard_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_the_first_scene_is_small_and_says_what_it_guesses():
    scene = Mumble().view()
    assert len(inline(scene)) < 12_000
    assert NAMES[scene["best"]] == "逝世"
    assert "逝世" in Mumble().poster()
