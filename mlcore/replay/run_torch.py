"""在 torch 上重放：CPU 上一条一条地做；CUDA 上头一次把整步捕获成一张图，以后只发一条命令。

中间结果的内存由 torch 自己管（捕获的图有一块固定的内存），最后的读者读完就放手，好给后面的用；
参数、梯度、状态仍是优化器的长数组。
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from mlcore.autograd import Tensor
from mlcore.backend import array_namespace, describe
from mlcore.nn import Module
from mlcore.optim import Optimizer
from mlcore.replay.kernels_torch import KERNELS, plain
from mlcore.replay.optim_torch import updater
from mlcore.replay.program import Program
from mlcore.replay.record import droppers

Values = dict[int, Any]
WARM_UP = 3


class Step:
    """绑好了内存、可以跑的一步；接口与 NumPy 的一样，数组换成 torch 的。"""

    def __init__(self, program: Program, optimizer: Optimizer, model: Module | None = None) -> None:
        self.program = program
        self.optimizer = optimizer
        self.device = optimizer._flat.device
        self.xp = array_namespace(optimizer._flat)
        self.values: Values = {}
        tensors = [*model.named_parameters(), *model.named_buffers()] if model else []
        self._bind(dict(tensors))
        dead = _last_reads(program)
        self._calls = [
            (KERNELS.get(step.op, plain)(self, step), dead[i])
            for i, step in enumerate(program.instructions[:-1])
            if step.op not in ("constant", "draw")
        ]
        layers = droppers(model) if model else {}
        self._draws = [
            (layers[step.attrs["module"]], self.values[step.writes[0]])
            for step in program.instructions
            if step.op == "draw"
        ]
        self._x, self._y = (self.values[program.named(name).id] for name in ("x", "y"))
        self._scalars = updater(optimizer)
        self._replay: Callable[[], Any] = self._forward
        self._replay_update: Callable[[], Any] = self._scalars.update
        if self.device.type == "cuda":
            self._capture()

    def run(self, x: Any, y: Any) -> float:
        """走一步，返回更新之前的损失。"""
        loss = self.gradients(x, y)
        self.update()
        return loss

    def gradients(self, x: Any, y: Any) -> float:
        """只算损失和梯度，不更新参数。"""
        if x.shape != self._x.shape or y.shape != self._y.shape:
            raise ValueError(
                f"这一步录的是 x {tuple(self._x.shape)}、y {tuple(self._y.shape)}，"
                f"得到{describe(x)}和{describe(y)}；形状变了要另录一步"
            )
        self._x.copy_(x)
        self._y.copy_(y)
        return self._loss()

    def gather(self, x: Any, y: Any, rows: Any) -> float:
        """同 :meth:`gradients`，这一批是 x、y 的第 rows 行。"""
        torch.index_select(x, 0, rows, out=self._x)
        torch.index_select(y, 0, rows, out=self._y)
        return self._loss()

    def update(self) -> None:
        """用算好的梯度更新参数。"""
        self.optimizer.steps += 1
        if self._scalars.refresh():
            # A knob was turned that changes which operations are done: no longer the captured ones.
            self._replay_update = self._scalars.update
        with torch.no_grad():
            self._replay_update()

    def _loss(self) -> float:
        with torch.no_grad():
            # Outside what is captured: the place in the random stream is a number of Python's.
            for layer, mask in self._draws:
                mask.copy_(layer.draw(mask))
            self._replay()
        return float(self.values[self.program.loss])

    def _forward(self) -> None:
        values = self.values
        for call, dead in self._calls:
            call()
            for slot in dead:
                values[slot] = None

    def _capture(self) -> None:
        """捕获两张图：到梯度为止的，和更新的。热身动过的参数和缓冲变回原样。"""
        arenas = [self.optimizer._flat, *self.optimizer._state.values()]
        arenas += [self.values[slot.id] for slot in self.program.of_kind("buffer")]
        before = [arena.clone() for arena in arenas]
        self._replay = _captured(self._forward)
        if self._scalars.capturable:
            self._replay_update = _captured(self._scalars.update)
        for arena, copy in zip(arenas, before, strict=True):
            arena.copy_(copy)

    def _bind(self, tensors: dict[str, Tensor]) -> None:
        program, optimizer = self.program, self.optimizer
        kind = program.instructions[-1].op
        if kind != type(optimizer).__name__:
            raise ValueError(f"录的时候用的是 {kind}，得到 {type(optimizer).__name__}")
        gradients, parameters = program.of_kind("gradient"), program.of_kind("parameter")
        if [slot.shape for slot in gradients] != [p.shape for p in optimizer.params]:
            raise ValueError("optimizer 的参数和录下的步不一样")
        for slot, grad, bound in zip(parameters, gradients, optimizer._slots, strict=False):
            parameter, self.values[slot.id], self.values[grad.id] = bound
            if parameter.data is not bound[1]:
                bound[1].copy_(parameter.data)
                parameter.data = bound[1]
        for slot in [*parameters[len(gradients) :], *program.of_kind("buffer")]:
            if slot.name not in tensors:
                raise ValueError(f"录下的步用到参数 {slot.name}，请把 model 也给出来")
            self.values[slot.id] = tensors[slot.name].data
        for slot in program.slots:
            if slot.kind not in ("data", "constant", "random"):
                continue
            dtype = getattr(torch, slot.dtype)
            self.values[slot.id] = torch.zeros(slot.shape, dtype=dtype, device=self.device)
        for step in program.instructions:
            if step.op == "constant":
                value = torch.tensor(step.attrs["value"])
                self.values[step.writes[0]].copy_(value)

    def put(self, slot: int, value: Any) -> None:
        """参数的梯度要写进长数组；别的缓冲区就是这个数组。"""
        if self.program.slots[slot].kind == "gradient":
            self.values[slot].copy_(value)
        else:
            self.values[slot] = value


def _last_reads(program: Program) -> list[list[int]]:
    """每条指令之后，哪些中间结果再也没有人读。"""
    last: dict[int, int] = {}
    for i, step in enumerate(program.instructions):
        for slot in (*step.reads, *step.writes):
            last[slot] = i
    dead: list[list[int]] = [[] for _ in program.instructions]
    for made in program.of_kind("temporary"):
        if made.id != program.loss and made.id in last:
            dead[last[made.id]].append(made.id)
    return dead


def _captured(work: Callable[[], None]) -> Callable[[], Any]:
    side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    side.wait_stream(torch.cuda.current_stream())
    with torch.no_grad(), torch.cuda.stream(side):
        for _ in range(WARM_UP):
            work()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.no_grad(), torch.cuda.graph(graph):
        work()
    return graph.replay
