"""网页上的 ``mlcore.widgets``：同样的 ``show``，背后没有 ipywidgets。

计算线程把这个模块登记成 ``mlcore.widgets``，所以同一格代码在笔记本里和网页上都能跑。
``show`` 返回的东西也能读写控件、走步；``observe``、``link`` 这些只有笔记本里有。
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mlcore.explorables import Explorable, Session, class_path
from mlcore.explorables.codec import encode
from mlcore.explorables.element import element

__all__ = ["Figure", "Shown", "element", "figure", "restore", "show"]


class Shown:
    """显示在代码格下面的交互图；控件的值就是它的属性，像笔记本里的小部件一样。"""

    session: Session
    id: str
    wide: bool
    follow: Callable[[], None]

    def __init__(self, session: Session, id: str, wide: bool) -> None:
        element(session.explorable, id, wide)  # 编号不合格就在这里说
        vars(self).update(session=session, id=id, wide=wide, follow=lambda: None)

    @property
    def scene(self) -> dict[str, Any]:
        """现在的场景，数组是 NumPy 数组。"""
        return self.session.view()

    @property
    def steps(self) -> int:
        """走过的步数。"""
        return self.session.steps

    def step(self, n: int = 1) -> None:
        """走 ``n`` 步，图跟着画。"""
        self.session.step(n)
        self.follow()

    def act(self, name: str) -> None:
        """按下按钮 ``name``。"""
        self.session.act(name)
        self.follow()

    def reset(self) -> None:
        """控件不动，从头来。"""
        self.session.reset()
        self.follow()

    def __getattr__(self, name: str) -> Any:
        controls = self.session.controls
        if name in controls:
            return controls[name]
        raise AttributeError(f"网页上的图没有 {name!r}；能用的控件是：{'、'.join(controls)}")

    def __setattr__(self, name: str, value: Any) -> None:
        self.session.set({name: value})
        self.follow()

    def __repr__(self) -> str:
        return self.session.explorable.poster()

    def opening(self, key: str) -> tuple[str, list[bytes]]:
        """页面画出它要的一切：说明、控件和第一幅画面。"""
        explorable = self.session.explorable
        return encode({
            "key": key,
            "id": self.id,
            "wide": self.wide,
            "class": class_path(explorable),
            "spec": type(explorable).spec(),
            "start": self.session.controls,
            "poster": explorable.poster(),
            "scene": self.session.view(),
        })  # fmt: skip


def show(explorable: Explorable, *, id: str, wide: bool = True) -> Shown:
    """把交互图放到代码格下面；参数同笔记本里的 ``mlcore.widgets.show``。

    Raises
    ------
    TypeError, ValueError
        不是交互图，或 ``id`` 不合格。
    """
    if not isinstance(explorable, Explorable):
        raise TypeError(f"show 要一个交互图，得到的是 {type(explorable).__name__}")
    return Shown(Session(explorable), id, wide)


def restore(state: dict[str, Any], *, id: str = "restored") -> Shown:
    """由「复制到笔记本」给出的状态重放出同一个交互图。"""
    return Shown(Session.restored(state), id, True)


@dataclass(frozen=True)
class Figure:
    """一幅 plotly 的图：``data`` 和 ``layout``，由网页来画。"""

    data: list[Any]
    layout: dict[str, Any]

    def __repr__(self) -> str:
        return "plotly 图"


def figure(explorable: Explorable) -> Figure:
    """交互图里可以放大的那幅图，画在代码格下面；参数同笔记本里的 ``mlcore.widgets.figure``。

    Raises
    ------
    TypeError, ValueError
        不是交互图，或者它没有可以放大的图。
    """
    if not isinstance(explorable, Explorable):
        raise TypeError(f"figure 要一个交互图，得到的是 {type(explorable).__name__}")
    drawn = explorable.figure()
    return Figure(drawn["data"], drawn.get("layout", {}))


def __getattr__(name: str) -> Any:
    raise AttributeError(f"网页上的 mlcore.widgets 没有 {name}，它只有 show、figure 和 restore")
