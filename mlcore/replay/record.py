"""把一步训练录下来：照常算一遍，读自动求导记下的带子，抄成 :class:`Program`。

没有另一套追踪的机关：带子上的每个 Tensor 本来就记着运算的名字、输入和属性。倒着读一遍，就是反向的
指令。数据也临时当作「要梯度的」，好让只与数据有关的运算（如给标签换形状）也留在带子上。

录两遍，第二遍换一批数据：两遍的带子不一样，或者有个常数变了，这一步就不能当作死的数据来重放，
当场说清楚。
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from mlcore.autograd import Tensor, tape
from mlcore.backend import array_namespace, asarray, get_backend, to_numpy
from mlcore.nn import Dropout, Module
from mlcore.operations import OPS
from mlcore.optim import Optimizer
from mlcore.random import Generator
from mlcore.replay.program import Instruction, Program, Slot

# What a backward really reads: (what the forward kept, positions of inputs). Of the rest it wants
# the shape alone, so their buffers are free earlier. Operations not named here read everything.
BACKWARD_READS: dict[str, tuple[bool, tuple[int, ...]]] = {
    **dict.fromkeys(("add", "sub", "neg", "sum", "mean", "slice", "concat"), (False, ())),
    **dict.fromkeys(("reshape", "permute"), (False, ())),
    **dict.fromkeys(("mul", "matmul", "linear"), (False, (0, 1))),
    **dict.fromkeys(("tanh", "sigmoid", "exp", "relu", "softmax"), (True, ())),
    **dict.fromkeys(("softmax_cross_entropy", "mse"), (True, ())),
    **dict.fromkeys(("log", "pow", "sin", "abs", "softplus", "leaky_relu"), (False, (0,))),
    **dict.fromkeys(("convolution", "transposed_convolution"), (False, (0, 1))),
    **dict.fromkeys(("batch_norm", "layer_norm"), (True, (1,))),
    "max_pool": (True, ()),
    "avg_pool": (False, ()),
    "dropout": (False, (1,)),
    "div": (True, (1,)),
    **dict.fromkeys(("take", "embedding"), (False, (1,))),
}


class NotRecordable(ValueError):
    """这一步不能录下来重放：它的样子随数据变，或者里面有带子上看不见的东西。"""


def record(
    model: Module, loss: Callable[[Tensor, Any], Tensor], optimizer: Optimizer, x: Any, y: Any
) -> Program:
    """录下对这样一批数据的一步训练；参数和优化器都不动。

    Parameters
    ----------
    model, loss, optimizer
        同 :class:`mlcore.train.Trainer`。
    x, y : 数组
        一批数据；只有形状和类型会留在录下的步里。浮点数换成参数的类型。

    Raises
    ------
    NotRecordable
        换一批数据，运算的次序或常数就变了；或者前向改动了带子以外的东西。
    """
    x, y = as_batch(model, x), as_batch(model, y)
    with _untouched(model) as moved:
        result, leaves = _trace(model, loss, x, y)
        masks = {id(layer.mask): name for name, layer in droppers(model).items()}
        try:
            other, other_leaves = _trace(model, loss, _another(x, 0.5), _another(y, 0.25))
        except (ValueError, IndexError):
            # Of labels that are all alike another one need not exist.
            other, other_leaves = _trace(model, loss, _another(x, 0.5), y)
        moved += [node.inputs[i] for node in tape(result) for i in OPS[str(node.op)].writes]
    nodes, others = tape(result), tape(other)
    if [_form(node) for node in nodes] != [_form(node) for node in others]:
        raise NotRecordable("换一批数据，做的运算就不一样了：录下的步里不能有随数据变的分支")
    writer = _Writer(model, optimizer, masks)
    for name, leaf in leaves.items():
        writer.slot(leaf, "data", name)
    for node, twin in zip(nodes, others, strict=True):
        for source, likeness in zip(node.inputs, twin.inputs, strict=True):
            if source.op is None and id(source) not in writer.ids:
                writer.leaf(source, likeness, leaves, other_leaves)
        writer.forward(node)
    writer.backward(nodes, result)
    writer.update()
    return Program(tuple(writer.slots), tuple(writer.steps), writer.ids[id(result)])


def droppers(model: Module) -> dict[str, Dropout]:
    """网络里随机丢弃的层：它们的掩码每一步重新取。"""
    return {name: one for name, one in model.named_modules() if isinstance(one, Dropout)}


def as_batch(model: Module, array: Any) -> Any:
    """一批数据，在当前后端上；浮点数换成参数的类型。"""
    if isinstance(array, Tensor):
        array = array.data
    if not isinstance(array, np.ndarray) or get_backend().name != "numpy":
        array = asarray(array)
    if array_namespace(array).isdtype(array.dtype, "real floating"):
        return asarray(array, model.dtype) if array.dtype != model.dtype else array
    return array


def _trace(model: Module, loss: Any, x: Any, y: Any) -> tuple[Tensor, dict[str, Tensor]]:
    leaves = {"x": Tensor(x), "y": Tensor(y)}
    for leaf in leaves.values():
        leaf.requires_grad = True
    result = loss(model.forward(leaves["x"]), leaves["y"])
    if result.op is None or result.shape != ():
        raise NotRecordable(f"loss 要返回由参数算出的一个数，得到 {result!r}")
    return result, leaves


def _another(array: Any, scale: float) -> Any:
    """同样形状的另一批：值不同，标签仍然合法；x 和 y 用不同的 scale，好分得清。"""
    xp = array_namespace(array)
    if xp.isdtype(array.dtype, "real floating"):
        return xp.flip(array, axis=0) * scale + 0.3
    turned = xp.roll(array, 1, axis=0)
    if bool(xp.any(turned != array)):
        return turned
    return xp.zeros_like(array) if bool(xp.any(array != 0)) else xp.ones_like(array)


@contextmanager
def _untouched(model: Module) -> Iterator[list[Tensor]]:
    """录的时候，模块里的发生器和数组都不许变：它们不在带子上，重放时不会再变。

    随机丢弃的发生器可以：它的掩码录成一条 ``draw``。缓冲里运算自己说会改写的可以变，写在
    给出的表里；录完都变回原来的样子。
    """
    moved: list[Tensor] = []
    buffers = [(tensor, to_numpy(tensor.data).copy()) for _, tensor in model.named_buffers()]
    generators, arrays = [], []
    waiting = [model]
    while waiting:
        module = waiting.pop()
        waiting += [child for _, child in module.children()]
        for value in vars(module).values():
            if isinstance(value, Generator):
                generators.append((value, value.counter))
            elif hasattr(value, "shape") and hasattr(value, "dtype") and type(value) is not Tensor:
                arrays.append((value, to_numpy(value).copy()))
    yield moved
    allowed = {id(tensor) for tensor in moved}
    arrays += [(tensor.data, before) for tensor, before in buffers if id(tensor) not in allowed]
    changed = [array for array, before in arrays if not np.array_equal(to_numpy(array), before)]
    arrays += [(tensor.data, before) for tensor, before in buffers if id(tensor) in allowed]
    for array, before in arrays:
        array[...] = asarray(before, array.dtype)
    known = {id(layer.generator) for layer in droppers(model).values()}
    drawn = [one for one, counter in generators if one.counter != counter and id(one) not in known]
    for generator, counter in generators:
        generator.counter = counter
    if drawn or changed:
        raise NotRecordable("前向改动了带子以外的东西（取了随机数，或者更新了模块里的数组）")


def _form(node: Tensor) -> tuple[Any, ...]:
    shapes = tuple(source.shape for source in node.inputs)
    return node.op, node.shape, shapes, str(node.dtype), repr(node.attrs)


class _Writer:
    """把带子抄成指令；``ids`` 是每个 Tensor（按 id）的缓冲区。"""

    def __init__(self, model: Module, optimizer: Optimizer, masks: dict[int, str]) -> None:
        self.masks = masks
        self.slots: list[Slot] = []
        self.steps: list[Instruction] = []
        self.ids: dict[int, int] = {}
        self.kept: dict[int, tuple[int, ...]] = {}
        self.kept_form: dict[int, Any] = {}
        self.grads: dict[int, int] = {}
        self.optimizer = optimizer
        names = {id(p): name for name, p in model.named_parameters()}
        self.params = [
            self.slot(p, "parameter", names.get(id(p), f"参数 {i}"))
            for i, p in enumerate(optimizer.params)
        ]
        self.grad_of = {
            id(p): self.new("gradient", p.shape, p.dtype, f"∂{self.slots[i].name}")
            for i, p in zip(self.params, optimizer.params, strict=True)
        }
        self.frozen = {i: name for i, name in names.items() if i not in self.grad_of}
        self.buffers = {id(tensor): name for name, tensor in model.named_buffers()}
        self.needs = set(self.grad_of)

    def new(self, kind: str, shape: Any, dtype: Any, name: str) -> int:
        text = str(dtype).removeprefix("torch.")
        self.slots.append(Slot(len(self.slots), kind, tuple(shape), text, name))
        return len(self.slots) - 1

    def slot(self, tensor: Tensor, kind: str, name: str) -> int:
        self.ids[id(tensor)] = self.new(kind, tensor.shape, tensor.dtype, name)
        return self.ids[id(tensor)]

    def add(self, op: str, reads: Any, writes: Any, **attrs: Any) -> None:
        self.steps.append(Instruction(op, tuple(reads), tuple(writes), attrs))

    def leaf(
        self, source: Tensor, twin: Tensor, leaves: dict[str, Tensor], others: dict[str, Tensor]
    ) -> None:
        """不由运算得到的：不训练的参数、缓冲、掩码、数据的另一个包装、换了类型的数据，或者常数。"""
        if id(source) in self.frozen:
            self.slot(source, "parameter", self.frozen[id(source)])
            return
        if id(source) in self.buffers:
            self.slot(source, "buffer", self.buffers[id(source)])
            return
        if id(source.data) in self.masks:
            module = self.masks[id(source.data)]
            made = self.slot(source, "random", f"{module} 的掩码")
            self.add("draw", [], [made], module=module)
            return
        for name, leaf in leaves.items():
            if _same_values(source, leaf, twin, others[name]):
                if source.dtype == leaf.dtype and source.shape == leaf.shape:
                    self.ids[id(source)] = self.ids[id(leaf)]
                else:
                    made = self.slot(source, "temporary", name)
                    self.add("cast", [self.ids[id(leaf)]], [made])
                return
        value = to_numpy(source.data)
        if not np.array_equal(value, to_numpy(twin.data), equal_nan=value.dtype.kind == "f"):
            raise NotRecordable(
                f"有个形状 {source.shape} 的数组随数据变，却不是由带子上的运算得到的；"
                "请用 Tensor 的运算算它"
            )
        made = self.slot(source, "constant", "常数")
        self.add("constant", [], [made], value=value.tolist())

    def forward(self, node: Tensor) -> None:
        op = str(node.op)
        out = self.slot(node, "temporary", op)
        writes = [out]
        if OPS[op].saves:
            arrays: list[Any] = []
            self.kept_form[id(node)] = _take_apart(node.kept, arrays)
            kept = [self.new("temporary", a.shape, a.dtype, f"{op} 留下的") for a in arrays]
            self.kept[id(node)] = tuple(kept)
            writes += kept
        else:
            self.kept[id(node)] = (out,)
        if any(id(source) in self.needs for source in node.inputs):
            self.needs.add(id(node))
        writes += [self.ids[id(node.inputs[i])] for i in OPS[op].writes]
        form = {"kept": self.kept_form[id(node)]} if id(node) in self.kept_form else {}
        self.add(op, [self.ids[id(s)] for s in node.inputs], writes, **form, forward=node.attrs)

    def backward(self, nodes: list[Tensor], result: Tensor) -> None:
        if id(result) not in self.needs:
            raise NotRecordable("损失与优化器里的参数无关")
        seed = self.new("constant", (), result.dtype, "∂损失")
        self.add("constant", [], [seed], value=1.0)
        self.grads[id(result)] = seed
        for node in reversed(nodes):
            if id(node) in self.grads:
                self.one_backward(node)
        for parameter in self.optimizer.params:
            if id(parameter) not in self.grads:
                self.add("zero", [], [self.grad_of[id(parameter)]])

    def one_backward(self, node: Tensor) -> None:
        op = str(node.op)
        needs = tuple(id(source) in self.needs for source in node.inputs)
        everything = (True, tuple(range(len(node.inputs))))
        keeps, inputs = BACKWARD_READS.get(op, everything)
        if op == "sigmoid_binary_cross_entropy" and not needs[1]:
            inputs = ()
        reads = [self.grads[id(node)]]
        reads += self.kept[id(node)] if keeps else ()
        reads += [self.ids[id(node.inputs[i])] for i in inputs]
        writes, again = [], []
        for source, needed in zip(node.inputs, needs, strict=True):
            if not needed:
                continue
            if id(source) in self.grads:
                # A value used several times: the further gradients are added to the first.
                part = self.new("temporary", source.shape, source.dtype, "∂ 的一份")
                again.append((self.grads[id(source)], part))
                writes.append(part)
                continue
            if id(source) in self.grad_of:
                self.grads[id(source)] = self.grad_of[id(source)]
            else:
                name = f"∂{self.slots[self.ids[id(source)]].name}"
                self.grads[id(source)] = self.new("temporary", source.shape, source.dtype, name)
            writes.append(self.grads[id(source)])
        form = {"kept": self.kept_form[id(node)]} if id(node) in self.kept_form else {}
        shapes = tuple(source.shape for source in node.inputs)
        self.add(f"{op}.backward", reads, writes, needs=needs, keeps=keeps, inputs=inputs,
                 shapes=shapes, **form, forward=node.attrs)  # fmt: skip
        for total, part in again:
            self.add("accumulate", [total, part], [total])

    def update(self) -> None:
        optimizer = self.optimizer
        first = optimizer.params[0]
        size = sum(self.slots[i].size for i in self.params)
        states = [self.new("state", (size,), first.dtype, name) for name in optimizer.state_names]
        values = knobs(optimizer)
        scalars = [self.new("scalar", (), "float64", name) for name in values]
        flags = {
            name: getattr(optimizer, name)
            for name in optimizer.knob_names
            if isinstance(getattr(optimizer, name), bool)
        }
        grads = [self.grad_of[id(p)] for p in optimizer.params]
        self.add(
            type(optimizer).__name__,
            [*self.params, *grads, *states, *scalars],
            [*self.params, *grads, *states, scalars[0]],
            states=tuple(optimizer.state_names),
            values=values,
            flags=flags,
        )


def knobs(optimizer: Optimizer) -> dict[str, float]:
    """步数和每一个能拧的数；元组里的分开写，如 ``betas.0``。"""
    found = {"steps": float(optimizer.steps)}
    for name in optimizer.knob_names:
        value = getattr(optimizer, name)
        if isinstance(value, tuple | list):
            found |= {f"{name}.{i}": float(part) for i, part in enumerate(value)}
        elif not isinstance(value, bool):
            found[name] = float(value)
    return found


def _take_apart(kept: Any, arrays: list[Any]) -> Any:
    """留给反向的东西是什么样的：数组换成它的号码，别的原样。"""
    if hasattr(kept, "shape") and hasattr(kept, "dtype"):
        arrays.append(kept)
        return {"array": len(arrays) - 1}
    if isinstance(kept, tuple | list):
        return tuple(_take_apart(part, arrays) for part in kept)
    return kept


def _same_values(source: Tensor, leaf: Tensor, twin: Tensor, other: Tensor) -> bool:
    """两遍里 source 的数都是数据 leaf 的数，类型和形状可以换过。"""
    return all(
        np.array_equal(to_numpy(a.data).reshape(-1), to_numpy(b.data).reshape(-1))
        for a, b in ((source, leaf), (twin, other))
    )
