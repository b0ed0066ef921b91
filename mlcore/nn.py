"""神经网络的零件：层、激活函数、损失，名字跟 PyTorch 一样。

点是行：x 的形状是 (样本数, 特征数)，线性层算 ``x @ weight.T + bias``。
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from mlcore.autograd import Tensor, apply
from mlcore.backend import Array, array_namespace, asarray, describe, get_backend, to_numpy
from mlcore.checks import choice, real_number, whole_number
from mlcore.losses import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from mlcore.losses import cross_entropy as cross_entropy
from mlcore.losses import mse_loss as mse_loss
from mlcore.operations import OPS
from mlcore.random import Generator

# ---- 模块 ----


class Module:
    """一层，或几层拼成的网络。参数是要梯度的 Tensor 属性，子模块是 Module 属性。"""

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def __call__(self, x: Any) -> Tensor:
        """x 可以是 Tensor，也可以是数组或列表（换成参数的浮点类型）。"""
        return self.forward(x if type(x) is Tensor else Tensor(asarray(x, self.dtype)))

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


# ---- 线性层和它的初值 ----

INITIALIZERS: dict[str, Callable[[Generator, int, int], Array]] = {
    # Glorot & Bengio 2010
    "xavier_uniform": lambda generator, n_out, n_in: _uniform(
        generator, n_out, n_in, math.sqrt(6 / (n_in + n_out))
    ),
    "xavier_normal": lambda generator, n_out, n_in: generator.normal(
        (n_out, n_in), std=math.sqrt(2 / (n_in + n_out))
    ),
    # He et al. 2015
    "kaiming_uniform": lambda generator, n_out, n_in: _uniform(
        generator, n_out, n_in, math.sqrt(6 / n_in)
    ),
    "kaiming_normal": lambda generator, n_out, n_in: generator.normal(
        (n_out, n_in), std=math.sqrt(2 / n_in)
    ),
    # LeCun et al. 1998
    "lecun_normal": lambda generator, n_out, n_in: generator.normal(
        (n_out, n_in), std=math.sqrt(1 / n_in)
    ),
}


def _uniform(generator: Generator, n_out: int, n_in: int, bound: float) -> Array:
    return generator.uniform((n_out, n_in), -bound, bound)


class Linear(Module):
    """线性层 ``x @ weight.T + bias``。

    Parameters
    ----------
    in_features, out_features : int
    generator : Generator
        初值从这里取。
    init : str
        :data:`INITIALIZERS` 里的一个名字；偏置从 0 开始。
    bias : bool
        要不要偏置。

    Attributes
    ----------
    weight : Tensor (out_features, in_features)
    bias : Tensor (out_features,) 或 None
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        generator: Generator,
        init: str = "xavier_uniform",
        bias: bool = True,
    ) -> None:
        self.in_features = whole_number("in_features", in_features, 1)
        self.out_features = whole_number("out_features", out_features, 1)
        if not isinstance(generator, Generator):
            raise TypeError(f"generator 要是 mlcore.random.Generator，得到 {describe(generator)}")
        make = INITIALIZERS[choice("init", init, INITIALIZERS)]
        weight = make(generator, out_features, in_features)
        self.weight = Tensor(weight, requires_grad=True)
        xp = array_namespace(weight)
        zeros = xp.zeros(out_features, dtype=weight.dtype, device=weight.device)
        self.bias = Tensor(zeros, requires_grad=True) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        if self.bias is None:
            return apply("linear", x, self.weight)
        return apply("linear", x, self.weight, self.bias)

    def __repr__(self) -> str:
        return f"Linear({self.in_features}, {self.out_features})"


# ---- 激活函数 ----


class Activation(Module):
    """一个元素一个元素地作用的函数。"""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Identity(Activation):
    """什么也不做：没有激活函数的层。"""

    def forward(self, x: Tensor) -> Tensor:
        return x


class Tanh(Activation):
    """双曲正切，值在 −1 与 1 之间。"""

    def forward(self, x: Tensor) -> Tensor:
        return apply("tanh", x)


class Sigmoid(Activation):
    """1 / (1 + e⁻ˣ)，值在 0 与 1 之间。"""

    def forward(self, x: Tensor) -> Tensor:
        return apply("sigmoid", x)


class ReLU(Activation):
    """max(x, 0)。"""

    def forward(self, x: Tensor) -> Tensor:
        return apply("relu", x)


class LeakyReLU(Activation):
    """x 为负时只留一个小斜率。"""

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = real_number("negative_slope", negative_slope, 0.0, 1.0)

    def forward(self, x: Tensor) -> Tensor:
        return apply("leaky_relu", x, slope=self.negative_slope)


class Softplus(Activation):
    """ln(1 + eˣ)：圆角的 ReLU。"""

    def forward(self, x: Tensor) -> Tensor:
        return apply("softplus", x)


class Sine(Activation):
    """sin x（Sitzmann 等 2020）。"""

    def forward(self, x: Tensor) -> Tensor:
        return apply("sin", x)


ACTIVATION_LAYERS: dict[str, type[Module]] = {
    "tanh": Tanh,
    "relu": ReLU,
    "sigmoid": Sigmoid,
    "leaky_relu": LeakyReLU,
    "softplus": Softplus,
    "sine": Sine,
    "identity": Identity,
}

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "tanh": lambda x: _plain("tanh", x),
    "relu": lambda x: _plain("relu", x),
    "sigmoid": lambda x: _plain("sigmoid", x),
    "leaky_relu": lambda x: _plain("leaky_relu", x, slope=0.01),
    "softplus": lambda x: _plain("softplus", x),
    "sine": lambda x: _plain("sin", x),
    "identity": lambda x: x,
}
"""同样的激活函数，作用在普通数组上；和训练时用的是同一份代码。"""


def _plain(name: str, x: Array, **attrs: Any) -> Array:
    return OPS[name].forward(array_namespace(x), x, **attrs)


def mlp(
    sizes: Any,
    activation: str = "tanh",
    *,
    generator: Generator,
    init: str = "xavier_uniform",
) -> Sequential:
    """多层感知机：每两个线性层之间一个激活函数，最后一层没有。

    Parameters
    ----------
    sizes : int 的序列
        各层的宽度，从输入到输出，如 ``(2, 6, 2, 2)``。
    activation : str
        :data:`ACTIVATIONS` 里的一个名字。
    """
    sizes = [whole_number("sizes", size, 1) for size in sizes]
    if len(sizes) < 2:
        raise ValueError(f"sizes 至少要有输入和输出两个宽度，得到 {sizes}")
    bend = ACTIVATION_LAYERS[choice("activation", activation, ACTIVATION_LAYERS)]
    layers: list[Module] = []
    for n_in, n_out in pairwise(sizes):
        if layers:
            layers.append(bend())
        layers.append(Linear(n_in, n_out, generator=generator, init=init))
    return Sequential(*layers)
