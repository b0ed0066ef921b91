"""封面、全程和「宽 2 对宽 3」：旅程的终点就是网络，毛病说得出来，两笔账算得对。"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlcore.autograd import no_grad
from mlcore.explorables import Session, diagnosis, nets
from mlcore.explorables.codec import decode, encode, pack
from mlcore.explorables.cover import Cover
from mlcore.explorables.journey import Journey
from mlcore.explorables.versus import (
    GAP,
    INNER,
    OUTER,
    Impossible,
    area_right,
    orthogonal_model,
)
from mlcore.nn import ACTIVATIONS, mlp
from mlcore.random import Generator

FRONT = Path(__file__).parent.parent / "front/src"
SHAPES = ([2, 6, 2, 2], [2, 6, 4, 2, 2], [2, 3, 3, 2], [2, 2, 2, 2], [2, 8, 5, 2])


def some_net(sizes: list[int], activation: str = "tanh", seed: int = 3) -> dict[str, Any]:
    model = mlp(sizes, activation, generator=Generator(seed))
    layers = nets.linear_layers(model)
    x = np.asarray(Generator(9).uniform((40, 2), -1, 1, dtype="float64"))
    y = (x[:, 0] > 0).astype(np.int64)
    spaces = nets.hidden_spaces(layers, activation, x)
    scene = {"net": nets.journey(layers, activation, spaces, y), "points": x.astype(np.float32)}
    return {"model": model, "layers": layers, "spaces": spaces, "x": x, "y": y, "scene": scene}


# ---- 旅程 ----


@pytest.mark.parametrize("sizes", SHAPES)
def test_every_layer_starts_where_the_last_ended_and_ends_where_the_network_is(
    sizes: list[int],
) -> None:
    net = some_net(sizes)
    shown = nets.projections(net["layers"], net["spaces"], net["y"])
    for k, (weight, _) in enumerate(net["layers"][:-1]):
        path = nets.layer_path(shown[k], shown[k + 1], weight)
        np.testing.assert_allclose(path[0], shown[k], atol=1e-6)
        np.testing.assert_allclose(path[-1], shown[k + 1] @ weight, atol=1e-6)
        rows = min(3, weight.shape[0])
        np.testing.assert_allclose(
            (shown[k + 1] @ shown[k + 1].T)[:rows, :rows], np.eye(rows), atol=1e-9
        )


@pytest.mark.parametrize("activation", list(nets.NAMES))
def test_the_separator_in_the_last_space_is_the_networks_own_judgement(activation: str) -> None:
    net = some_net([2, 5, 3, 2], activation)
    with no_grad():
        logits = net["model"](net["x"].astype(np.float32)).data
    np.testing.assert_allclose(
        nets.scores(net["layers"], activation, net["x"]), logits[:, 1] - logits[:, 0], atol=1e-5
    )


@pytest.mark.parametrize("activation", list(nets.NAMES))
def test_the_table_is_the_activation(activation: str) -> None:
    table = nets.table(activation)
    x = np.linspace(-15.9, 15.9, 4001)
    at = (x - table["low"]) / table["step"]
    i = np.clip(np.floor(at).astype(int), 0, len(table["values"]) - 2)
    t, v, h = at - i, table["values"], table["step"]
    if table["slopes"] is None:
        seen = v[i] + t * (v[i + 1] - v[i])
    else:
        m = table["slopes"]
        s = 1 - t
        seen = (
            s * s * (1 + 2 * t) * v[i]
            + t * t * (3 - 2 * t) * v[i + 1]
            + h * s * t * (s * m[i] - t * m[i + 1])
        )
    np.testing.assert_allclose(seen, ACTIVATIONS[activation](x), atol=1e-6)


@pytest.mark.skipif(shutil.which("node") is None, reason="要 Node")
def test_the_front_end_walks_the_points_where_the_network_puts_them(tmp_path: Path) -> None:
    nets_and_scenes = [some_net(sizes) for sizes in SHAPES]
    stops = [0.0, 1.0]
    given = [json.loads(json.dumps(net["scene"], default=_plain)) for net in nets_and_scenes]
    script = tmp_path / "walk.mjs"
    script.write_text(
        f"import {{ journeyPositions }} from {json.dumps((FRONT / 'lib/net.js').as_uri())};\n"
        "import { readFileSync } from 'node:fs';\n"
        "const scenes = JSON.parse(readFileSync(0, 'utf8'));\n"
        f"const at = {json.dumps(stops)};\n"
        "const out = scenes.map((scene) => [...at, ...scene.net.layers.map((_, k) => "
        "(k + 1) / scene.net.layers.length)].map((s) => [...journeyPositions(scene, s)]));\n"
        "console.log(JSON.stringify(out));\n",
        encoding="utf8",
    )
    done = subprocess.run(
        ["node", str(script)], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    for net, walked in zip(nets_and_scenes, json.loads(done.stdout), strict=True):
        shown = nets.projections(net["layers"], net["spaces"], net["y"])
        expected = [net["spaces"][k] @ shown[k].T for k in range(len(shown))]
        expected = [expected[0], expected[-1], *expected[1:]]
        for seen, right in zip(walked, expected, strict=True):
            np.testing.assert_allclose(np.reshape(seen, (-1, 3)), right, atol=2e-5)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {"shape": list(value.shape), "data": value.ravel().tolist()}
    return value.item()


def test_entering_a_wide_space_does_not_turn_the_sheet() -> None:
    net = some_net([2, 7, 2, 2])
    shown = nets.projections(net["layers"], net["spaces"], net["y"])
    seen = shown[1] @ net["layers"][0][0].astype(np.float64)
    np.testing.assert_allclose(seen[2], 0.0, atol=1e-6)
    np.testing.assert_allclose(seen[0, 1], seen[1, 0], atol=1e-6)
    assert np.linalg.eigvalsh(seen[:2])[0] > 0


# ---- 毛病 ----


def alert_of(steps: int, **controls: Any) -> dict[str, Any] | None:
    session = Session(Journey(**controls))
    while session.steps < steps and not session.explorable.stopped():
        session.step(min(50, steps - session.steps))
    alert: dict[str, Any] | None = session.view()["alert"]
    return alert


@pytest.mark.parametrize(
    ("kind", "steps", "controls"),
    [
        ("empty", 0, {"data": "blank"}),
        ("one-colour", 0, {"data": "blank", "points": [[0, 0, 1], [0.5, 0, 1]]}),
        ("diverged", 100, {"learning_rate": 10.0, "activation": "identity"}),
        ("collapsed", 400, {"learning_rate": 3.0, "seed": 2}),
        ("collapsed", 300, {"activation": "relu", "width1": 2, "depth": 2}),
        ("linear", 150, {"activation": "identity"}),
        ("stuck", 1500, {"width1": 2}),
    ],
)
def test_each_fault_is_named_in_chinese_with_what_to_do(
    kind: str, steps: int, controls: dict[str, Any]
) -> None:
    alert = alert_of(steps, **controls)
    assert alert is not None
    assert alert["kind"] == kind
    assert any(word in alert["text"] for word in ("换", "放", "点几下", "减", "调小"))
    assert bool(alert.get("stop")) == (kind == "diverged")


def test_a_run_that_goes_well_is_left_alone() -> None:
    for steps in (0, 120, 500):
        assert alert_of(steps) is None


def test_a_run_can_step_back_to_before_it_diverged() -> None:
    session = Session(Journey(activation="identity"))
    for _ in range(5):
        session.step(10)
    session.set({"learning_rate": 10.0})
    while not session.explorable.stopped():
        session.step(10)
    assert session.view()["alert"]["stop"]
    assert session.back()
    scene = session.view()
    assert not session.explorable.stopped()
    assert scene["steps"] < 80
    encode(scene)


def test_a_still_unit_and_twins_are_seen() -> None:
    wave = np.linspace(-1, 1, 30)[:, None]
    fine = np.concatenate([wave, wave**2], axis=1)
    assert diagnosis.twins([fine]) is None
    assert diagnosis.still_unit([fine], "tanh") is None
    assert "第 1 层" in str(diagnosis.twins([np.concatenate([wave, -2 * wave], axis=1)]))
    dead = np.concatenate([wave, 0 * wave], axis=1)
    assert "第 2 层" in str(diagnosis.still_unit([fine, dead], "relu"))


# ---- 换点、续跑 ----


def test_points_put_on_one_data_set_do_not_lie_in_the_next() -> None:
    session = Session(Journey())
    session.set({"points": [[0.1, 0.1, 0]]})
    session.step(3)
    session.set({"data": "xor"})
    assert session.controls["points"] == []
    assert session.view()["count"] == 160
    session.set({"data": "circle"})
    assert session.controls["points"] == []
    session.set({"data": "moons", "points": [[0.2, 0.2, 1]]})
    assert session.controls["points"] == [[0.2, 0.2, 1]], "一起给的就是要的"


def test_a_drawing_on_blank_paper_is_there_when_one_comes_back() -> None:
    session = Session(Journey())
    session.set({"data": "blank"})
    drawing = [[0.1, 0.1, 0], [-0.2, 0.9, 1]]
    session.set({"points": drawing})
    session.step(2)
    session.set({"data": "moons"})
    assert session.controls["points"] == []
    session.set({"points": [[0.5, 0.5, 1]]})
    session.set({"data": "blank"})
    assert session.controls["points"] == drawing
    session.step(2)
    again = Session.restored(json.loads(json.dumps(session.state())))
    assert again.controls == session.controls
    np.testing.assert_array_equal(again.view()["points"], session.view()["points"])


def test_own_points_change_the_data_and_keep_the_network() -> None:
    session = Session(Journey())
    session.step(50)
    before = session.explorable.training.model.state_dict()
    session.set({"points": [[0.1, 0.1, 0], [-0.2, 0.9, 1]]})
    scene = session.view()
    assert scene["count"] == 102
    assert scene["own"] == 2
    after = session.explorable.training.model.state_dict()
    assert all(np.array_equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize(
    "picture",
    [
        lambda: Journey(data="xor", points=[[0.5, 0.5, 1]]),
        lambda: Cover(trained=False),
        lambda: Impossible(kind="fresh"),
        lambda: Impossible(),
    ],
)
def test_a_snapshot_goes_on_bit_for_bit(picture: Any) -> None:
    session = Session(picture())
    session.step(23)
    if "drop" in [control.name for control in session.explorable.controls]:
        session.act("drop")
        session.step(2)
    text, buffers = encode(session.snapshot())
    session.step(20)
    resumed = Session.resumed(decode(text, buffers))
    resumed.step(20)
    assert encode(resumed.view()) == encode({**session.view(), "can_go_back": True})


@pytest.mark.parametrize("picture", [Journey, Impossible])
def test_the_baked_frames_are_small(picture: Any) -> None:
    session = Session(picture())
    scenes = []
    for stop in picture.stops:
        session.step(stop - session.steps)
        scenes.append(session.view())
    assert len(pack({"values": list(picture.stops), "scenes": scenes})) < 150_000
    assert scenes[-1]["alert"] is None


@pytest.mark.parametrize(
    ("controls", "wrong"),
    [
        ({"data": "cat"}, ValueError),
        ({"points": [[0, 0, 2]]}, ValueError),
        ({"points": [[float("nan"), 0, 1]]}, ValueError),
        ({"learning_rate": 100.0}, ValueError),
        ({"width1": 1}, ValueError),
        ({"seed": "一"}, TypeError),
        ({"layers": 3}, TypeError),
    ],
)
def test_bad_controls_are_refused(controls: dict[str, Any], wrong: type[Exception]) -> None:
    with pytest.raises(wrong):
        Journey(**controls)


# ---- 封面 ----


def test_the_cover_opens_with_every_point_parted() -> None:
    scene = Cover().view()
    assert scene["wrong"] == 0
    assert scene["net"]["sizes"] == [2, 2, 2, 2]


def test_the_cover_learns_anew_from_any_seed() -> None:
    learnt = []
    for seed in range(1, 13):
        session = Session(Cover(seed=seed, trained=False))
        session.step(300)
        learnt.append(session.view()["wrong"])
    assert learnt.count(0) == 12


def test_a_point_on_the_wrong_side_is_counted_before_and_learnt_after() -> None:
    session = Session(Cover())
    session.set({"points": [[0.0, 0.9, 1]]})
    assert session.view()["wrong"] == 1
    assert session.view()["count"] == 121
    session.set({"points": []})
    assert session.view()["wrong"] == 0


# ---- 两笔账 ----


def test_the_area_agrees_with_an_independent_count() -> None:
    picture = Impossible()
    picture.step(250)
    random = np.random.default_rng(5)
    points = random.uniform(-OUTER, OUTER, (200_000, 2)).astype(np.float32)
    radius = np.hypot(points[:, 0], points[:, 1])
    for name, side in zip(("narrow", "wide"), picture.view()["sides"], strict=True):
        score = nets.scores(nets.linear_layers(picture.runs_of[name].model), "tanh", points)
        disc = np.mean(score[radius < INNER] > 0)
        ring = np.mean(score[(radius > INNER + GAP) & (radius < OUTER)] <= 0)
        assert side["area_right"] == pytest.approx((disc + ring) / 2, abs=0.01)


def test_one_misread_corner_of_the_area_is_enough_to_lose_the_hundred() -> None:
    from mlcore.explorables.versus import AREA_LABELS

    score = np.where(AREA_LABELS == 1, 1.0, -1.0)
    assert area_right(score) == 1.0
    score[-1] = 1.0
    assert area_right(score) < 1.0


def test_on_two_thousand_points_width_three_gets_all_the_area_and_width_two_does_not() -> None:
    for seed in (2, 5):
        picture = Impossible(kind="many", seed=seed, depth=3)
        picture.step(400)
        narrow, wide = picture.view()["sides"]
        assert wide["area_right"] == 1.0
        assert narrow["area_right"] < 0.99


def test_new_points_fall_where_the_narrow_network_is_wrong() -> None:
    picture = Impossible()
    picture.step(200)
    before = picture.view()
    picture.act("drop")
    after = picture.view()
    assert after["count"] == before["count"] + 12
    assert after["sides"][0]["points_right"] == before["sides"][0]["points_right"]
    with pytest.raises(ValueError, match="按钮"):
        picture.act("fill")


def test_the_first_matrices_are_orthogonal() -> None:
    first, second, *_ = nets.linear_layers(orthogonal_model((2, 3, 3, 1), 4))
    np.testing.assert_allclose(first[0].T @ first[0], np.eye(2), atol=1e-6)
    np.testing.assert_allclose(second[0].T @ second[0], np.eye(3), atol=1e-6)
