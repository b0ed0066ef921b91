"""驱动一个交互图：改控件、按按钮、走步、回退，并记下怎样走到了这里。

网页的 worker、笔记本的小部件、烘焙画面的构建和测试用的都是这一个类，所以它们看到的
状态只有一种算法。``state()`` 是一串能放进链接的数据：起始的控件、一共走了几步，
以及「在第几步改了什么」的日志；同一台执行器上照着重放，逐位得到同样的状态。
"""

from __future__ import annotations

import copy
import importlib
import time
from collections.abc import Iterator, Mapping
from typing import Any

from mlcore.explorables.base import Explorable, Scene
from mlcore.explorables.controls import Button

SAFE_PACKAGE = "mlcore.explorables."
KEPT_SNAPSHOTS = 8
MAX_STEPS = 2_000_000


def load_class(path: str) -> type[Explorable]:
    """由 ``"mlcore.explorables.hand:HandWarp"`` 这样的地址找到类。

    地址来自网页和链接，所以只认 ``mlcore.explorables`` 里的交互图，其余抛出 ``ValueError``。
    """
    module, _, name = path.partition(":")
    if not module.startswith(SAFE_PACKAGE) or not name.isidentifier():
        raise ValueError(f"只能打开 {SAFE_PACKAGE}… 里的交互图，得到的是 {path!r}")
    found = getattr(importlib.import_module(module), name, None)
    if not isinstance(found, type) or not issubclass(found, Explorable):
        raise ValueError(f"{module} 里没有叫 {name!r} 的交互图")
    return found


def class_path(explorable: Explorable | type[Explorable]) -> str:
    """``load_class`` 的反面。"""
    cls = explorable if isinstance(explorable, type) else type(explorable)
    return f"{cls.__module__}:{cls.__qualname__}"


class Session:
    """一个读者和一个交互图的一段来往。

    Parameters
    ----------
    explorable
        交互图，刚造好、还没动过。
    """

    def __init__(self, explorable: Explorable) -> None:
        self.explorable = explorable
        self.steps = 0
        self.log: list[list[Any]] = []
        self._good: list[dict[str, Any]] = []
        self._rested: int | None = None
        """在第几步已经歇过了：再按运行就接着走。"""

    @property
    def controls(self) -> dict[str, Any]:
        """各控件现在的值（一份拷贝）。"""
        return copy.deepcopy(self.explorable.controls_now)

    def set(self, changes: Mapping[str, Any]) -> None:
        """改控件。先全部查过再动手，所以一个坏值不会让状态改到一半。"""
        known = self.explorable.valued_controls()
        checked = {}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"没有叫 {name!r} 的控件，有的是：{'、'.join(known)}")
            checked[name] = known[name].check(value)
        now = self.explorable.controls_now
        changed = {name: value for name, value in checked.items() if now[name] != value}
        if not changed:
            return
        before = {name: now[name] for name in changed}
        now.update(changed)
        try:
            self._apply(changed, known)
        except (ValueError, TypeError):
            # What no control can see by itself, such as a sum: the old values hold again.
            now.update(before)
            raise

    def _apply(self, changed: dict[str, Any], known: Mapping[str, Any]) -> None:
        if any(getattr(known[name], "restarts", False) for name in changed):
            # 要重来的改动让之前的步子都不算数，日志也就从头写起。
            self._begin_again()
            return
        for name, value in changed.items():
            self.explorable.change(name, value)
        self._record(changed)

    def act(self, name: str) -> None:
        """按下按钮 ``name``。"""
        buttons = [c.name for c in self.explorable.controls if isinstance(c, Button)]
        if name not in buttons:
            raise ValueError(f"没有叫 {name!r} 的按钮，有的是：{'、'.join(buttons) or '（无）'}")
        self.explorable.act(name)
        self.log.append([self.steps, {"act": name}])

    def step(self, n: int = 1) -> None:
        """走 ``n`` 步；走之前隔一阵留一份快照，好在出错之后退回去。"""
        if isinstance(n, bool) or not isinstance(n, int) or not 0 <= n <= MAX_STEPS:
            raise ValueError(f"步数要是 0 到 {MAX_STEPS} 的整数，得到的是 {n!r}")
        self._keep()
        self.explorable.step(n)
        self.steps += n

    def slice(self, milliseconds: float, least: int = 1) -> int:
        """在 ``milliseconds`` 毫秒之内尽量多走几步，返回走了几步（至少 ``least`` 步）。

        交互图可以用 ``slice_most`` 说一片最多走几步，用 ``rests`` 说走到哪里先歇一次：
        那里的第一片一步也不走，宿主见步数没有变，就停下来。
        """
        if self._rests():
            return 0
        most = self.explorable.slice_most or MAX_STEPS
        end = time.perf_counter() + milliseconds / 1000
        self._keep()
        taken = 0
        while taken < least or (taken < most and time.perf_counter() < end):
            if self.explorable.stopped():
                break
            self.explorable.step(1)
            self.steps += 1
            taken += 1
            if self.explorable.rests():
                break
        return taken

    def _rests(self) -> bool:
        """该歇的地方，歇一次。"""
        if self._rested == self.steps or not self.explorable.rests():
            self._rested = None
            return False
        self._rested = self.steps
        return True

    def reset(self) -> None:
        """控件不动，状态从头来。"""
        self._begin_again()

    def back(self) -> bool:
        """退回最近一次还好好的时候；没有可退的就返回 False。"""
        if not self._good:
            return False
        kept = self._good[-1]
        self.explorable.controls_now.clear()
        self.explorable.controls_now.update(copy.deepcopy(kept["controls"]))
        self.explorable.restore(kept["snapshot"])
        self.steps = kept["steps"]
        self.log = copy.deepcopy(kept["log"])
        return True

    def view(self) -> Scene:
        """现在的场景，外加 ``steps`` 与 ``can_go_back``。"""
        scene = self.explorable.view()
        scene["steps"] = self.steps
        scene["can_go_back"] = bool(self._good)
        return scene

    def state(self) -> dict[str, Any]:
        """足以在别处重放出同样状态的数据。"""
        return {
            "class": class_path(self.explorable),
            "start": copy.deepcopy(self.explorable.initial),
            "steps": self.steps,
            "log": copy.deepcopy(self.log),
        }

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> Session:
        """由 ``state()`` 的数据重放出一段来往；数据不合格时抛出 ``ValueError``。"""
        session = cls(load_class(str(state.get("class", "")))(**dict(state.get("start", {}))))
        for _ in session.replay(state):
            pass
        return session

    def replay(self, state: Mapping[str, Any]) -> Iterator[int]:
        """在刚开始的状态上重放 ``state`` 里的日志和步数；每走一步交出一次步数，好分片做。"""
        total = state.get("steps", 0)
        if isinstance(total, bool) or not isinstance(total, int) or not 0 <= total <= MAX_STEPS:
            raise ValueError(f"链接里的步数不对：{total!r}")
        for at, change in state.get("log", []):
            if not isinstance(at, int) or not self.steps <= at <= total:
                raise ValueError(f"链接里的日志不对：第 {at!r} 步")
            yield from self.walk(at)
            if set(change) == {"act"}:
                self.act(change["act"])
            else:
                self.set(change)
        yield from self.walk(total)

    def walk(self, total: int) -> Iterator[int]:
        """一步一步走到第 ``total`` 步，或走到不能再走；每步交出一次步数。"""
        if not 0 <= total <= MAX_STEPS:
            raise ValueError(f"步数要是 0 到 {MAX_STEPS} 的整数，得到的是 {total!r}")
        while self.steps < total and not self.explorable.stopped():
            self.step(1)
            yield self.steps

    def at(self, steps: int) -> Session:
        """第 ``steps`` 步时的样子：就在这一步，是自己；不在，另走一遍到那里，自己不动。

        图自己就答得了的控件（``local``）只是换一个看法，回头看哪一步都照现在的值。
        """
        if steps == self.steps:
            return self
        log = [entry for entry in self.log if entry[0] <= steps]
        there = Session.restored({**self.state(), "steps": steps, "log": log})
        known = there.explorable.valued_controls()
        now = self.controls
        there.set({name: now[name] for name in known if getattr(known[name], "local", False)})
        return there

    def snapshot(self) -> dict[str, Any]:
        """整段来往的快照（含运行状态的数组），供 worker 意外结束之后接着来。"""
        return {
            "state": self.state(),
            "controls": self.controls,
            "run": self.explorable.snapshot(),
        }

    @classmethod
    def resumed(cls, snapshot: Mapping[str, Any]) -> Session:
        """由 ``snapshot()`` 接着来，不必重走已经走过的步子。"""
        state = snapshot["state"]
        explorable = load_class(str(state["class"]))(**dict(state["start"]))
        session = cls(explorable)
        if not explorable.runs:
            for _ in session.replay(state):
                pass
            return session
        explorable.controls_now.update(copy.deepcopy(dict(snapshot["controls"])))
        explorable.restore(snapshot["run"])
        session.steps = int(state["steps"])
        session.log = copy.deepcopy(list(state["log"]))
        return session

    def _begin_again(self) -> None:
        self.explorable.reset(self.explorable.controls_now)
        # 图自己也会改控件（换了地形，起点不能留在原处），所以重来之后再记。
        self.explorable.initial = copy.deepcopy(self.explorable.controls_now)
        self.steps = 0
        self.log = []
        self._good = []

    def _record(self, changed: dict[str, Any]) -> None:
        if self.steps == 0 and not any("act" in change for _, change in self.log):
            # 还没有走过一步：改动就是起点的一部分，链接也因此最短。
            self.explorable.initial.update(copy.deepcopy(changed))
            return
        last = self.log[-1] if self.log else None
        if last and last[0] == self.steps and set(last[1]) == set(changed):
            last[1] = copy.deepcopy(changed)  # 同一步里拖来拖去，只留最后的位置。
        else:
            self.log.append([self.steps, copy.deepcopy(changed)])

    def _keep(self) -> None:
        """隔一阵留一份还好好的快照：步数越大隔得越开，最多留 ``KEPT_SNAPSHOTS`` 份。"""
        if not self.explorable.runs:
            return
        apart = max(8, self.steps // KEPT_SNAPSHOTS)
        if self._good and self.steps - self._good[-1]["steps"] < apart:
            return
        if self.explorable.stopped():
            return
        self._good.append(
            {
                "steps": self.steps,
                "controls": self.controls,
                "log": copy.deepcopy(self.log),
                "snapshot": self.explorable.snapshot(),
            }
        )
        del self._good[:-KEPT_SNAPSHOTS]
