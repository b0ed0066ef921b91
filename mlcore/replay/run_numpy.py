"""在 NumPy 上重放：把指令换成一串绑好了数组的调用，一步就是依次调用它们。

绑的时候定下一切：读哪块内存、写哪块内存、用哪个函数。跑的时候不建图、不查表、不要新的数组
（没有专门写法的运算除外：它们算完再抄进自己的缓冲区）。
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from mlcore.autograd import Tensor
from mlcore.backend import describe
from mlcore.nn import Dropout, Module
from mlcore.operations import OPS
from mlcore.optim import Optimizer
from mlcore.replay import (
    kernels_basic,
    kernels_convolution,
    kernels_gated,
    kernels_losses,
    kernels_normalisation,
    kernels_optim,
    kernels_pooling,
    kernels_recurrent,
    kernels_sequences,
)
from mlcore.replay.memory import Plan, plan
from mlcore.replay.program import Instruction, Program
from mlcore.replay.record import droppers
from mlcore.replay.site import Call, Kernel, Scratch, Site

KERNELS: dict[str, Kernel] = {
    **kernels_basic.KERNELS,
    **kernels_losses.KERNELS,
    **kernels_convolution.KERNELS,
    **kernels_pooling.KERNELS,
    **kernels_normalisation.KERNELS,
    **kernels_recurrent.KERNELS,
    **kernels_gated.KERNELS,
    **kernels_sequences.KERNELS,
}
"""运算的名字 → 怎样就地做；不会做这种输入时返回 None。"""


class Step:
    """绑好了内存、可以跑的一步。

    参数、梯度、优化器的状态就是 optimizer 自己的那几条长数组，所以普通的步和重放的步可以换着走。

    Parameters
    ----------
    program : Program
    optimizer : Optimizer
        录的时候的那一个，或者参数一样的另一个。
    model : Module，可选
        有不训练的参数、缓冲或随机丢弃时要它。
    """

    def __init__(self, program: Program, optimizer: Optimizer, model: Module | None = None) -> None:
        self.program = program
        self.optimizer = optimizer
        self.plan: Plan = plan(program)
        self.arena = np.zeros(self.plan.size, np.uint8)
        self.arrays: dict[int, np.ndarray] = {}
        self.droppers = droppers(model) if model else {}
        tensors = [*model.named_parameters(), *model.named_buffers()] if model else []
        self._bind(dict(tensors))
        measured = self._calls(Scratch(None))
        scratch = Scratch(np.empty(measured, np.uint8))
        self.scratch_bytes = measured
        self._calls(scratch)
        self._x, self._y = (self._data(name) for name in ("x", "y"))
        self._loss = self.arrays[program.loss]

    # ---- 跑 ----

    def run(self, x: np.ndarray, y: np.ndarray) -> float:
        """走一步，返回更新之前的损失。形状和类型要和录的时候一样。"""
        loss = self.gradients(x, y)
        self.update()
        return loss

    def gradients(self, x: np.ndarray, y: np.ndarray) -> float:
        """只算损失和梯度，不更新参数。"""
        if x.shape != self._x.shape or y.shape != self._y.shape:
            raise ValueError(
                f"这一步录的是 x {self._x.shape}、y {self._y.shape}，"
                f"得到{describe(x)}和{describe(y)}；形状变了要另录一步"
            )
        np.copyto(self._x, x)
        np.copyto(self._y, y)
        for call in self._forward:
            call()
        return float(self._loss)

    def gather(self, x: np.ndarray, y: np.ndarray, rows: np.ndarray) -> float:
        """同 :meth:`gradients`，这一批是 x、y 的第 rows 行；rows 要在范围里，这里不再检查。"""
        rows = rows.astype(np.intp, copy=False)
        np.take(x, rows, 0, self._x, "clip")
        np.take(y, rows, 0, self._y, "clip")
        for call in self._forward:
            call()
        return float(self._loss)

    def update(self) -> None:
        """用算好的梯度更新参数。"""
        for call in self._update:
            call()

    # ---- 绑 ----

    def memory(self) -> dict[str, int]:
        """各占多少字节：中间结果（合用之后、各占一块时）、临时的草稿、数据、参数和它们的同伴。"""
        kinds = {"temporary": self.plan.size, "naive": self.plan.naive}
        kinds["scratch"] = self.scratch_bytes
        for kind in ("data", "constant", "random", "parameter", "buffer", "gradient", "state"):
            slots = self.program.of_kind(kind)
            kinds[kind] = sum(slot.size * np.dtype(slot.dtype).itemsize for slot in slots)
        return kinds

    def _data(self, name: str) -> np.ndarray:
        for slot in self.program.of_kind("data"):
            if slot.name == name:
                return self.arrays[slot.id]
        raise KeyError(name)

    def _bind(self, tensors: dict[str, Tensor]) -> None:
        program, optimizer = self.program, self.optimizer
        kind = program.instructions[-1].op
        if kind != type(optimizer).__name__:
            raise ValueError(f"录的时候用的是 {kind}，得到 {type(optimizer).__name__}")
        trained = [parameter.shape for parameter in optimizer.params]
        gradients = program.of_kind("gradient")
        if [slot.shape for slot in gradients] != trained:
            raise ValueError("optimizer 的参数和录下的步不一样")
        parameters = program.of_kind("parameter")
        for slot, grad, bound in zip(parameters, gradients, optimizer._slots, strict=False):
            parameter, self.arrays[slot.id], self.arrays[grad.id] = bound
            if parameter.data is not bound[1]:
                bound[1][...] = parameter.data
                parameter.data = bound[1]
        for slot in [*parameters[len(trained) :], *program.of_kind("buffer")]:
            if slot.name not in tensors:
                raise ValueError(f"录下的步用到参数 {slot.name}，请把 model 也给出来")
            self.arrays[slot.id] = tensors[slot.name].data
        for slot in program.of_kind("state"):
            self.arrays[slot.id] = optimizer._state[slot.name]
        for slot in program.slots:
            if slot.kind not in ("data", "constant", "random"):
                continue
            self.arrays[slot.id] = np.zeros(slot.shape, slot.dtype)
        for step in program.instructions:
            if step.op == "constant":
                self.arrays[step.writes[0]][...] = step.attrs["value"]
        for slot in program.of_kind("temporary"):
            if slot.id in self.plan.view:
                continue
            start = self.plan.offset[slot.id]
            size = slot.size * np.dtype(slot.dtype).itemsize
            flat = self.arena[start : start + size].view(slot.dtype)
            turned = slot.id in self.plan.fortran
            shape = slot.shape[1:] + slot.shape[:1] if turned else slot.shape
            array = flat.reshape(shape)
            self.arrays[slot.id] = np.moveaxis(array, -1, 0) if turned else array
        for slot_id, (source, i) in self.plan.view.items():
            self.arrays[slot_id] = _view(program.instructions[i], self.arrays[source])

    def _calls(self, scratch: Scratch) -> int:
        """把每条指令换成调用，记进 ``_forward`` 和 ``_update``；返回草稿一共要多少字节。"""
        self._forward: list[Call] = []
        skipped = {i for _, i in self.plan.view.values()}
        for i, step in enumerate(self.program.instructions[:-1]):
            if i in skipped or step.op == "constant":
                continue
            if step.op == "draw":
                mask = self.arrays[step.writes[0]]
                self._forward.append(partial(_draw, self.droppers[step.attrs["module"]], mask))
                continue
            scratch.begin()
            site = Site(
                [self.arrays[slot] for slot in step.reads],
                [self.arrays[slot] for slot in step.writes],
                step.attrs,
                scratch,
            )
            kernel = KERNELS.get(step.op)
            calls = kernel(site) if kernel else None
            self._forward += calls if calls is not None else fallback(step.op, site)
        scratch.begin()
        self._update = kernels_optim.update(self.optimizer, scratch)
        return scratch.most


def _draw(layer: Dropout, mask: np.ndarray) -> None:
    """取一个新的掩码，和普通的步取的一样。"""
    mask[...] = layer.draw(mask)


def _view(step: Instruction, source: np.ndarray) -> np.ndarray:
    attrs = step.attrs
    name, _, back = step.op.partition(".")
    if not back:
        array = OPS[name].forward(np, source, **attrs["forward"])
    elif name in ("reshape", "permute"):
        dummy = _shaped(attrs["shapes"][0], source.dtype)
        (array,) = OPS[name].backward(np, [True], source, None, dummy, **attrs["forward"])
    else:
        array = source
    if not np.shares_memory(array, source):
        raise ValueError(f"{step.op} 在这里不能只是另一个看法")
    return array  # type: ignore[no-any-return]


def _shaped(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """只有形状是真的：反向只看它的形状。"""
    return np.broadcast_to(np.zeros((), dtype), shape)


def fallback(op: str, site: Site) -> list[Call]:
    """没有专门写法的运算：照普通的算，再抄进缓冲区。"""
    name, _, back = op.partition(".")
    return [partial(_plain_backward if back else _plain_forward, name, site)]


def _plain_forward(name: str, site: Site) -> None:
    found = OPS[name].forward(np, *site.reads, **site.attrs["forward"])
    if OPS[name].saves:
        found, kept = found
        arrays: list[np.ndarray] = []
        _flatten(kept, arrays)
        for array, slot in zip(arrays, site.writes[1 : 1 + len(arrays)], strict=True):
            slot[...] = array
    site.writes[0][...] = found


def _plain_backward(name: str, site: Site) -> None:
    grad, inputs, attrs = site.reads[0], [], site.attrs
    count = len(site.reads) - len(attrs["inputs"])
    kept: Any = grad  # Where only the shape of the result is wanted.
    if attrs["keeps"]:
        arrays = site.reads[1:count]
        kept = _put_together(attrs["kept"], arrays) if "kept" in attrs else arrays[0]
    given = dict(zip(attrs["inputs"], site.reads[count:], strict=True))
    for position, shape in enumerate(attrs["shapes"]):
        inputs.append(given.get(position, _shaped(shape, grad.dtype)))
    needs = attrs["needs"]
    parts = OPS[name].backward(np, list(needs), grad, kept, *inputs, **attrs["forward"])
    wanted = [part for part, needed in zip(parts, needs, strict=True) if needed]
    for slot, part in zip(site.writes, wanted, strict=True):
        slot[...] = part


def _flatten(kept: Any, arrays: list[np.ndarray]) -> None:
    if hasattr(kept, "shape") and hasattr(kept, "dtype"):
        arrays.append(kept)
    elif isinstance(kept, tuple | list):
        for part in kept:
            _flatten(part, arrays)


def _put_together(form: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(form, dict):
        return arrays[form["array"]]
    return tuple(_put_together(part, arrays) for part in form) if isinstance(form, tuple) else form
