"""运算在 torch 上的写法：能用 torch 自己的核就用，不经过它的自动求导。

每个函数收到绑好内存的一步和一条指令，返回一个调用：从 ``step.values`` 里取这条指令读的，
算出它写的放回去。参数的梯度直接写进优化器的长数组。没有列在 :data:`KERNELS` 里的运算，照
:mod:`mlcore.operations` 的写法。
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import torch
from torch.nn import functional as F

from mlcore.operations import OPS
from mlcore.replay.program import Instruction, Program

_aten = torch.ops.aten


class Running(Protocol):
    """一步里，写法用得到的几样。"""

    program: Program
    xp: Any
    device: Any
    values: dict[int, Any]

    def put(self, slot: int, value: Any) -> None: ...


Kernel = Callable[[Running, Instruction], Callable[[], None]]

# ── 照普通的写法 ──────────────────────────────────────────────────────────────


def plain(step: Running, line: Instruction) -> Callable[[], None]:
    """任何运算：照 :mod:`mlcore.operations` 的写法。"""
    name, _, back = line.op.partition(".")
    return partial(_plain_backward if back else _plain_forward, step, name, line)


def _plain_forward(step: Running, name: str, line: Instruction) -> None:
    arrays = [step.values[slot] for slot in line.reads]
    found = OPS[name].forward(step.xp, *arrays, **line.attrs["forward"])
    if OPS[name].saves:
        found, kept = found
        arrays = list(_leaves(kept))
        for slot, array in zip(line.writes[1 : 1 + len(arrays)], arrays, strict=True):
            step.put(slot, array)
    step.put(line.writes[0], found)


def _plain_backward(step: Running, name: str, line: Instruction) -> None:
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


# ── 一个调用就是整个运算 ──────────────────────────────────────────────────────


def _whole(function: Callable[..., Any]) -> Kernel:
    """读的依次交给 function，它返回唯一的结果。"""

    def make(step: Running, line: Instruction) -> Callable[[], None]:
        values, reads, (out,) = step.values, line.reads, line.writes
        if step.program.slots[out].kind == "gradient":
            return lambda: step.put(out, function(*[values[slot] for slot in reads]))

        def call() -> None:
            values[out] = function(*[values[slot] for slot in reads])

        return call

    return make


def _linear_backward(step: Running, line: Instruction) -> Callable[[], None]:
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


def _accumulate(step: Running, line: Instruction) -> Callable[[], None]:
    total, part = line.reads
    return lambda: step.put(total, step.values[total] + step.values[part])


def _zero(step: Running, line: Instruction) -> Callable[[], None]:
    return lambda: step.values[line.writes[0]].zero_()


def _cast(step: Running, line: Instruction) -> Callable[[], None]:
    (out,) = line.writes
    slot = step.program.slots[out]
    dtype = getattr(torch, slot.dtype)
    return lambda: step.put(out, step.values[line.reads[0]].to(dtype).reshape(slot.shape))


# ── 损失：前向就把梯度备好 ────────────────────────────────────────────────────


def _cross_entropy(step: Running, line: Instruction) -> Callable[[], None]:
    values, (logits, target), (loss, kept) = step.values, line.reads, line.writes
    slot = step.program.slots[logits]
    count, dtype = slot.shape[0], getattr(torch, slot.dtype)
    share = torch.full((count, 1), -1 / count, dtype=dtype, device=step.device)

    def call() -> None:
        logs, labels = torch.log_softmax(values[logits], 1), values[target].long()
        values[loss] = F.nll_loss(logs, labels)
        values[kept] = logs.exp_().mul_(1 / count).scatter_add_(1, labels[:, None], share)

    return call


def _loss_backward(step: Running, line: Instruction) -> Callable[[], None]:
    """损失自己的梯度是 1 时，留下的就是答案。"""
    values, slots = step.values, step.program.slots
    if (
        slots[line.reads[0]].kind != "constant"
        or line.attrs["needs"] != (True, False)
        or slots[line.reads[1]].shape != line.attrs["shapes"][0]
    ):
        return plain(step, line)
    kept, (out,) = line.reads[1], line.writes
    return lambda: step.put(out, values[kept])


# ── 词向量 ────────────────────────────────────────────────────────────────────


def _embedding(step: Running, line: Instruction) -> Callable[[], None]:
    values, (weight, index), (out,) = step.values, line.reads, line.writes

    def call() -> None:
        values[out] = F.embedding(values[index], values[weight])

    return call


def _embedding_backward(step: Running, line: Instruction) -> Callable[[], None]:
    values, grad, index = step.values, line.reads[0], line.reads[-1]
    count, padding = line.attrs["shapes"][0][0], line.attrs["forward"]["padding_idx"]
    padding = -1 if padding is None else padding

    def call() -> None:
        found = _aten.embedding_dense_backward(values[grad], values[index], count, padding, False)
        step.put(line.writes[0], found)

    return call


# ── LSTM：CPU 上的单精度有 oneDNN 的核，一层一个调用 ─────────────────────────


LSTM_MODE = 2


def _lstm(step: Running, line: Instruction) -> Callable[[], None]:
    if not _has_layer(step, line):
        return plain(step, line)
    values, size = step.values, step.program.slots[line.reads[1]].shape[-1]
    x, h0, c0, *weights = line.reads
    out, *kept = line.writes

    def one(k: int) -> Any:
        return _aten.mkldnn_rnn_layer(
            values[x], *[values[slot] for slot in weights[4 * k : 4 * k + 4]],
            values[h0][k], values[c0][k], bool(k), [], LSTM_MODE, size, 1,
            True, False, False, True,
        )  # fmt: skip

    def call() -> None:
        # Nothing here requires a gradient; but without it the library keeps nothing to go back by.
        with torch.enable_grad():
            results = [one(k) for k in range(len(weights) // 4)]
        states = torch.cat([result[0] for result in results], -1)
        cells = torch.cat([result[2].reshape(1, *result[2].shape[-2:]) for result in results], -1)
        values[out] = torch.cat((states, cells))
        # Only the backward reads what was kept: it is what that library wants to see again.
        values[kept[0]] = results

    return call


def _lstm_backward(step: Running, line: Instruction) -> Callable[[], None]:
    if not _has_layer(step, line):
        return plain(step, line)
    values = step.values
    count = len(line.attrs["inputs"])
    grad, kept = line.reads[:2]
    x, h0, c0, *weights = line.reads[-count:]
    size = step.program.slots[h0].shape[-1]
    needs = line.attrs["needs"]

    def call() -> None:
        steps = values[x].shape[0]
        found: list[Any] = [None] * len(needs)
        starts: list[tuple[Any, Any]] = []
        for k, (states, hy, cy, workspace) in enumerate(values[kept]):
            columns = slice(k * size, (k + 1) * size)
            part = values[grad][..., columns].contiguous()
            grad_x, *rest = _aten.mkldnn_rnn_layer_backward(
                values[x], *[values[slot] for slot in weights[4 * k : 4 * k + 4]],
                values[h0][k], values[c0][k], states, hy, cy,
                part[:steps], torch.zeros_like(hy), part[steps:].reshape(hy.shape), bool(k),
                LSTM_MODE, size, 1, True, True, False, [], False, workspace,
            )  # fmt: skip
            found[0] = grad_x if found[0] is None else found[0] + grad_x
            found[3 + 4 * k : 7 + 4 * k] = rest[:4]
            starts.append((rest[4], rest[5]))
        shape = values[h0].shape
        found[1], found[2] = (
            torch.stack([pair[i] for pair in starts]).reshape(shape) for i in (0, 1)
        )
        wanted = [part for part, needed in zip(found, needs, strict=True) if needed]
        for slot, part in zip(line.writes, wanted, strict=True):
            step.put(slot, part)

    return call


def _has_layer(step: Running, line: Instruction) -> bool:
    """没有掩码，单精度，在 CPU 上，装着 oneDNN。"""
    slots = step.program.slots
    name, _, back = line.op.partition(".")
    shapes = line.attrs["shapes"] if back else [slots[slot].shape for slot in line.reads]
    directions = shapes[1][0]
    on_cpu = step.values[step.program.named("x").id].device.type == "cpu"
    return (
        on_cpu
        and slots[line.reads[0]].dtype == "float32"
        and len(shapes) == 3 + 4 * directions
        and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    )


KERNELS: dict[str, Kernel] = {
    "linear": _whole(F.linear),
    "linear.backward": _linear_backward,
    "tanh": _whole(torch.tanh),
    "tanh.backward": _whole(_aten.tanh_backward.default),
    "sigmoid.backward": _whole(_aten.sigmoid_backward.default),
    "relu": _whole(torch.relu),
    "relu.backward": _whole(lambda grad, kept: _aten.threshold_backward.default(grad, kept, 0)),
    "softmax_cross_entropy": _cross_entropy,
    **{
        f"{name}.backward": _loss_backward
        for name in ("softmax_cross_entropy", "sigmoid_binary_cross_entropy", "mse")
    },
    "embedding": _embedding,
    "embedding.backward": _embedding_backward,
    "lstm": _lstm,
    "lstm.backward": _lstm_backward,
    "accumulate": _accumulate,
    "zero": _zero,
    "cast": _cast,
}
"""运算的名字 → 怎样在 torch 上做。"""
