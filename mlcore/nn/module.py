"""模块：有名字的参数和缓冲，训练和使用两种状态，把几层接起来的办法。"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np

from mlcore.autograd import Tensor
from mlcore.backend import asarray, describe, get_backend, to_numpy
from mlcore.random import Generator


class Module:
    """一层，或几层拼成的网络。

    属性按它是什么来分：要梯度的 Tensor 是参数；不要梯度的 Tensor 是缓冲（不训练，但属于网络，
    如批归一化的滑动平均）；Module 是子模块；Generator 是随机数发生器。前两样和发生器取到第几个
    数，都在 :meth:`state_dict` 里。

    Attributes
    ----------
    training : bool
        正在训练还是在使用；由 :meth:`train` 和 :meth:`eval` 改。Dropout 和 BatchNorm 看它。
    """

    training = True

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def __call__(self, x: Any) -> Tensor:
        """x 可以是 Tensor，也可以是数组或列表（换成参数的浮点类型；编号不换）。"""
        if type(x) is not Tensor:
            x = Tensor(asarray(x, None if self.reads_indices else self.dtype))
        return self.forward(x)

    @property
    def reads_indices(self) -> bool:
        """输入是不是整数的编号：看第一个子模块的。"""
        for _, child in self.children():
            return child.reads_indices
        return False

    @property
    def dtype(self) -> Any:
        """参数的浮点类型；没有参数时是当前后端的。"""
        for _, parameter in self.named_parameters():
            return parameter.data.dtype
        return get_backend().dtype

    def train(self, mode: bool = True) -> Self:
        """进入训练状态（``mode=False`` 时离开），子模块也一样；返回自己。"""
        if not isinstance(mode, bool):
            raise TypeError(f"mode 要是 True 或 False，得到 {describe(mode)}")
        self.training = mode
        for _, child in self.children():
            child.train(mode)
        return self

    def eval(self) -> Self:
        """离开训练状态：Dropout 什么也不丢，BatchNorm 用滑动平均；返回自己。"""
        return self.train(False)

    def children(self) -> Iterator[tuple[str, Module]]:
        """直接的子模块和它们的名字。"""
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield name, value

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """自己（名字是空的）和里面的每一个模块，名字如 ``"4.body.0"``。"""
        yield "", self
        for name, child in self.children():
            for inner, module in child.named_modules():
                yield f"{name}.{inner}" if inner else name, module

    def _named(self, kind: type) -> Iterator[tuple[str, Any]]:
        """所有这种类型的属性和它们的名字，如 ``("0.weight", …)``，从输入一侧开始。"""
        for name, value in vars(self).items():
            if isinstance(value, kind):
                yield name, value
        for name, child in self.children():
            for inner, value in child._named(kind):
                yield f"{name}.{inner}", value

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """所有参数和它们的名字，如 ``("0.weight", …)``，从输入一侧开始。"""
        return ((name, value) for name, value in self._named(Tensor) if value.requires_grad)

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """所有缓冲和它们的名字，如 ``("1.running_mean", …)``。"""
        return ((name, value) for name, value in self._named(Tensor) if not value.requires_grad)

    def parameters(self) -> list[Tensor]:
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        for parameter in self.parameters():
            parameter.grad = None

    def state_dict(self) -> dict[str, np.ndarray]:
        """所有参数和缓冲的副本（NumPy 数组）；发生器是三个整数：种子、流、取到第几个。"""
        state = {name: to_numpy(value.data).copy() for name, value in self._named(Tensor)}
        for name, source in self._named(Generator):
            state[name] = np.array([source.seed, source.stream, source.counter], np.int64)
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """把参数、缓冲和发生器改成 state 里的值。

        Raises
        ------
        ValueError
            名字或形状对不上；这时什么也没有改。
        """
        tensors, generators = dict(self._named(Tensor)), dict(self._named(Generator))
        shapes = {name: value.shape for name, value in tensors.items()}
        shapes |= dict.fromkeys(generators, (3,))
        if shapes.keys() != state.keys():
            missing = "、".join(shapes.keys() - state.keys()) or "无"
            extra = "、".join(state.keys() - shapes.keys()) or "无"
            raise ValueError(f"state 和网络对不上：缺 {missing}；多 {extra}")
        for name, shape in shapes.items():
            if tuple(state[name].shape) != shape:
                raise ValueError(
                    f"state['{name}'] 的形状要是 {shape}，得到 {tuple(state[name].shape)}"
                )
        for name, tensor in tensors.items():
            tensor.data[...] = asarray(state[name], tensor.data.dtype)
        for name, source in generators.items():
            source.seed, source.stream, source.counter = map(int, state[name])


class Sequential(Module):
    """一层接一层。"""

    def __init__(self, *layers: Module) -> None:
        for position, layer in enumerate(layers):
            if not isinstance(layer, Module):
                raise TypeError(f"第 {position} 层要是 Module，得到 {describe(layer)}")
        self.layers = list(layers)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def children(self) -> Iterator[tuple[str, Module]]:
        for position, layer in enumerate(self.layers):
            yield str(position), layer

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, position: int) -> Module:
        return self.layers[position]

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers)

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self.layers))})"
