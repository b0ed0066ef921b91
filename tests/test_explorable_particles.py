"""图「熵能倒着走吗」的事实：两种熵各走各的，倒转分毫不差才回得来。"""

from __future__ import annotations

import json

import numpy as np
import pytest

from mlcore.explorables import Session, particles
from mlcore.explorables.codec import decode, encode, inline, pack
from mlcore.explorables.particles import GHOSTS, Particles
from mlcore.information import entropy
from mlcore.nature.corner import COUNT, MODES

TURN = 220


def same(a, b) -> bool:
    return encode(a)[0] == encode(b)[0] and encode(a)[1] == encode(b)[1]


def there_and_back(steps: int = TURN, **controls) -> Session:
    session = Session(Particles(**controls))
    session.step(steps)
    session.act("reverse")
    session.step(steps)
    return session


def cells(places: np.ndarray, bits: int, levels: int) -> np.ndarray:
    """各格里有几个，一个一个地数。"""
    side = 1 << bits
    counts = np.zeros((side, side), dtype=int)
    for x, y in places.astype(int):
        counts[y * side // levels, x * side // levels] += 1
    return counts.ravel()


@pytest.mark.parametrize("mode", MODES)
def test_the_entropy_runs_back_down_the_way_it_came(mode):
    session = there_and_back(mode=mode)
    ways = np.array(session.explorable.ways)
    assert len(ways) == 2 * TURN + 1
    assert np.array_equal(ways, ways[::-1])
    assert ways[TURN, 1] > 1.6 * ways[0, 1]
    assert session.explorable.home == {"same": COUNT, "near": COUNT, "farthest": 0.0}
    assert "逐位回到了起点" in session.view()["told"]


def test_with_a_hair_on_one_particle_the_entropy_stays_up():
    session = there_and_back(hair="billionth")
    ways = np.array(session.explorable.ways)[:, 1]
    assert ways[-1] > 0.9 * ways[TURN] > 1.5 * ways[0]
    assert session.explorable.home["near"] < 0.2 * COUNT
    assert "没有回来" in session.view()["told"]


def test_without_collisions_the_hair_does_no_harm():
    session = there_and_back(mode="free", hair="billionth")
    ways = np.array(session.explorable.ways)[:, 1]
    assert ways[-1] == ways[0]
    assert session.explorable.home["near"] == COUNT
    assert session.explorable.home["same"] == COUNT - 1
    assert "都回来了" in session.view()["told"]


def test_pillars_lose_one_particle_and_keep_the_others():
    session = there_and_back(320, mode="pillars", hair="thousandth")
    assert session.explorable.home["same"] == COUNT - 1
    assert session.explorable.home["near"] == COUNT - 1
    assert "不会把误差传给别人" in session.view()["told"]


def test_too_early_a_turn_forgives_the_hair():
    session = there_and_back(40, hair="billionth")
    assert session.explorable.home["near"] == COUNT
    assert "没来得及长大" in session.view()["told"]


def test_beyond_the_start_the_entropy_rises_again():
    session = there_and_back(60)
    session.step(60)
    scene = session.view()
    assert scene["age"] == -60
    assert scene["left"] is None
    assert scene["now"]["ways"][1] > 1.4 * session.explorable.ways[0][1]
    assert "过了起点" in scene["told"]


def test_the_countdown_counts_to_the_start():
    session = Session(Particles())
    session.step(30)
    assert session.view()["left"] is None
    session.act("reverse")
    assert session.view()["left"] == 30
    session.step(12)
    assert session.view()["left"] == 18
    session.step(18)
    assert session.view()["left"] is None


def test_looking_changes_the_one_entropy_and_not_the_other():
    looked, alone = Session(Particles()), Session(Particles())
    for session in (looked, alone):
        session.step(120)
    before = looked.view()
    looked.act("observe")
    after = looked.view()
    assert np.array_equal(after["places"], before["places"])
    assert after["now"]["ways"] == before["now"]["ways"]
    assert before["now"]["bits"][1] > 3
    assert after["now"]["bits"][1] < 1.2
    assert "看了一眼" in after["told"]
    for session in (looked, alone):
        session.step(50)
    assert np.array_equal(looked.view()["places"], alone.view()["places"])
    assert looked.explorable.ways == alone.explorable.ways
    assert looked.explorable.bits != alone.explorable.bits


def test_what_is_drawn_gives_both_entropies():
    session = Session(Particles(mode="pillars"))
    session.step(77)
    scene = session.view()
    for index, bits in enumerate((1, 2, 3)):
        counts = cells(scene["places"], bits, 1 << 15)
        log_factorials = sum(np.log(np.arange(1, n + 1)).sum() for n in counts)
        ways = np.log(np.arange(1, COUNT + 1)).sum() - log_factorials
        assert scene["now"]["ways"][index] == pytest.approx(ways, abs=1e-3)
        shares = cells(scene["cloud"], bits, 1 << 8) / GHOSTS
        assert scene["now"]["bits"][index] == pytest.approx(float(entropy(shares)), abs=1e-3)
        # 前端拖角的时候查这两张表。
        ladder, table = scene["ladder"], scene["shares"]
        assert ladder[-1] - ladder[counts].sum() == pytest.approx(ways, abs=1e-3)
        inside = cells(scene["cloud"], bits, 1 << 8)
        assert table[inside].sum() == pytest.approx(scene["now"]["bits"][index], abs=1e-3)
        assert scene["ways"][index, -1] == pytest.approx(scene["now"]["ways"][index], abs=1e-3)
        assert scene["bits"][index, -1] == pytest.approx(scene["now"]["bits"][index], abs=1e-3)


def test_the_entropy_never_passes_an_even_spread():
    session = Session(Particles())
    session.step(300)
    ways = np.array(session.explorable.ways)
    assert (ways <= np.array(Particles.most) + 1e-9).all()
    assert ways[-1, 1] > 0.95 * Particles.most[1]


def test_the_corner_is_where_they_start():
    for corner in ([0.42, 1.0], [1.0, 0.42], [0.6, 0.7]):
        places = Particles(corner=corner).view()["places"] / 32768
        assert (places <= np.array(corner)).all()
        assert (places.max(axis=0) > 0.95 * np.array(corner)).all()
    scene = Particles().view()
    # 前端拖角的时候，用同一个单位方块自己摆。
    assert np.abs(scene["unit"] * 0.5 - scene["places"]).max() <= 1


def test_a_sharper_sight_is_used_at_once_only_before_the_first_step():
    session = Session(Particles())
    session.set({"sight": "millionth"})
    assert same(
        session.view(), Particles(sight="millionth").view() | {"steps": 0, "can_go_back": False}
    )
    session = Session(Particles())
    session.step(60)
    before = session.view()["cloud"]
    session.set({"sight": "millionth", "hair": "millionth", "grid": 3})
    assert session.steps == 60
    assert np.array_equal(session.view()["cloud"], before)


@pytest.mark.parametrize("mode", MODES)
def test_a_snapshot_goes_on_to_the_very_same_bits(mode):
    session = Session(Particles(mode=mode, hair="billionth"))
    session.step(70)
    session.act("observe")
    session.step(20)
    session.act("reverse")
    session.step(5)
    again = Session.resumed(decode(*encode(session.snapshot())))
    assert same(session.view(), again.view() | {"can_go_back": True})
    for one in (session, again):
        one.act("observe")
        one.step(90)
    for name in ("here", "before"):
        assert np.array_equal(
            getattr(session.explorable.gas, name), getattr(again.explorable.gas, name)
        )
    assert session.explorable.home == again.explorable.home


def test_a_link_replays_to_the_same_state():
    session = Session(Particles(seed=4, corner=[0.5, 0.8]))
    session.step(40)
    session.act("observe")
    session.step(30)
    session.set({"hair": "millionth"})
    session.act("reverse")
    session.step(33)
    again = Session.restored(json.loads(json.dumps(session.state())))
    assert same(session.view(), again.view())


def test_two_reversals_go_on_as_if_nothing_had_happened():
    session, straight = Session(Particles()), Session(Particles())
    session.step(30)
    session.act("reverse")
    session.act("reverse")
    session.step(30)
    straight.step(60)
    assert np.array_equal(session.view()["places"], straight.view()["places"])


def test_a_long_run_keeps_a_curve_of_few_points():
    session = Session(Particles(mode="free"))
    session.step(1500)
    scene = session.view()
    assert scene["ways"].shape[1] <= 256
    assert (scene["ways"].shape[1] - 1) * scene["stride"] <= 1500
    assert 1500 < scene["ways"].shape[1] * scene["stride"]


def test_the_figure_draws_the_two_entropies_on_two_axes():
    session = there_and_back(20)
    figure = session.explorable.figure()
    ways, bits = figure["data"]
    assert {ways["yaxis"], bits["yaxis"]} == {"y", "y2"}
    assert len(ways["x"]) == len(ways["y"]) == len(bits["y"]) == 41
    assert ways["y"][0] == pytest.approx(192.2, abs=0.1)
    assert "奈特" in figure["layout"]["yaxis"]["title"]["text"]
    assert "比特" in figure["layout"]["yaxis2"]["title"]["text"]
    named = figure["layout"]["annotations"]
    assert [(one["text"], one["x"]) for one in named] == [("倒转", 20)]
    low, high = figure["layout"]["yaxis"]["domain"], figure["layout"]["yaxis2"]["domain"]
    assert high[1] < low[0]


def run(session: Session) -> int:
    """像按「运行」那样一片一片地跑，到不动了为止；返回停在第几步。"""
    before = -1
    while before != session.steps:
        before = session.steps
        session.slice(0)
    return session.steps


@pytest.mark.parametrize("hair", ["none", "billionth"])
def test_it_rests_when_spread_and_when_back_and_goes_on_when_told_to(hair):
    session, walked = Session(Particles(hair=hair)), there_and_back(200, hair=hair)
    assert run(session) == particles.REST == 200
    assert not session.explorable.stopped()
    session.act("reverse")
    assert session.view()["told"] == "速度已经倒转，按「运行」。"
    assert run(session) == 400
    assert session.view()["age"] == 0
    assert same(session.view(), walked.view())
    session.slice(0)
    assert session.steps == 401
    session.reset()
    assert run(session) == 200
    session.slice(0)
    assert session.steps == 201


def test_steps_that_are_asked_for_do_not_rest():
    session = Session(Particles())
    session.step(230)
    assert session.steps == 230
    assert len(list(session.walk(260))) == 30


def test_turned_before_it_was_spread_it_rests_only_at_the_start():
    session = Session(Particles(mode="free"))
    session.step(150)
    session.act("reverse")
    assert run(session) == 300


def test_turning_and_looking_at_once_are_both_told():
    session = Session(Particles())
    session.step(40)
    session.act("reverse")
    session.act("observe")
    assert "看了一眼" in session.view()["told"]
    assert "速度已经倒转" in session.view()["told"]
    session.act("reverse")
    assert "又倒回来了" in session.view()["told"]


def test_a_slice_never_hurries():
    session = Session(Particles(mode="free"))
    assert session.slice(1000) == particles.Particles.slice_most
    assert session.steps == particles.Particles.slice_most


def test_the_first_scene_and_the_frames_are_light():
    session = Session(Particles())
    assert len(inline(session.view())) < 8_000
    scenes = []
    for stop in Particles.stops:
        session.step(stop - session.steps)
        scenes.append(session.view())
    assert len(pack({"values": list(Particles.stops), "scenes": scenes})) < 150_000


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"mode": "stick"}, "碰撞"),
        ({"corner": [0.1, 0.5]}, "角"),
        ({"corner": [0.5, float("inf")]}, "有限"),
        ({"hair": "inch"}, "蓝粒子"),
        ({"grid": 4}, "格子"),
        ({"seed": 0}, "种子"),
    ],
)
def test_values_out_of_range_are_refused(values, words):
    with pytest.raises(ValueError, match=words):
        Particles(**values)


def test_unknown_buttons_are_refused():
    with pytest.raises(ValueError, match="按钮"):
        Particles().act("stop")


def test_every_moment_has_its_sentence():
    def said(*moves, **controls) -> str:
        session = Session(Particles(**controls))
        for move in moves:
            session.step(move) if isinstance(move, int) else session.act(move)
        return session.view()["told"]

    assert "粒子都在角里" in said()
    assert "散开不用谁来安排" in said(20)
    assert "散匀了" in said(160)
    assert "来路" in said(30, "reverse", 1)
    assert "看了一眼" in said(30, "reverse", "observe", 3)
    assert "先运行" in said()
    assert "没有来路可回" in said("reverse")
    assert "没有来路可回" not in said("reverse", "reverse")
    assert "往另一头走" in said("reverse", 50)
    assert "又倒了一次" in said(30, "reverse", 10, "reverse", 2)
    assert "传给被碰的" in said(30, "reverse", 1, hair="millionth")
    assert "差多少就一直是多少" in said(30, "reverse", 1, hair="millionth", mode="free")
    assert "柱子" in said(30, "reverse", 1, hair="millionth", mode="pillars")
    assert "已经错过" in said(TURN, "reverse", TURN + 60, hair="millionth")
