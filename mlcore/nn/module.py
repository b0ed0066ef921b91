"""模块：有名字的参数，和把几层接起来的办法。"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from mlcore.autograd import Tensor
from mlcore.backend import asarray, describe, get_backend, to_numpy


class Module:
    """一层，或几层拼成的网络。参数是要梯度的 Tensor 属性，子模块是 Module 属性。"""

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

    def children(self) -> Iterator[tuple[str, Module]]:
        """直接的子模块和它们的名字。"""
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield name, value

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """所有参数和它们的名字，如 ``("0.weight", …)``，从输入一侧开始。"""
        for name, value in vars(self).items():
            if isinstance(value, Tensor) and value.requires_grad:
                yield name, value
        for name, child in self.children():
            for inner, parameter in child.named_parameters():
                yield f"{name}.{inner}", parameter

    def parameters(self) -> list[Tensor]:
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        for parameter in self.parameters():
            parameter.grad = None

    def state_dict(self) -> dict[str, np.ndarray]:
        """所有参数的副本（NumPy 数组）。"""
        return {name: to_numpy(p.data).copy() for name, p in self.named_parameters()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """把参数改成 state 里的值。

        Raises
        ------
        ValueError
            名字或形状对不上；这时一个参数也没有改。
        """
        parameters = dict(self.named_parameters())
        if parameters.keys() != state.keys():
            missing = "、".join(parameters.keys() - state.keys()) or "无"
            extra = "、".join(state.keys() - parameters.keys()) or "无"
            raise ValueError(f"state 和网络对不上：缺 {missing}；多 {extra}")
        for name, parameter in parameters.items():
            if tuple(state[name].shape) != parameter.shape:
                raise ValueError(
                    f"state['{name}'] 的形状要是 {parameter.shape}，得到 {tuple(state[name].shape)}"
                )
        for name, parameter in parameters.items():
            parameter.data[...] = asarray(state[name], parameter.data.dtype)


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
