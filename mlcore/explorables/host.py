"""网页 worker 里的那一头：按编号管几个交互图，一条消息一个答复。

``ask`` 收一条 JSON 消息，返回 (JSON 答复, 字节块列表)。出错的答复里是一句中文，
别的交互图照常工作。
"""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from mlcore.explorables.codec import decode, encode
from mlcore.explorables.session import Session, load_class

SLICE_MILLISECONDS = 9.0
"""每一片算多久；加上取画面的几毫秒，合起来不超过 16 毫秒，一秒里好画满三十幅。"""


class Host:
    """一页上的全部交互图。"""

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}
        self.jobs: dict[str, Iterator[int]] = {}

    def ask(self, message: str, buffers: Sequence[bytes] = ()) -> tuple[str, list[bytes]]:
        """处理一条消息 ``{"id", "op", …}``，返回答复。"""
        try:
            request = decode(message, buffers)
            answer = OPERATIONS[request["op"]](self, request)
            return encode({"ok": True, **answer})
        except Exception as error:  # 一个图的错误不能带倒整页，所以这里什么都接住。
            detail = traceback.format_exc(limit=-4)
            return json.dumps({"ok": False, "error": str(error), "detail": detail}), []

    def _answer(self, identity: str) -> dict[str, Any]:
        session = self.sessions[identity]
        return {"scene": session.view(), "controls": session.controls, "steps": session.steps}

    def open(self, request: dict[str, Any]) -> dict[str, Any]:
        """打开一个图：``class`` 与 ``start``，或一份 ``state`` / ``snapshot``。"""
        identity = request["id"]
        if request.get("snapshot"):
            session = Session.resumed(request["snapshot"])
        elif request.get("state"):
            session = Session.restored(request["state"])
        else:
            session = Session(load_class(request["class"])(**request.get("start", {})))
        self.sessions[identity] = session
        return self._answer(identity)

    def set(self, request: dict[str, Any]) -> dict[str, Any]:
        """改控件 ``changes``。"""
        self.sessions[request["id"]].set(request["changes"])
        return self._answer(request["id"])

    def act(self, request: dict[str, Any]) -> dict[str, Any]:
        """按钮 ``name``。"""
        self.sessions[request["id"]].act(request["name"])
        return self._answer(request["id"])

    def view(self, request: dict[str, Any]) -> dict[str, Any]:
        """什么也不改，只要现在的场景。"""
        return self._answer(request["id"])

    def figure(self, request: dict[str, Any]) -> dict[str, Any]:
        """画成 plotly 图，给读者放大；``steps`` 是他看着的那一步，没有就是现在。"""
        session = self.sessions[request["id"]]
        return {"figure": session.at(request.get("steps", session.steps)).explorable.figure()}

    def step(self, request: dict[str, Any]) -> dict[str, Any]:
        """走 ``n`` 步；多到一片做不完时，答复里是 ``more``，再问 ``more`` 接着做。"""
        session = self.sessions[request["id"]]
        self.jobs[request["id"]] = session.walk(session.steps + int(request.get("n", 1)))
        return self.more(request)

    def more(self, request: dict[str, Any]) -> dict[str, Any]:
        """接着做没做完的活，做满一片或做完为止。"""
        end = time.perf_counter() + SLICE_MILLISECONDS / 1000
        for steps in self.jobs[request["id"]]:
            if time.perf_counter() > end:
                return {"more": True, "steps": steps}
        del self.jobs[request["id"]]
        return self._answer(request["id"])

    def slice(self, request: dict[str, Any]) -> dict[str, Any]:
        """跑一片时间；``moved`` 说这一片里走没走动，走不动（到头、发散）就不必再问。"""
        session = self.sessions[request["id"]]
        before = session.steps
        session.slice(SLICE_MILLISECONDS, session.explorable.slice_steps)
        return {**self._answer(request["id"]), "moved": session.steps != before}

    def cancel(self, request: dict[str, Any]) -> dict[str, Any]:
        """不做没做完的活了，停在走到的地方。"""
        self.jobs.pop(request["id"], None)
        return self._answer(request["id"])

    def reset(self, request: dict[str, Any]) -> dict[str, Any]:
        """从头来。"""
        self.sessions[request["id"]].reset()
        return self._answer(request["id"])

    def back(self, request: dict[str, Any]) -> dict[str, Any]:
        """退回出错之前。"""
        went = self.sessions[request["id"]].back()
        return {**self._answer(request["id"]), "went_back": went}

    def state(self, request: dict[str, Any]) -> dict[str, Any]:
        """能放进链接的状态。"""
        return {"state": self.sessions[request["id"]].state()}

    def restore(self, request: dict[str, Any]) -> dict[str, Any]:
        """换成链接里的状态。"""
        state = request["state"]
        session = Session(load_class(str(state.get("class", "")))(**dict(state.get("start", {}))))
        self.sessions[request["id"]] = session
        self.jobs[request["id"]] = session.replay(state)
        return self.more(request)

    def snapshot(self, request: dict[str, Any]) -> dict[str, Any]:
        """worker 意外结束时用来接着来的快照。"""
        return {"snapshot": self.sessions[request["id"]].snapshot()}


OPERATIONS: dict[str, Callable[[Host, dict[str, Any]], dict[str, Any]]] = {
    "open": Host.open,
    "set": Host.set,
    "act": Host.act,
    "view": Host.view,
    "figure": Host.figure,
    "step": Host.step,
    "more": Host.more,
    "cancel": Host.cancel,
    "slice": Host.slice,
    "reset": Host.reset,
    "back": Host.back,
    "state": Host.state,
    "restore": Host.restore,
    "snapshot": Host.snapshot,
}
