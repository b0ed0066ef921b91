"""没有第二份数学：故意改坏引擎里的一个函数，用到它的每一幅图都要跟着变。

把 tanh 变号之后重新打一个 wheel，让服务器把它当作真的送出去。
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from book._ext.engine import ROOT, engine_wheel
from mlcore.explorables import Session, load_class
from tests.browser.conftest import SITE, call
from tests.browser.explorables import differences, live_on, other_value, places
from tests.browser.test_explorables_live import ready

TRUE, FALSE = "lambda xp, x: xp.tanh(x),", "lambda xp, x: -xp.tanh(x),"
PLACES = places(SITE)
BAKE = """
import json, sys
from book._ext.explorable import bake
path, start = json.load(sys.stdin)
import mlcore
data, scene, frames = bake(path, start)
print(mlcore.__file__)
print(scene)
"""


@pytest.fixture(scope="module")
def altered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """一份改坏了的 mlcore 所在的文件夹。"""
    folder = tmp_path_factory.mktemp("altered")
    shutil.copytree(ROOT / "mlcore", folder / "mlcore")
    shutil.copytree(ROOT / "book" / "_ext", folder / "book" / "_ext")
    file = folder / "mlcore" / "operations" / "activations.py"
    text = file.read_text("utf8")
    assert text.count(TRUE) == 1, "tanh 应该只在一处"
    file.write_text(text.replace(TRUE, FALSE), "utf8")
    return folder


def uses_tanh(place) -> bool:
    """这个图里有没有 tanh：看它的选项里有没有叫这个名字的，或者它画的是网络。"""
    named = any(
        value == "tanh"
        for control in place.spec["controls"]
        for value, _ in control.get("options", [])
    )
    return named or hasattr(importlib.import_module(place.path.partition(":")[0]), "nets")


BENT = [place for place in PLACES if uses_tanh(place)]
BENDING = live_on("place", BENT)


@BENDING
def test_a_live_scene_comes_from_the_engine_that_was_served(watched, altered, place):
    wheel = engine_wheel(altered / "mlcore")
    watched.page.route("**/mlcore.whl", lambda route: route.fulfill(body=wheel))
    page = ready(watched, place)
    session = Session(load_class(place.path)(**place.start))
    control = next(
        c
        for c in place.spec["controls"]
        if c["type"] != "button" and c["name"] not in (place.spec["main"], "activation")
    )
    value = other_value(control, session.controls[control["name"]])
    call(page, place.id, "set", {control["name"]: value})
    session.set({control["name"]: value})
    if place.spec["runs"]:
        call(page, place.id, "step", 5)
        session.step(5)
    apart = differences(session.view(), call(page, place.id, "scene"))
    assert max(gap for _, gap in apart) > 1e-3


@BENDING
def test_baked_frames_change_when_the_engine_does(altered, place):
    def scene(root: Path) -> str:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(ROOT)])}
        done = subprocess.run(
            [sys.executable, "-c", BAKE],
            input=json.dumps([place.path, place.start]),
            capture_output=True,
            text=True,
            check=True,
            env=environment,
            cwd=root,
        )
        where, text = done.stdout.strip().split("\n", 1)
        assert Path(where).is_relative_to(root)
        return text

    ours, theirs = json.loads(scene(ROOT)), json.loads(scene(altered))
    assert ours != theirs
