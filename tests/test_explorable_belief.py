"""信念的事实：和 Beta 分布的闭式一致，次序不起作用，对数优势一步一步相加，0 永远是 0。"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcore.explorables import Session
from mlcore.explorables.belief import (
    LIMIT,
    LOG_HEAD,
    OTHERS,
    SHAPES,
    THETA,
    Belief,
    Prior,
    place,
    strides,
    updated,
)
from mlcore.explorables.codec import decode, encode, inline, pack
from mlcore.explorables.host import Host
from mlcore.probability import log_odds, posterior

FRONT = Path(__file__).resolve().parents[1] / "front"
counts = st.integers(0, 150)
heights = st.lists(st.integers(0, 100).map(lambda v: v / 100), min_size=39, max_size=39).filter(any)


def beta_on_the_grid(a: float, b: float) -> np.ndarray:
    """Beta(a, b) 的密度在各格上，归一：闭式，和更新无关。"""
    log = [(a - 1) * math.log(t) + (b - 1) * math.log1p(-t) for t in THETA]
    weights = [math.exp(v - max(log)) for v in log]
    return np.array(weights) / math.fsum(weights)


@given(st.floats(0.5, 9), st.floats(0.5, 9), counts, counts)
def test_a_beta_prior_becomes_the_beta_that_the_closed_form_says(a, b, heads, tails):
    found = updated(beta_on_the_grid(a, b), heads, tails)
    np.testing.assert_allclose(found, beta_on_the_grid(a + heads, b + tails), atol=1e-12)


@given(heights, st.lists(st.booleans(), max_size=25), st.randoms())
def test_the_order_of_the_evidence_does_not_matter(prior, flips, shuffler):
    def one_by_one(results):
        belief = np.array(prior) / sum(prior)
        for head in results:
            belief = posterior(belief, THETA if head else 1 - THETA)
        return belief

    shuffled = flips[:]
    shuffler.shuffle(shuffled)
    at_once = updated(prior, sum(flips), len(flips) - sum(flips))
    np.testing.assert_allclose(one_by_one(flips), at_once, atol=1e-10)
    np.testing.assert_allclose(one_by_one(shuffled), at_once, atol=1e-10)


@given(heights, counts, counts)
def test_what_had_no_belief_never_gets_any_and_the_rest_keeps_its_sum(prior, heads, tails):
    found = updated(prior, heads, tails)
    assert np.all(found[np.array(prior) == 0] == 0)
    assert found.sum() == pytest.approx(1)


@given(st.integers(0, 38), st.integers(0, 38), st.integers(0, 60))
def test_log_odds_add_one_stride_for_each_flip(low, high, count):
    picture = Belief(low=float(THETA[low]), high=float(THETA[high]), prior=[0.4] * 20 + [0.9] * 19)
    picture.step(count)
    path = picture.walk()
    head, tail = strides(THETA[low], THETA[high])
    moves = np.diff(path)
    np.testing.assert_allclose(moves, np.where(picture.flips, head, tail), atol=1e-9)
    assert path[0] == pytest.approx(math.log(picture.priors[0, high] / picture.priors[0, low]))
    if low != high:
        # Between these two alone the belief is a probability, and its log-odds are the walk.
        belief = picture.beliefs()[0, [low, high]]
        if belief.min() > 1e-6 * belief.max():
            share = belief[1] / belief.sum()
            assert float(log_odds(share)) == pytest.approx(path[-1], abs=1e-6)


def test_a_head_and_a_tail_have_the_strides_of_the_book():
    assert strides(0.5, 0.7) == pytest.approx((math.log(1.4), math.log(0.6)))
    assert strides(0.3, 0.7) == pytest.approx((math.log(7 / 3), -math.log(7 / 3)))
    assert strides(0.4, 0.4) == (0, 0)


@pytest.mark.parametrize("truth", [0.25, 0.7, 0.9])
def test_readers_who_excluded_nothing_converge_to_the_truth(truth):
    picture = Belief(truth=truth, prior=SHAPES["fair"].tolist())
    picture.step(LIMIT)
    you, second, _ = picture.view()["means"]
    assert abs(you - truth) < 0.1
    assert abs(second - truth) < 0.1
    assert abs(you - second) < 0.03
    assert picture.view()["spreads"][0] < 0.04


def test_a_prior_that_is_zero_at_the_truth_never_learns_it():
    picture = Belief(truth=0.7)
    picture.step(LIMIT)
    third = picture.beliefs()[2]
    assert np.all(third[THETA > 0.51] == 0)
    assert third[place(0.5)] > 0.9


def test_a_walk_that_starts_at_infinity_has_no_path():
    picture = Belief(prior=SHAPES["left"].tolist())
    picture.step(20)
    assert picture.walk().size == 0
    assert len(picture.view()["walk"]) == 0


def test_a_prior_without_mass_is_refused_and_the_last_good_one_stays():
    session = Session(Belief())
    session.set({"prior": SHAPES["left"].tolist()})
    session.step(5)
    before = encode(session.view())
    with pytest.raises(ValueError, match="全是 0"):
        session.set({"prior": [0.0] * 39, "low": 0.1})
    after = encode(session.view())
    assert before[0] == after[0]
    assert before[1] == after[1]
    with pytest.raises(ValueError, match="全是 0"):
        Belief(prior=[0.0] * 39)
    with pytest.raises(ValueError, match="39 个数"):
        Belief(prior=[1.0] * 41)


def test_long_evidence_does_not_underflow():
    only = [0.0] * 39
    only[0] = 0.01
    only[1] = 1.0
    found = updated(only, 300, 0)
    assert found[1] == pytest.approx(1)
    assert found.sum() == pytest.approx(1)


def test_drawing_a_new_prior_keeps_the_flips_and_a_new_truth_begins_again():
    session = Session(Belief())
    session.step(12)
    flips = session.explorable.flips[:]
    session.set({"prior": SHAPES["fair"].tolist(), "low": 0.2})
    assert session.explorable.flips == flips
    session.set({"truth": 0.3})
    assert session.explorable.flips == []
    assert session.steps == 0


def test_it_stops_at_the_limit():
    picture = Belief()
    picture.step(LIMIT + 50)
    assert len(picture.flips) == LIMIT
    assert picture.stopped()


def test_one_slice_is_one_flip_so_that_each_is_seen():
    session = Session(Belief())
    session.slice(50)
    assert len(session.explorable.flips) == session.steps == 1


def test_a_link_and_a_snapshot_bring_back_the_same_flips():
    session = Session(Belief(truth=0.4, seed=5))
    session.step(20)
    session.set({"prior": SHAPES["fair"].tolist()})
    session.step(11)
    again = Session.restored(json.loads(json.dumps(session.state())))
    resumed = Session.resumed(decode(*encode(session.snapshot())))
    for one in (session, again, resumed):
        one.step(10)
    for one in (again, resumed):
        ours, theirs = encode(session.explorable.view()), encode(one.explorable.view())
        assert ours[0] == theirs[0]
        assert ours[1] == theirs[1]


def test_the_page_updates_a_drawn_prior_as_python_does(tmp_path):
    """前端画先验时只用场景里的表：查指数、乘、归一；信念和走过的路要和这里的一样。"""
    node = shutil.which("node")
    if not node:
        pytest.skip("没有 Node")
    picture = Belief(low=0.4, high=0.9)
    picture.step(45)
    scene = picture.view()
    names = ("theta", "log_head", "log_tail", "log_height", "exp")
    priors = [
        SHAPES["left"].tolist(),
        SHAPES["fair"].tolist(),
        [0.0] * 35 + [0.01, 0.0, 1.0, 0.3],
        [1.0, 0.01] + [0.0] * 37,
    ]
    given = {
        "scene": {name: listed(scene[name]) for name in names},
        "priors": priors,
        "flips": picture.flips,
        "pair": scene["pair"],
    }
    (tmp_path / "given.json").write_text(json.dumps(given), "utf-8")
    script = tmp_path / "believe.mjs"
    model = (FRONT / "src" / "lib" / "belief" / "model.js").as_uri()
    script.write_text(
        "import { readFileSync } from 'node:fs';\n"
        f"import {{ believe, walked }} from {json.dumps(model)};\n"
        f"const given = JSON.parse(readFileSync({json.dumps(str(tmp_path / 'given.json'))}));\n"
        "const { scene, priors, flips, pair } = given;\n"
        "const heads = flips.reduce((a, b) => a + b, 0);\n"
        "console.log(JSON.stringify(priors.map((prior) => ({\n"
        "  ...believe(scene, prior, heads, flips.length - heads),\n"
        "  path: walked(scene, prior, flips, pair),\n"
        "}))));\n",
        encoding="utf-8",
    )
    out = subprocess.run([node, script], capture_output=True, text=True, check=True).stdout
    for prior, found in zip(priors, json.loads(out), strict=True):
        ours = Belief(low=0.4, high=0.9, prior=prior)
        ours.step(45)
        expected = ours.view()
        np.testing.assert_allclose(found["curve"], expected["curves"][0], atol=1e-4)
        assert found["mean"] == pytest.approx(expected["means"][0], abs=1e-4)
        assert found["spread"] == pytest.approx(expected["spreads"][0], abs=1e-4)
        if found["path"] is None:
            assert len(expected["walk"]) == 0
        else:
            np.testing.assert_allclose(found["path"], expected["walk"], atol=1e-9)


def listed(value):
    """数组写成前端解码之后的样子。"""
    if isinstance(value, dict):
        return {name: listed(item) for name, item in value.items()}
    return {"data": value.tolist()} if isinstance(value, np.ndarray) else value


def test_the_first_scene_and_the_frames_are_small():
    picture = Belief()
    assert len(inline(picture.view())) < 8_000
    scenes = []
    for stop in Belief.stops:
        picture.step(stop - len(picture.flips))
        scenes.append(picture.view())
    assert len(pack(scenes)) < 60_000


def test_the_enlarged_figure_is_the_one_that_the_reader_sees():
    picture = Belief(prior=[0.2] * 20 + [0.9] * 19)
    picture.step(30)
    scene, figure = picture.view(), picture.figure()
    names = [trace["name"] for trace in figure["data"]]
    assert names == ["你", "乙", "丙", "你画的先验", "真的机会"]
    for trace, curve in zip(figure["data"][:3], scene["curves"], strict=True):
        np.testing.assert_array_equal(trace["y"], curve)
        assert max(trace["y"]) == 1
    np.testing.assert_array_equal(figure["data"][3]["y"], scene["prior"])
    assert figure["data"][4]["x"] == [scene["truth"]] * 2
    # 轴名和图里的一样。
    drawn = (FRONT / "src" / "lib" / "belief" / "curves.js").read_text("utf-8")
    for axis in ("xaxis", "yaxis"):
        assert f"'{figure['layout'][axis]['title']['text']}'" in drawn
    encode(figure)


def test_a_figure_of_an_earlier_step_has_the_flips_of_that_step_and_the_prior_of_now():
    host = Host()
    host.sessions["a"] = session = Session(Belief())
    session.step(40)
    session.set({"prior": [0.1] * 20 + [0.9] * 19})
    asked = {"id": "a", "op": "figure", "steps": 10}
    figure = decode(*host.ask(json.dumps(asked)))["figure"]
    early = Belief(prior=[0.1] * 20 + [0.9] * 19)
    early.step(10)
    np.testing.assert_array_equal(figure["data"][0]["y"], early.figure()["data"][0]["y"])
    assert session.steps == 40


def test_the_control_of_the_prior_answers_on_the_page_alone():
    assert Prior("a", "甲", (1.0,)).spec()["local"] is True
    assert Prior("a", "甲", (1.0,)).spec()["type"] == "numbers"
    assert OTHERS["second"].max() == 1
    assert len(LOG_HEAD) == len(THETA) == 39
