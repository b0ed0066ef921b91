"""一步训练，写成数据：编了号的缓冲区，和一串读写它们的指令。

里面没有一个函数，也没有数组的地址：同一份 :class:`Program` 可以打印、画成图、存成 JSON，交给
NumPy 或 torch 去跑，将来也可以翻译成别的机器的代码。放在哪块内存、按什么顺序排，是执行者自己的事。
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

KINDS = {
    "data": "数据",
    "constant": "常数",
    "parameter": "参数",
    "buffer": "缓冲",
    "random": "随机",
    "gradient": "梯度",
    "state": "状态",
    "temporary": "中间",
    "scalar": "旋钮",
}
"""缓冲区的种类。``buffer`` 属于网络而不训练（批归一化的滑动平均），``random`` 每步
重新取（随机丢弃的掩码），``gradient`` 只是参数的梯度，
``state`` 是优化器的记忆，其余的梯度都是中间结果。"""


@dataclass(frozen=True)
class Slot:
    """一个缓冲区：编号、种类、形状、类型、名字。"""

    id: int
    kind: str
    shape: tuple[int, ...]
    dtype: str
    name: str

    @property
    def size(self) -> int:
        """有几个数。"""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Instruction:
    """一条指令：做什么、读哪些缓冲区、写哪些，就地改写的两边都列着。"""

    op: str
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    attrs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Program:
    """录下的一步。

    Attributes
    ----------
    slots : Slot 的元组
        第 i 个的编号就是 i。参数、参数的梯度按优化器里的次序排。
    instructions : Instruction 的元组
        依次做完就是一步：前向、反向（名字以 ``.backward`` 结尾），最后一条是优化器。
    loss : int
        损失在哪个缓冲区。
    """

    slots: tuple[Slot, ...]
    instructions: tuple[Instruction, ...]
    loss: int

    def of_kind(self, kind: str) -> list[Slot]:
        return [slot for slot in self.slots if slot.kind == kind]

    def named(self, name: str) -> Slot:
        """叫这个名字的第一个缓冲区。"""
        for slot in self.slots:
            if slot.name == name:
                return slot
        raise KeyError(f"没有叫 {name} 的缓冲区")

    # ---- 给人看 ----

    def __str__(self) -> str:
        counts = Counter(slot.kind for slot in self.slots)
        kinds = "、".join(f"{KINDS[kind]} {counts[kind]}" for kind in KINDS if counts[kind])
        head = f"{len(self.instructions)} 条指令，{len(self.slots)} 个缓冲区（{kinds}）"
        slots = [("编号", "种类", "形状", "类型", "名字")] + [
            (f"%{slot.id}", KINDS[slot.kind], str(slot.shape), slot.dtype, slot.name)
            for slot in self.slots
        ]
        steps = [("步", "写", "运算", "读")] + [
            (str(i), self._list(step.writes), step.op, self._list(step.reads))
            for i, step in enumerate(self.instructions)
        ]
        return "\n".join([head, "", *_table(slots), "", *_table(steps)])

    def _list(self, ids: Iterable[int]) -> str:
        """把编号写短：一串连着的写成 ``%3…%6``。"""
        runs: list[list[int]] = []
        for slot in ids:
            if runs and slot == runs[-1][1] + 1:
                runs[-1][1] = slot
            else:
                runs.append([slot, slot])
        return " ".join(
            f"%{a}" if a == b else f"%{a} %{b}" if b == a + 1 else f"%{a}…%{b}" for a, b in runs
        )

    def graph(self) -> dict[str, list[dict[str, Any]]]:
        """画图用的普通数据：节点（缓冲区和指令）和有向的边。"""
        nodes: list[dict[str, Any]] = [
            {"id": f"slot{s.id}", "type": "slot", "kind": s.kind, "name": s.name,
             "shape": list(s.shape)}
            for s in self.slots
        ]  # fmt: skip
        edges = []
        for i, step in enumerate(self.instructions):
            nodes.append({"id": f"step{i}", "type": "step", "op": step.op})
            edges += [{"from": f"slot{s}", "to": f"step{i}"} for s in step.reads]
            edges += [{"from": f"step{i}", "to": f"slot{s}"} for s in step.writes]
        return {"nodes": nodes, "edges": edges}

    # ---- 存取 ----

    def to_json(self) -> str:
        return json.dumps(
            {
                "slots": [[s.kind, list(s.shape), s.dtype, s.name] for s in self.slots],
                "instructions": [
                    [step.op, list(step.reads), list(step.writes), _plain(step.attrs)]
                    for step in self.instructions
                ],
                "loss": self.loss,
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> Program:
        """:meth:`to_json` 写下的，读回来完全一样。"""
        found = json.loads(text)
        return cls(
            tuple(
                Slot(i, kind, tuple(shape), dtype, name)
                for i, (kind, shape, dtype, name) in enumerate(found["slots"])
            ),
            tuple(
                Instruction(op, tuple(reads), tuple(writes), _restored(attrs))
                for op, reads, writes, attrs in found["instructions"]
            ),
            found["loss"],
        )


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    cells = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            text + " " * (wide - _width(text)) for text, wide in zip(row, cells, strict=True)
        ).rstrip()
        for row in rows
    ]


def _width(text: str) -> int:
    """在终端里占几格：汉字两格。"""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _plain(value: Any) -> Any:
    """JSON 没有元组、切片和省略号：给它们各写一个有名字的对象。"""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, tuple):
        return {"tuple": [_plain(part) for part in value]}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, slice):
        return {"slice": [value.start, value.stop, value.step]}
    return {"ellipsis": True} if value is Ellipsis else value


def _restored(value: Any) -> Any:
    if isinstance(value, list):
        return [_restored(part) for part in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"tuple"}:
        return tuple(_restored(part) for part in value["tuple"])
    if value.keys() == {"slice"}:
        return slice(*value["slice"])
    if value.keys() == {"ellipsis"}:
        return Ellipsis
    return {name: _restored(part) for name, part in value.items()}
