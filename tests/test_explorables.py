"""会话、编码和 worker 那一头：同一个状态无论怎样走到，都是同一个状态。"""

from __future__ import annotations

import base64
import gzip
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcore.explorables import (
    Button,
    Choice,
    Dataset,
    Explorable,
    Matrix,
    Numbers,
    Pad,
    Point,
    Session,
    Slider,
    Toggle,
    load_class,
)
from mlcore.explorables.codec import decode, encode, inline, pack
from mlcore.explorables.element import element
from mlcore.explorables.host import Host


class Walker(Explorable):
    """一个会走的点：每步按「速度」前进，按钮让它掉头，超过 100 就不能再走。"""

    kind = "walker"
    title = "走"
    controls = (
        Slider("speed", "速度", 0, 10, 1.0, 0.5),
        Choice("ground", "地面", (("road", "路"), ("sand", "沙")), "road"),
        Point("at", "位置", (0.0, 0.0)),
        Button("turn", "掉头"),
    )
    runs = True

    def reset(self, controls):
        self.position, self.direction = 0.0, 1.0

    def change(self, name, value):
        pass

    def act(self, name):
        self.direction = -self.direction

    def step(self, n):
        for _ in range(n):
            self.position += self.direction * self.controls_now["speed"]

    def stopped(self):
        return abs(self.position) > 100

    def view(self):
        return {"position": self.position, "trail": np.array([0.0, self.position])}

    def snapshot(self):
        return {"position": self.position, "direction": self.direction}

    def restore(self, snapshot):
        self.position, self.direction = snapshot["position"], snapshot["direction"]


moves = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.sampled_from([0.5, 1.0, 2.0])),
        st.tuples(st.just("act"), st.just("turn")),
        st.tuples(st.just("step"), st.integers(0, 6)),
        st.tuples(st.just("restart"), st.sampled_from(["road", "sand"])),
    ),
    max_size=12,
)


def played(actions):
    session = Session(Walker())
    for kind, value in actions:
        if kind == "set":
            session.set({"speed": value})
        elif kind == "act":
            session.act(value)
        elif kind == "restart":
            session.set({"ground": value})
        else:
            session.step(value)
    return session


@pytest.fixture
def walker_is_known(monkeypatch):
    monkeypatch.setattr("mlcore.explorables.session.load_class", lambda path: Walker)


@given(moves)
def test_replaying_the_link_reaches_the_same_state(actions):
    session = played(actions)
    state = json.loads(json.dumps(session.state()))
    again = Session(Walker(**state["start"]))
    for _ in again.replay(state):
        pass
    assert again.explorable.snapshot() == session.explorable.snapshot()
    assert again.steps == session.steps
    assert again.controls == session.controls


@given(moves, moves)
def test_a_snapshot_goes_on_exactly_where_it_was_taken(before, after):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mlcore.explorables.session.load_class", lambda path: Walker)
        session = played(before)
        resumed = Session.resumed(decode(*encode(session.snapshot())))
        for kind, value in after:
            for one in (session, resumed):
                if kind == "set":
                    one.set({"speed": value})
                elif kind == "step":
                    one.step(value)
        assert resumed.view()["position"] == session.view()["position"]
        assert resumed.state() == session.state()


def test_going_back_returns_to_a_moment_before_the_run_went_wrong():
    session = Session(Walker(speed=10.0))
    for _ in range(40):
        session.step(1)
    assert session.explorable.stopped()
    assert session.back()
    assert not session.explorable.stopped()
    state = session.state()
    again = Session(Walker(**state["start"]))
    for _ in again.replay(state):
        pass
    assert again.explorable.position == session.explorable.position


@given(moves, st.integers(0, 12))
def test_looking_at_another_step_leaves_the_session_where_it_is(actions, steps):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mlcore.explorables.session.load_class", lambda path: Walker)
        session = played(actions)
        before = session.state(), session.explorable.snapshot()
        there = session.at(steps)
        assert there.steps == steps
        assert (session.state(), session.explorable.snapshot()) == before
        if steps <= session.steps:
            early = [entry for entry in session.log if entry[0] <= steps]
            assert there.state() == {**session.state(), "steps": steps, "log": early}


def test_a_bad_value_changes_nothing():
    session = Session(Walker())
    with pytest.raises(ValueError, match="速度"):
        session.set({"ground": "sand", "speed": 11})
    assert session.controls == {"speed": 1.0, "ground": "road", "at": [0.0, 0.0]}


@pytest.mark.parametrize(
    ("control", "value", "said"),
    [
        (Slider("a", "快慢", 0, 1, 0.5), float("nan"), "有限"),
        (Slider("a", "快慢", 0, 1, 0.5), "0.5", "要一个数"),
        (Slider("a", "快慢", 0, 1, 0.5), True, "要一个数"),
        (Slider("a", "快慢", 0, 1, 0.5), 1.5, "0 到 1"),
        (Choice("a", "数据", (("x", "甲"),), "x"), "y", "可选的是"),
        (Toggle("a", "开关"), 1, "True 或 False"),
        (Point("a", "点"), [0.0], "2 个数"),
        (Point("a", "点"), [0.0, 9.0], "之间"),
        (Matrix("a", "矩阵"), [[1, 0]], "2 个数"),
        (Dataset("a", "自己的点"), [[0, 0, 2]], "类"),
        (Dataset("a", "自己的点", limit=1), [[0, 0, 1], [0, 0, 1]], "最多"),
        (Dataset("a", "自己的点"), "xy", "列表"),
        (Pad("a", "画板", 2, 2), [0, 1, 2, 0], "0 到 1"),
        (Numbers("a", "柱子", (0.5, 0.5)), [1.0], "2 个数"),
        (Numbers("a", "柱子", (0.5, 0.5)), [0.5, 2.0], "0 到 1"),
        (Numbers("a", "掩码", (1, 2), high=9, whole=True), [1, 2.5], "整数"),
    ],
)
def test_a_control_says_what_it_wants(control, value, said):
    with pytest.raises((TypeError, ValueError), match=said):
        control.check(value)


def test_an_explorable_refuses_a_control_it_does_not_have():
    with pytest.raises(TypeError, match="没有叫 'sped' 的控件"):
        Walker(sped=1)


arrays = st.sampled_from(["f8", "f4", "i4", "u1"]).flatmap(
    lambda kind: st.lists(st.integers(0, 200), max_size=6).map(lambda v: np.array(v, dtype=kind))
)


@given(st.dictionaries(st.sampled_from("abc"), st.one_of(arrays, st.integers(), st.text())))
def test_encoding_a_scene_loses_nothing(scene):
    back = decode(*encode(scene))
    assert back.keys() == scene.keys()
    for key, value in scene.items():
        if isinstance(value, np.ndarray):
            assert back[key].dtype == value.dtype
            np.testing.assert_array_equal(back[key], value)
        else:
            assert back[key] == value


def test_a_scene_with_nan_is_refused_before_it_reaches_the_reader():
    with pytest.raises(ValueError, match="NaN"):
        encode({"x": np.array([1.0, np.nan])})


def test_packing_keeps_an_array_once_however_often_it_appears():
    same = np.linspace(0, 1, 4096)
    once, twenty = pack([{"x": same}]), pack([{"x": same}] * 20)
    assert len(gzip.decompress(twenty)) < len(gzip.decompress(once)) + 2000
    assert pack([{"x": same}]) == once


def test_an_inline_scene_cannot_end_the_script_it_stands_in():
    assert "</script" not in inline({"text": "</script><b>"})


def test_only_the_books_own_explorables_can_be_opened():
    others = ("os:system", "mlcore.explorables.base:Scene", "mlcore.explorables.session:Session")
    for path in others:
        with pytest.raises(ValueError, match="交互图"):
            load_class(path)


def test_an_error_in_one_explorable_leaves_the_others_working(walker_is_known):
    host = Host()
    host.sessions = {"a": Session(Walker()), "b": Session(Walker())}
    bad = json.loads(host.ask(json.dumps({"id": "a", "op": "set", "changes": {"speed": -1}}))[0])
    assert not bad["ok"]
    assert "速度" in bad["error"]
    good = json.loads(host.ask(json.dumps({"id": "b", "op": "step", "n": 3}))[0])
    assert good["ok"]
    assert good["steps"] == 3
    assert not json.loads(host.ask(json.dumps({"id": "c", "op": "view"}))[0])["ok"]
    assert not json.loads(host.ask("这不是 JSON")[0])["ok"]


def test_a_long_job_is_done_in_slices_and_ends_in_the_same_state():
    class Slow(Walker):
        def step(self, n):
            sum(range(20_000))
            super().step(n)

    host = Host()
    host.sessions["a"] = Session(Slow(speed=0.5))
    reply = json.loads(host.ask(json.dumps({"id": "a", "op": "step", "n": 150}))[0])
    asked = 1
    while reply.get("more"):
        reply = json.loads(host.ask(json.dumps({"id": "a", "op": "more"}))[0])
        asked += 1
    assert asked > 1
    assert reply["steps"] == 150
    assert host.sessions["a"].explorable.position == 75.0


def test_a_cancelled_job_stops_where_it_is_and_leaves_the_explorable_usable():
    host = Host()
    host.sessions["a"] = Session(Walker(speed=0.5))
    host.jobs["a"] = host.sessions["a"].walk(150)
    for _ in range(10):
        next(host.jobs["a"])
    stopped = json.loads(host.ask(json.dumps({"id": "a", "op": "cancel"}))[0])
    assert stopped["steps"] == 10
    after = json.loads(host.ask(json.dumps({"id": "a", "op": "step", "n": 1}))[0])
    assert after["steps"] == 11


def test_the_element_carries_class_controls_and_words():
    text = element(Walker(speed=2.0), "walk-1")
    assert 'id="walk-1"' in text
    assert "&quot;speed&quot;: 2.0" in text
    assert ">走</p>" in text
    for bad in ("", "走", "a b", 'a"'):
        with pytest.raises(ValueError, match="id"):
            element(Walker(), bad)


@pytest.mark.parametrize("shape", [(), (0,), (3, 2), (5,)])
@pytest.mark.parametrize("kind", ["f4", "i2", "u1"])
def test_an_inline_array_holds_its_first_bytes_first(shape, kind):
    array = np.asarray(np.arange(math.prod(shape)).reshape(shape) * 37 % 101, kind)
    leaf = json.loads(inline({"a": array}))["a"]
    planes = base64.b64decode(leaf["$b"])
    width = array.dtype.itemsize
    mended = b"".join(planes[k::max(1, array.size)] for k in range(array.size))
    assert len(planes) == width * array.size
    assert np.array_equal(np.frombuffer(mended, kind).reshape(leaf["shape"]), array)
