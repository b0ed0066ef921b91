"""交互图的基类：控件和状态进去，一幅可以画出来的「场景」出来。

一个交互图只懂数学：它不知道网页、笔记本、浏览器，也不画一个像素。``view`` 返回的
场景是一个能写成 JSON 的字典，外加 NumPy 数组；画它是前端的事，算它是这里的事。
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from mlcore.explorables.controls import Button, Control

Scene = dict[str, Any]
Figure = dict[str, Any]


class Explorable:
    """所有交互图的共同样子。

    子类写明 ``kind``（由哪个前端模块来画）、``title``、``task`` 和 ``controls``，
    实现 ``reset`` 与 ``view``；会自己跑的（训练、演化、游戏）再实现 ``step``、
    ``snapshot``、``restore``，并把 ``runs`` 设为真。

    Parameters
    ----------
    **values
        控件的初值，没写的用各控件的默认值。名字或值不对时抛出
        ``TypeError`` / ``ValueError``。
    """

    kind: ClassVar[str] = ""
    title: ClassVar[str] = ""
    task: ClassVar[str] = ""
    controls: ClassVar[tuple[Control, ...]] = ()
    main: ClassVar[str | None] = None
    """沿着哪个控件预先算好一串画面；``"steps"`` 表示沿训练步数。"""
    stops: ClassVar[int | tuple[float, ...]] = 11
    """预先算几幅，或者在哪些值上算；``main`` 是 ``"steps"`` 时是步数的列表。"""
    runs: ClassVar[bool] = False
    unit: ClassVar[str] = "步"
    """会跑的图一步是什么：游戏是「局」，抛硬币是「次」；写在「运行」旁边。"""
    enlarges: ClassVar[str] = ""
    """``figure`` 画的是什么（比如「损失曲面」）；空的就没有可以放大的图。"""
    slice_steps: ClassVar[int] = 1
    """宿主每次至少让它走几步才取一幅画面。"""
    slice_most: ClassVar[int | None] = None
    """一幅画面之间最多走几步：给人看的模拟不能因为机器快就一闪而过。"""

    def __init__(self, **values: Any) -> None:
        known = self.valued_controls()
        for name in values:
            if name not in known:
                names = "、".join(known)
                raise TypeError(f"{type(self).__name__} 没有叫 {name!r} 的控件，有的是：{names}")
        self.initial: dict[str, Any] = {
            name: control.check(values.get(name, _listed(getattr(control, "default", None))))
            for name, control in known.items()
        }
        self.controls_now: dict[str, Any] = dict(self.initial)
        self.reset(self.controls_now)

    @classmethod
    def valued_controls(cls) -> dict[str, Control]:
        """有值的控件（按钮没有值），名字 → 控件。"""
        return {c.name: c for c in cls.controls if not isinstance(c, Button)}

    @classmethod
    def spec(cls) -> dict[str, Any]:
        """前端要知道的一切：标题、任务、控件、能不能跑。"""
        return {
            "kind": cls.kind,
            "title": cls.title,
            "task": cls.task,
            "controls": [control.spec() for control in cls.controls],
            "main": cls.main,
            "runs": cls.runs,
            "unit": cls.unit,
            "enlarges": cls.enlarges,
        }

    def reset(self, controls: Mapping[str, Any]) -> None:
        """由控件重新造出全部状态；同样的控件总得到同样的状态。"""
        raise NotImplementedError

    def change(self, name: str, value: Any) -> None:
        """一个控件变了。``controls_now`` 已经是新值；默认整个重来。"""
        self.reset(self.controls_now)

    def act(self, name: str) -> None:
        """按钮 ``name`` 被按了一下。"""
        raise ValueError(f"{type(self).__name__} 没有叫 {name!r} 的按钮")

    def step(self, n: int) -> None:
        """走 ``n`` 步。"""
        raise ValueError(f"{type(self).__name__} 不会自己跑")

    def stopped(self) -> bool:
        """再走下去没有意义（发散了）；宿主就不再让它走，并给出退回去的按钮。"""
        return False

    def rests(self) -> bool:
        """自己跑到这里先停下，等读者看一眼；再按运行就接着走。「走几步」不受它管。"""
        return False

    def view(self) -> Scene:
        """现在的场景。``alert`` 键要么没有，要么是 None 或 {kind, text}。

        会跑的图，换了设置若不重来、只是另走一趟，就用 ``updates`` 键说这一趟走了几步：
        「运行」那一条显示的是它；没有这个键，显示一共走了几步。
        """
        raise NotImplementedError

    def figure(self) -> Figure:
        """现在的状态画成一幅 plotly 图：``{"data": […], "layout": {…}}``，数组可以是 NumPy 的。

        读者要放大、读数、导出的统计图和曲面才需要它；写了它就要写 ``enlarges``。
        """
        raise ValueError(f"{type(self).__name__} 没有可以放大的图")

    def snapshot(self) -> dict[str, Any]:
        """足以逐位恢复运行状态的数组和数；只有会跑的图才需要。"""
        return {}

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """回到 ``snapshot`` 记下的状态。"""

    def poster(self) -> str:
        """给看不到画面的人：一句话说清第一幅图里有什么。"""
        return self.title


def _listed(value: Any) -> Any:
    """元组写成列表：控件的默认值是不可变的元组，查过之后都是 JSON 的样子。"""
    if isinstance(value, tuple):
        return [_listed(item) for item in value]
    return value
