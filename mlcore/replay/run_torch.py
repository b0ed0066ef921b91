"""在 torch 上重放：CPU 上一条一条地做；CUDA 上头一次把整步捕获成一张图，以后只发一条命令。

中间结果的内存由 torch 自己管（捕获的图有一块固定的内存），参数、梯度、状态仍是优化器的长数组。
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from mlcore.autograd import Tensor
from mlcore.backend import array_namespace, describe
from mlcore.nn import Module
from mlcore.operations import OPS
from mlcore.optim import SGD, Adam, Optimizer
from mlcore.replay.program import Instruction, Program
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
        self._calls = [
            KERNELS.get(step.op, plain)(self, step)
            for step in program.instructions[:-1]
            if step.op not in ("constant", "draw")
        ]
        layers = droppers(model) if model else {}
        self._draws = [
            (layers[step.attrs["module"]], self.values[step.writes[0]])
            for step in program.instructions
            if step.op == "draw"
        ]
        self._x, self._y = (self.values[program.named(name).id] for name in ("x", "y"))
        self._scalars = _Scalars(optimizer)
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
        for call in self._calls:
            call()

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


class _Scalars:
    """随步数变的几个数，放在设备上的一条小数组里，好让捕获的图每次读到新的。"""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        on_cuda = optimizer._flat.device.type == "cuda"
        self.capturable = on_cuda and type(optimizer) in (SGD, Adam)
        self.host = torch.zeros(5, dtype=optimizer._flat.dtype, pin_memory=on_cuda)
        self.device = self.host.to(optimizer._flat.device)
        self.kind = self.form()

    def form(self) -> tuple[bool, bool, float]:
        """做哪些运算：带不带动量、是不是 Nesterov 的、L1 正则的系数。"""
        o = self.optimizer
        if type(o) is SGD:
            return o.momentum > 0, o.nesterov, o.l1_decay
        return False, False, o.l1_decay

    def refresh(self) -> bool:
        """写进这一步的数；做哪些运算也变了，就返回 True。"""
        o = self.optimizer
        if not self.capturable:
            return False
        before, self.kind = self.kind, self.form()
        if type(o) is SGD:
            found = [o.learning_rate, o.momentum, o.weight_decay, 0.0, 0.0]
        else:
            assert isinstance(o, Adam)
            beta1, beta2 = o.betas
            scale1 = (1 - beta1) / (1 - beta1**o.steps)
            scale2 = ((1 - beta2) / (1 - beta2**o.steps)) ** 0.5
            rate = o.learning_rate * scale1 / scale2
            found = [rate, beta1, o.weight_decay, beta2, o.eps / scale2]
        # The copy must have been made before the next step writes here: `run` waits for the loss.
        self.host.copy_(torch.tensor(found, dtype=self.host.dtype))
        self.device.copy_(self.host, non_blocking=True)
        return self.kind != before

    def update(self) -> None:
        o = self.optimizer
        if not self.capturable:
            for block, block_grad, *state in o._blocks:
                if o.weight_decay or o.l1_decay:
                    o._decay(block, block_grad)
                o._update(block, block_grad, *state)
            return
        param, grad = o._flat, o._grad
        if self.kind[2]:
            grad.add_(param.sign() * o.l1_decay)
        rate, beta1, decay, beta2, eps = self.device.unbind()
        if type(o) is SGD:
            grad.addcmul_(param, decay)
            if self.kind[0]:
                velocity = o._state["velocity"]
                velocity.mul_(beta1).add_(grad)
                grad = grad.addcmul_(velocity, beta1) if self.kind[1] else velocity
            param.addcmul_(grad, rate, value=-1)
        elif type(o) is Adam:
            first, second = o._state["first"], o._state["second"]
            grad.addcmul_(param, decay)
            first.mul_(beta1).add_(grad)
            second.mul_(beta2).addcmul_(grad, grad)
            param.addcdiv_(first * rate, second.sqrt().add_(eps), value=-1)


# ── 运算 ──────────────────────────────────────────────────────────────────────


def plain(step: Step, line: Instruction) -> Callable[[], None]:
    """任何运算：照 :mod:`mlcore.operations` 的写法。"""
    name, _, back = line.op.partition(".")
    return partial(_plain_backward if back else _plain_forward, step, name, line)


def _plain_forward(step: Step, name: str, line: Instruction) -> None:
    arrays = [step.values[slot] for slot in line.reads]
    found = OPS[name].forward(step.xp, *arrays, **line.attrs["forward"])
    if OPS[name].saves:
        found, kept = found
        arrays = list(_leaves(kept))
        for slot, array in zip(line.writes[1 : 1 + len(arrays)], arrays, strict=True):
            step.put(slot, array)
    step.put(line.writes[0], found)


def _plain_backward(step: Step, name: str, line: Instruction) -> None:
    attrs, reads = line.attrs, [step.values[slot] for slot in line.reads]
    grad, count = reads[0], len(reads) - len(attrs["inputs"])
    kept = grad
    if attrs["keeps"]:
        kept = _joined(attrs["kept"], reads[1:count]) if "kept" in attrs else reads[1]
    given = dict(zip(attrs["inputs"], reads[count:], strict=True))
    inputs = [
        given[i] if i in given else grad.new_zeros(()).expand(shape)
        for i, shape in enumerate(attrs["shapes"])
    ]
    needs = list(attrs["needs"])
    parts = OPS[name].backward(step.xp, needs, grad, kept, *inputs, **attrs["forward"])
    wanted = [part for part, needed in zip(parts, needs, strict=True) if needed]
    for slot, part in zip(line.writes, wanted, strict=True):
        step.put(slot, part)


def _leaves(kept: Any) -> list[Any]:
    if isinstance(kept, tuple | list):
        return [leaf for part in kept for leaf in _leaves(part)]
    return [kept] if hasattr(kept, "shape") else []


def _joined(form: Any, arrays: list[Any]) -> Any:
    if isinstance(form, dict):
        return arrays[form["array"]]
    return tuple(_joined(part, arrays) for part in form) if isinstance(form, tuple) else form


def _linear(step: Step, line: Instruction) -> Callable[[], None]:
    values, (out,) = step.values, line.writes

    def call() -> None:
        values[out] = torch.nn.functional.linear(*[values[slot] for slot in line.reads])

    return call


def _linear_backward(step: Step, line: Instruction) -> Callable[[], None]:
    values, slots = step.values, step.program.slots
    grad_slot, x_slot, weight_slot = line.reads
    needs, writes = line.attrs["needs"], list(line.writes)
    grad_x = writes.pop(0) if needs[0] else None
    grad_weight = writes.pop(0) if needs[1] else None
    grad_bias = writes.pop(0) if len(needs) > 2 and needs[2] else None

    def store(slot: int, function: Any, *arrays: Any) -> None:
        if slots[slot].kind == "gradient":
            function(*arrays, out=values[slot])
        else:
            values[slot] = function(*arrays)

    def call() -> None:
        grad, x = values[grad_slot], values[x_slot]
        if grad_x is not None:
            values[grad_x] = grad @ values[weight_slot]
        grad, x = grad.reshape(-1, grad.shape[-1]), x.reshape(-1, x.shape[-1])
        if grad_weight is not None:
            store(grad_weight, torch.mm, grad.t(), x)
        if grad_bias is not None:
            store(grad_bias, torch.sum, grad, 0)

    return call


def _back(function: Any) -> Callable[[Step, Instruction], Callable[[], None]]:
    """一个调用就是整个反向：梯度和留下的结果。"""

    def make(step: Step, line: Instruction) -> Callable[[], None]:
        grad, kept = line.reads
        (out,) = line.writes
        values = step.values

        def call() -> None:
            values[out] = function(values[grad], values[kept])

        return call

    return make


def _accumulate(step: Step, line: Instruction) -> Callable[[], None]:
    total, part = line.reads
    return lambda: step.put(total, step.values[total] + step.values[part])


def _zero(step: Step, line: Instruction) -> Callable[[], None]:
    return lambda: step.values[line.writes[0]].zero_()


def _cast(step: Step, line: Instruction) -> Callable[[], None]:
    (out,) = line.writes
    slot = step.program.slots[out]
    dtype = getattr(torch, slot.dtype)
    return lambda: step.put(out, step.values[line.reads[0]].to(dtype).reshape(slot.shape))


_aten = torch.ops.aten
KERNELS: dict[str, Callable[[Step, Instruction], Callable[[], None]]] = {
    "linear": _linear,
    "linear.backward": _linear_backward,
    "tanh.backward": _back(_aten.tanh_backward),
    "sigmoid.backward": _back(_aten.sigmoid_backward),
    "relu.backward": _back(lambda grad, kept: _aten.threshold_backward(grad, kept, 0)),
    "accumulate": _accumulate,
    "zero": _zero,
    "cast": _cast,
}
