"""各种优化器共有的部分：参数的长数组、清梯度、存取状态。

参数、梯度和优化器自己的状态各排成一条长数组，一步只做几次整条的运算；参数原来的数组变成长数组
里的一段（视图）。
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from mlcore.autograd import Tensor
from mlcore.backend import Array, array_namespace, asarray, describe, to_numpy
from mlcore.checks import real_number

# Long arenas are worked through in pieces that stay in the cache.
BLOCK = 65536


def fraction(name: str, value: float) -> float:
    """检查一个数在 [0, 1) 里：每一步留下多少。"""
    number = real_number(name, value, 0.0, 1.0)
    if number == 1.0:
        raise ValueError(f"{name} 要小于 1，得到 1")
    return number


class Optimizer:
    """各种优化器共有的：参数的长数组、权重衰减、清梯度、存取状态。

    Parameters
    ----------
    params : Tensor 的序列
    learning_rate : float
    weight_decay : float
        L2 正则的系数 λ：损失加上 λ/2 · ‖w‖²，也就是梯度加上 λ·w。
    l1_decay : float
        L1 正则的系数 λ：损失加上 λ · ‖w‖₁，也就是梯度加上 λ·sign(w)；它让权重停在 0 附近。

    Notes
    -----
    所有的旋钮（``knob_names``）每一步都重新读，可以随时改。
    """

    state_names: tuple[str, ...] = ()
    knob_names: tuple[str, ...] = ("learning_rate", "weight_decay", "l1_decay")

    def __init__(
        self,
        params: Iterable[Tensor],
        learning_rate: float,
        weight_decay: float = 0.0,
        l1_decay: float = 0.0,
    ) -> None:
        self.params = list(params)
        if not self.params:
            raise ValueError("params 是空的：没有要调的参数")
        for position, parameter in enumerate(self.params):
            if type(parameter) is not Tensor or not parameter.requires_grad:
                raise TypeError(f"params[{position}] 要是 requires_grad=True 的 Tensor")
        if len({id(parameter) for parameter in self.params}) < len(self.params):
            raise ValueError("params 里同一个参数出现了两次")
        if len({str(parameter.data.dtype) for parameter in self.params}) > 1:
            raise TypeError("params 的浮点类型要一样")
        self.learning_rate = real_number("learning_rate", learning_rate, 0.0)
        self.weight_decay = real_number("weight_decay", weight_decay, 0.0)
        self.l1_decay = real_number("l1_decay", l1_decay, 0.0)
        self.steps = 0

        xp = array_namespace(*[parameter.data for parameter in self.params])
        self._flat = xp.concat([xp.reshape(p.data, (-1,)) for p in self.params])
        self._grad = xp.zeros_like(self._flat)
        self._slots = []
        start = 0
        for parameter in self.params:
            stop = start + math.prod(parameter.shape)
            view = xp.reshape(self._flat[start:stop], parameter.shape)
            parameter.data = view
            grad_view = xp.reshape(self._grad[start:stop], parameter.shape)
            self._slots.append((parameter, view, grad_view))
            start = stop
        self._state = {name: xp.zeros_like(self._flat) for name in self.state_names}
        arenas = (self._flat, self._grad, *self._state.values())
        self._blocks = [
            tuple(arena[low : low + BLOCK] for arena in arenas) for low in range(0, start, BLOCK)
        ]

    def step(self) -> None:
        """按各参数的梯度走一步；没有梯度的参数，梯度当作 0。

        Raises
        ------
        ValueError
            没有一个参数有梯度：忘了 backward()。
        """
        missing = 0
        for parameter, view, grad_view in self._slots:
            if parameter.data is not view:
                # Somebody gave the parameter a new array: bring its values home.
                view[...] = parameter.data
                parameter.data = view
            if parameter.grad is None:
                grad_view[...] = 0
                missing += 1
            else:
                grad_view[...] = parameter.grad
        if missing == len(self._slots):
            raise ValueError("没有一个参数有梯度：先对损失调用 backward()")
        self.steps += 1
        for param, grad, *state in self._blocks:
            if self.weight_decay or self.l1_decay:
                self._decay(param, grad)
            self._update(param, grad, *state)

    def _decay(self, param: Array, grad: Array) -> None:
        """正则项的梯度，加到损失的梯度上。"""
        if self.weight_decay:
            grad += self.weight_decay * param
        if self.l1_decay:
            grad += self.l1_decay * array_namespace(param).sign(param)

    def _update(self, param: Array, grad: Array, *state: Array) -> None:
        """一段长数组走一步；param 和 state 原地改，grad 可以当草稿用。"""
        raise NotImplementedError

    def zero_grad(self) -> None:
        """忘掉所有参数的梯度。"""
        for parameter in self.params:
            parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        """步数、旋钮和状态的副本（NumPy 数组）。"""
        knobs = {name: getattr(self, name) for name in self.knob_names}
        arrays = {name: to_numpy(array).copy() for name, array in self._state.items()}
        return {"kind": type(self).__name__, "steps": self.steps, **knobs, **arrays}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """恢复 :meth:`state_dict` 存下的一切。"""
        wanted = {"kind", "steps", *self.knob_names, *self.state_names}
        if state.keys() != wanted or state["kind"] != type(self).__name__:
            raise ValueError(
                f"state 不是 {type(self).__name__} 的：要 {sorted(wanted)}，得到 {describe(state)}"
            )
        for name in self.state_names:
            if tuple(state[name].shape) != tuple(self._flat.shape):
                raise ValueError(
                    f"state['{name}'] 要有 {self._flat.shape[0]} 个数，得到{describe(state[name])}"
                )
        self.steps = int(state["steps"])
        for name in self.knob_names:
            value = state[name]
            setattr(self, name, tuple(value) if isinstance(value, list) else value)
        for name in self.state_names:
            self._state[name][...] = asarray(state[name], self._flat.dtype)
