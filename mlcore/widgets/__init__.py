"""笔记本里的宿主：``show`` 把一个交互图变成普通的 ipywidgets 小部件。

小部件的每个控件是一个 trait，可以读、写、``observe``、``link``，也能和别的小部件排在
一起；算的人是内核，画的人是前端，中间走一条消息通道。存进 ``.ipynb`` 的只有一段文字和
一个写着类名与控件的 HTML 元素，构建网站时再由它烘焙出画面。
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from ipywidgets import Widget, widget_serialization

from mlcore.explorables import Explorable, Session, class_path
from mlcore.explorables.codec import encode
from mlcore.explorables.element import card, element
from mlcore.explorables.host import Host

STATIC = Path(__file__).parent / "static"

__all__ = ["ExplorableWidget", "element", "figure", "restore", "show"]


def show(explorable: Explorable, *, id: str, wide: bool = True) -> ExplorableWidget:
    """把交互图放进笔记本的一格。

    Parameters
    ----------
    explorable
        交互图，例如 ``HandWarp(bend=0.5)``。
    id
        在整本书里唯一的名字（拉丁字母、数字和连字符），网页、链接和脚本用它指这一个图。
    wide
        网页上是否可以比正文宽。

    Raises
    ------
    TypeError, ValueError
        不是交互图，或 ``id`` 不合格。
    """
    if not isinstance(explorable, Explorable):
        raise TypeError(f"show 要一个交互图，得到的是 {type(explorable).__name__}")
    cls = _widget_class(type(explorable))
    return cls(Session(explorable), id, wide)


def figure(explorable: Explorable) -> Any:
    """同一个交互图里可以放大的那幅图，作为 plotly 的 ``Figure``：能转、能放大、能读数、能导出。

    网页上它是一张卡片，读者按了才画。

    Raises
    ------
    ValueError
        这个图没有可以放大的图。
    """
    from mlcore.widgets.plot import plotly_figure  # plotly 只有用到它的人才载入

    return plotly_figure(explorable.figure(), card(explorable))


def restore(state: dict[str, Any], *, id: str = "restored") -> ExplorableWidget:
    """由「复制到笔记本」给出的状态重放出同一个交互图。"""
    session = Session.restored(state)
    return _widget_class(type(session.explorable))(session, id, True)


class ExplorableWidget(anywidget.AnyWidget):
    """一个交互图的小部件。

    控件的 trait 由交互图的声明生成（见 ``show``）；``steps`` 是走过的步数，``scene``
    是现在画着的场景，``step``、``act``、``reset`` 与网页上的约定同名。
    """

    _css = STATIC / "explorable.css"
    _spec = traitlets.Dict().tag(sync=True)
    _id = traitlets.Unicode().tag(sync=True)
    _class = traitlets.Unicode().tag(sync=True)
    #: 一问一答走的线：一个没有样子的小部件。anywidget 的前端模块两秒没有载完（页面正忙着画别的），
    #: 它那条线上内核来的消息就都丢了；这一条不等前端模块。
    _line = traitlets.Instance(Widget).tag(sync=True, **widget_serialization)
    steps = traitlets.Int(0, read_only=True).tag(sync=True)

    def __init__(self, session: Session, id: str, wide: bool) -> None:
        self._host = Host()
        self._host.sessions["it"] = session
        self._element = element(session.explorable, id, wide)
        self._busy = False
        spec = type(session.explorable).spec()
        super().__init__(
            _line=Widget(),
            _spec=spec,
            _id=id,
            _class=class_path(session.explorable),
            **session.controls,
        )
        self.observe(self._control_changed, names=list(session.controls))
        self._line.on_msg(self._receive)

    @property
    def session(self) -> Session:
        """背后的会话。"""
        return self._host.sessions["it"]

    @property
    def scene(self) -> dict[str, Any]:
        """现在的场景，数组是 NumPy 数组。"""
        return self.session.view()

    def step(self, n: int = 1) -> None:
        """走 ``n`` 步，前端跟着画。"""
        self.session.step(n)
        self._push()

    def act(self, name: str) -> None:
        """按下按钮 ``name``。"""
        self.session.act(name)
        self._push()

    def reset(self) -> None:
        """控件不动，从头来。"""
        self.session.reset()
        self._push()

    def close(self) -> None:
        """连同那条线一起关掉。"""
        self._line.close()
        super().close()

    def _control_changed(self, change: dict[str, Any]) -> None:
        if self._busy:
            return
        try:
            self.session.set({change["name"]: change["new"]})
        except (TypeError, ValueError):
            self._follow()  # 坏值不留在 trait 上：退回会话里的值，再把错误交给写它的人。
            raise
        self._push()

    def _receive(self, _: Any, content: dict[str, Any], buffers: list[Any]) -> None:
        """前端来的一条消息；答复带着同样的编号回去。"""
        serial = content.pop("re", None)
        text, blocks = self._host.ask(json.dumps({**content, "id": "it"}), buffers)
        while '"more": true' in text[:200]:
            text, blocks = self._host.ask(json.dumps({"op": "more", "id": "it"}))
        self._follow()
        self._line.send({"re": serial, "text": text}, buffers=blocks)

    def _push(self) -> None:
        self._follow()
        answer = {"ok": True, "scene": self.scene, "controls": self.session.controls}
        text, blocks = encode(answer)
        self._line.send({"pushed": True, "text": text}, buffers=blocks)

    def _follow(self) -> None:
        """让 trait 跟上会话（不再反过来触发）。"""
        self._busy = True
        try:
            with self.hold_sync():
                for name, value in self.session.controls.items():
                    setattr(self, name, value)
                self.set_trait("steps", self.session.steps)
        finally:
            self._busy = False

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        data = dict(data or {})
        data["text/plain"] = self.session.explorable.poster()
        data["text/html"] = self._element
        return data, metadata


TRAITS = {
    "slider": traitlets.Float,
    "choice": traitlets.Unicode,
    "toggle": traitlets.Bool,
    "point": traitlets.List,
    "matrix": traitlets.List,
    "numbers": traitlets.List,
    "dataset": traitlets.List,
    "pad": traitlets.List,
}


_classes: dict[str, type[ExplorableWidget]] = {}


def _widget_class(cls: type[Explorable]) -> type[ExplorableWidget]:
    """给一种交互图造一个小部件类：前端模块由 ``kind`` 定，trait 由控件定。"""
    path = class_path(cls)
    if path not in _classes:
        members: dict[str, Any] = {"_esm": STATIC / f"{cls.kind}.js", "__doc__": cls.title}
        for name, control in cls.valued_controls().items():
            members[name] = TRAITS[control.type]().tag(sync=True)
        _classes[path] = type(f"{cls.__name__}Widget", (ExplorableWidget,), members)
    return _classes[path]
