"""三扇门的事实：换门在哪种规则下赢几分之几，逐一列举全部情形来核对；玩一万局也落在那里。"""

from __future__ import annotations

import json
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcore.explorables import Session
from mlcore.explorables.codec import decode, encode, inline, pack
from mlcore.explorables.doors import (
    COUNTS,
    FEWEST,
    LIMIT,
    MOST,
    NEITHER,
    STAY,
    SWITCH,
    VOID,
    Doors,
    chances,
    opened,
    play,
)
from mlcore.random import Generator

FRONT = Path(__file__).resolve().parents[1] / "front"
RULES = [(opens, host) for opens in ("rest", "one") for host in ("knows", "random")]


def enumerated(doors: int, opens: str, host: str) -> tuple[Fraction, Fraction, Fraction]:
    """另一条路：把车、主持人、换到哪里的全部情形连同概率摊开来数（你总挑 0 号）。"""
    stay = switch = void = Fraction(0)
    for car in range(doors):
        closed = list(range(1, doors))
        if opens == "one":
            ways = [{d} for d in closed if host == "random" or d != car]
        else:
            ways = [set(closed) - {d} for d in closed]
            if host == "knows":
                ways = [way for way in ways if car not in way]
        for way in ways:
            weight = Fraction(1, doors * len(ways))
            left = set(closed) - way
            if car in way:
                void += weight
            elif car == 0:
                stay += weight
            else:
                switch += weight * Fraction(1, len(left))
    return stay, switch, void


@pytest.mark.parametrize(("opens", "host"), RULES)
@pytest.mark.parametrize("doors", [3, 4, 5, 8, 20, 24])
def test_the_exact_chances_are_what_counting_every_case_gives(doors, opens, host):
    stay, switch, void = enumerated(doors, opens, host)
    exact = chances(doors, opens, host)
    assert exact.void == void
    assert exact.stay == stay / (1 - void)
    assert exact.switch == switch / (1 - void)
    assert exact.elsewhere == 1 - exact.stay


def test_the_numbers_of_the_book():
    assert chances(3)[:3] == (Fraction(1, 3), Fraction(2, 3), 0)
    assert chances(3, host="random")[:3] == (Fraction(1, 2), Fraction(1, 2), Fraction(1, 3))
    for n in range(FEWEST, MOST + 1):
        assert chances(n, "one").switch == Fraction(n - 1, n * (n - 2))
        assert chances(n, "rest").switch == Fraction(n - 1, n)
        assert chances(n, "rest", "random").switch == Fraction(1, 2)
        assert chances(n, "one", "random").switch == Fraction(1, n - 1)


@given(
    st.integers(FEWEST, MOST), st.sampled_from(RULES), st.data(), st.floats(0, 1, exclude_max=True)
)
def test_a_host_who_knows_never_shows_the_car_and_nobody_opens_your_door(doors, rule, data, chance):
    opens, host = rule
    pick, car = (data.draw(st.integers(0, doors - 1)) for _ in range(2))
    shown = opened(doors, opens, host, pick, car, chance)
    assert pick not in shown
    assert len(set(shown)) == (1 if opens == "one" else doors - 2)
    if host == "knows":
        assert car not in shown


@pytest.mark.parametrize(("opens", "host"), RULES)
def test_the_host_takes_each_way_open_to_him_equally_often(opens, host):
    for car in range(5):
        found = [opened(5, opens, host, 2, car, (k + 0.5) / 12) for k in range(12)]
        counts = {way: found.count(way) for way in found}
        assert len(set(counts.values())) == 1, (car, counts)


def test_one_game_judges_staying_and_switching_at_once():
    assert play(3, "rest", "knows", [0.0, 0.0, 0.9, 0.9]) == STAY
    assert play(3, "rest", "knows", [0.0, 0.5, 0.9, 0.9]) == SWITCH
    assert play(3, "rest", "random", [0.0, 0.5, 0.0, 0.0]) == SWITCH
    assert play(3, "rest", "random", [0.0, 0.5, 0.9, 0.0]) == VOID
    assert play(5, "one", "knows", [0.0, 0.2, 0.0, 0.9]) == NEITHER


@pytest.mark.parametrize(
    ("doors", "opens", "host"), [(3, "rest", "knows"), (3, "one", "random"), (6, "one", "knows")]
)
def test_two_thousand_games_end_within_four_standard_deviations(doors, opens, host):
    picture = Doors(doors=doors, opens=opens, host=host)
    picture.step(2000)
    scene, exact = picture.view(), chances(doors, opens, host)
    assert sum(picture.outcomes) == scene["games"] == 2000
    assert abs(scene["void"] - 2000 * exact.void) <= 4 * np.sqrt(2000 / 4)
    for rate, share in zip(scene["rates"], (exact.stay, exact.switch), strict=True):
        spread = np.sqrt(float(share * (1 - share)) / scene["counted"])
        assert abs(rate - float(share)) < 4 * spread


def test_games_drawn_ahead_are_those_drawn_one_at_a_time():
    picture, generator = Doors(doors=5, opens="one", batch=3), Generator(3, stream=12)
    wanted = [0, 0, 0, 0]
    for games in (1, 6, 130, 263):
        picture.step(games)
        for _ in range(games):
            chance = generator.uniform(4, dtype="float64").tolist()
            wanted[play(5, "one", "knows", chance)] += 1
        assert picture.outcomes == wanted
        assert picture.snapshot()["counter"] == generator.counter == 4 * picture.games


def test_the_curve_holds_the_rates_at_the_counts_on_the_axis():
    picture = Doors(host="random")
    rates = {}
    for _ in range(400):
        picture.step(1)
        rates[picture.counted] = picture._rates()
    reached = COUNTS[picture.counted >= COUNTS]
    curve = picture.view()["curve"]
    assert curve.shape == (2, len(reached))
    np.testing.assert_allclose(curve.T, [rates[count] for count in reached], rtol=1e-6)


def test_the_table_in_the_scene_has_every_rule():
    scene = Doors().view()
    for i, opens in enumerate(("rest", "one")):
        for j, host in enumerate(("knows", "random")):
            for n in range(FEWEST, MOST + 1):
                exact = chances(n, opens, host)
                parts = scene["parts"][i, j, n - FEWEST]
                assert [Fraction(int(a), int(b)) for a, b in parts] == list(exact)
                share = scene["share"][i, j, n - FEWEST]
                np.testing.assert_allclose(share, [float(v) for v in exact[:2]], rtol=1e-6)


def test_it_stops_after_ten_thousand_games(monkeypatch):
    picture = Doors()
    monkeypatch.setattr("mlcore.explorables.doors.LIMIT", 50)
    picture.step(80)
    assert picture.stopped()
    assert picture.games == 50
    assert LIMIT == COUNTS[-1]


def test_another_batch_is_another_run_and_changed_rules_begin_again():
    session = Session(Doors())
    session.step(300)
    first = session.view()
    session.set({"batch": 2})
    assert session.view()["games"] == session.steps == 0
    session.step(300)
    assert not np.array_equal(session.view()["curve"], first["curve"])
    session.set({"record": [3, 0, 0, 4, 1, 6, 5, 0]})
    assert session.view()["games"] == session.steps == 300
    session.set({"doors": 5})
    assert session.view()["games"] == session.steps == 0


def test_a_link_and_a_snapshot_bring_back_the_same_games():
    session = Session(Doors(host="random", doors=4, batch=7))
    session.step(70)
    session.set({"record": [4, 0, 1, 1, 0, 2, 2, 1]})
    session.step(70)
    again = Session.restored(json.loads(json.dumps(session.state())))
    resumed = Session.resumed(decode(*encode(session.snapshot())))
    for one in (session, again, resumed):
        one.step(60)
    for one in (again, resumed):
        ours, theirs = encode(session.explorable.view()), encode(one.explorable.view())
        assert ours[0] == theirs[0]
        assert ours[1] == theirs[1]
        assert one.controls == session.controls


@pytest.mark.parametrize(
    ("given", "said"),
    [((2,), "doors"), ((3, "all"), "opens"), ((3, "one", "lazy"), "host")],
)
def test_a_rule_that_does_not_exist_is_named(given, said):
    with pytest.raises(ValueError, match=said):
        chances(*given)


def test_the_first_scene_and_the_frames_are_small():
    picture = Doors()
    assert len(inline(picture.view())) < 15_000
    scenes = []
    for stop in (0, 100, 1000):
        picture.step(stop - picture.games)
        scenes.append(picture.view())
    assert len(pack(scenes)) < 20_000


def test_the_figure_shows_both_rates_and_what_they_should_be():
    picture = Doors()
    picture.step(500)
    figure = picture.figure()
    assert [trace["name"] for trace in figure["data"]] == [
        *("不换", "不换：算出来的 1/3", "换", "换：算出来的 2/3")
    ]
    assert figure["layout"]["xaxis"]["title"]["text"] == "没有作废的局数"
    encode(figure)


def test_the_page_deals_by_the_same_rules(tmp_path):
    node = shutil.which("node")
    if not node:
        pytest.skip("没有 Node")
    asked = [
        (doors, opens, host, pick, car, k / 8)
        for doors in (3, 4, 7)
        for opens, host in RULES
        for pick in range(doors)
        for car in range(doors)
        for k in range(8)
    ]
    script = tmp_path / "deal.mjs"
    rules = (FRONT / "src" / "lib" / "doors" / "rules.js").as_uri()
    script.write_text(
        f"import {{ mayChoose, openDoors, pointed }} from {json.dumps(rules)};\n"
        f"const asked = {json.dumps(asked)};\n"
        "console.log(JSON.stringify(asked.map(([doors, opens, host, pick, car, chance]) => {\n"
        "  const rule = { doors, opens, host };\n"
        "  const may = mayChoose(rule, pick, car);\n"
        "  return openDoors(rule, pick, may[pointed(chance, may.length)]);\n"
        "})));\n",
        encoding="utf-8",
    )
    out = subprocess.run([node, script], capture_output=True, text=True, check=True).stdout
    assert json.loads(out) == [list(opened(*one)) for one in asked]
