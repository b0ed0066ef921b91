"""「熵」的正文里写着的数，逐个由 mlcore 重新算出来，再到正文里去找。"""

from __future__ import annotations

from pathlib import Path

import nbformat
import numpy as np
import pytest

from mlcore.explorables.particles import COUNT, HAIR_UNITS, Particles
from mlcore.explorables.questions import ODDS, best_codes, expected_questions, tree_of
from mlcore.explorables.surprise import EXAMPLES
from mlcore.explorables.wrong_tree import PRESETS, SLIPS, asked_wrongly, lengths
from mlcore.information import UNITS, entropy, huffman, mutual_information, surprise
from mlcore.nature.particles import SIDE

NOTEBOOK = Path(__file__).parents[1] / "nbs" / "1-origins" / "10-entropy.ipynb"
HALVES = {key: p for key, _, p, _ in ODDS}


@pytest.fixture(scope="module")
def prose() -> str:
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def test_a_die_surprises_two_and_a_half_times_as_much_as_a_coin(prose):
    coin, die, both = (float(surprise(1 / n)) for n in (2, 6, 12))
    assert f"硬币 {coin:g} 比特，骰子 {die:.3f} 比特" in prose
    assert f"要对折 {die:.3f} 次" in prose
    assert both == pytest.approx(coin + die)
    assert 2.5 < die / coin < 2.6
    assert float(surprise(1 / 8)) == 3 * coin
    assert "要三倍的意外，得有八面" in prose


def test_the_trees_of_the_game_ask_what_the_text_says(prose):
    halves = HALVES["halves"]
    assert float(surprise(halves[-1])) == 6.0
    assert "$2^6=64$，所以意外是 6" in prose
    least = expected_questions(halves, tree_of(best_codes(halves)))
    assert least == float(entropy(halves))
    assert f"它低到 {least:g} 就再也压不下去了" in prose
    uneven = HALVES["uneven"]
    mean = expected_questions(uneven, tree_of(best_codes(uneven)))
    assert f"最省的树也要 {mean:.2f} 个" in prose
    assert f"也就是熵的 {float(entropy(uneven)):.2f}，多出一点" in prose


def test_the_three_colours_are_worked_out_right(prose):
    p = EXAMPLES["three"].p
    assert f"={float(entropy(p)):g}$ 比特" in prose
    assert f"这里是 {float(entropy(p, unit='nat')):.2f} 奈特" in prose
    assert f"1 比特合 {UNITS['bit']:.3f} 奈特" in prose


def test_the_four_games_have_the_entropies_of_the_text(prose):
    bits = {key: float(entropy(EXAMPLES[key].p)) for key in EXAMPLES}
    assert f"熵只有 {bits['lopsided']:.3f}。" in prose
    assert f"熵升到 {bits['even']:g}。" in prose
    assert f"猜冠军要 {bits['teams']:g} 比特" in prose
    assert f"熵就掉到 {bits['favourite']:.3f}。" in prose
    assert float(surprise(EXAMPLES["lopsided"].p[1])) == 6.0
    doubled = [bits[key] for key in ("one", "two", "four", "eight")]
    assert doubled == pytest.approx([0, 1, 2, 3])
    assert "熵从 0 到 1、2、3" in prose


def test_the_wrong_tree_costs_what_the_text_works_out(prose):
    name, p, q = PRESETS[0]
    assert f"打开「{name}」" in prose
    there, back = asked_wrongly(p, q), asked_wrongly(q, p)
    assert f"各问 {'、'.join(map(str, lengths(q)))} 个" in prose
    assert f"={there['cross']:g}$ 个；甲自己的树只要 {there['entropy']:g} 个" in prose
    assert f"多问 {there['extra']:.3f} 个。反过来" in prose
    assert f"多问的是 {back['extra']:g} 个" in prose
    assert [n / SLIPS for n in p] == [1 / 2, 1 / 4, 1 / 8, 1 / 8]


def test_the_particles_do_what_the_text_tells(prose):
    ends = {}
    for hair in ("none", "billionth"):
        picture = Particles(hair=hair)
        grid = picture.controls_now["grid"] - 1
        start = picture.view()["now"]["ways"][grid]
        picture.step(200)
        spread = picture.view()["now"]["ways"][grid]
        picture.act("reverse")
        picture.step(200)
        ends[hair] = picture.view()["now"]["ways"][grid]
        home = np.array_equal(picture.gas.here[:COUNT], picture.origin[:COUNT])
        assert home == (hair == "none")
    assert ends["none"] == start
    assert f"从 {spread:.0f}（" in prose
    assert f"）降回 {start:.0f}，{COUNT} 个粒子" in prose
    assert f"熵停在 {ends['billionth']:.0f}，" in prose
    even = COUNT // 4**2
    assert even * 4**2 == COUNT
    assert f"散得最匀是每格 {even} 个，{Particles.most[1]:.0f}" in prose
    assert HAIR_UNITS["billionth"] / SIDE == pytest.approx(1e-9, rel=0.1)


def test_an_absorbing_walk_gains_and_loses_entropy_as_the_text_says(prose):
    outside = 0.5 ** np.arange(5)
    bits = entropy(np.stack([outside, 1 - outside], axis=1))
    words = "、".join(f"{round(float(value), 3):g}" for value in bits)
    assert f"熵依次是 {words} 比特" in prose


def test_a_relation_makes_the_joint_entropy_smaller_as_the_text_says():
    apart, tied = np.full((2, 2), 0.25), np.array([[0.4, 0.1], [0.1, 0.4]])
    assert float(mutual_information(apart)) == pytest.approx(0.0, abs=1e-12)
    for joint in (apart, tied):
        sides = float(entropy(joint.sum(0))) + float(entropy(joint.sum(1)))
        both = sides - float(mutual_information(joint))
        assert float(entropy(joint.ravel())) == pytest.approx(both)
    assert float(entropy(tied.ravel())) < float(entropy(apart.ravel()))


def test_many_games_asked_together_come_near_the_entropy_of_one(prose):
    p = np.array(EXAMPLES["lopsided"].p)
    ten = p
    for _ in range(9):
        ten = np.outer(ten, p).ravel()
    mean = sum(q * len(code or "") for q, code in zip(ten, huffman(ten), strict=True)) / 10
    assert float(entropy(p)) <= mean < float(entropy(p)) + 0.1
    assert len(ten) == 2**10
    assert f"十局一捆，最省的问法平均每局约 {mean:.3f} 个" in prose
    assert f"离 {float(entropy(p)):.3f} 越近" in prose
