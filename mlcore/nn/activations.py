"""激活函数：作为一层，也作为普通数组上的函数。带着自己的参数的在
:mod:`mlcore.nn.learned_activations`。
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlcore.autograd import Tensor, apply
from mlcore.backend import Array, array_namespace
from mlcore.checks import choice, real_number, whole_number
from mlcore.nn.module import Module
from mlcore.operations import OPS


class Activation(Module):
    """一个函数，没有要学的参数：名字叫 ``operation`` 的运算，属性是 ``attrs``。"""

    operation = ""
    attrs: dict[str, Any] = {}

    def forward(self, x: Tensor) -> Tensor:
        return apply(self.operation, x, **self.attrs)

    def on_array(self, x: Array) -> Array:
        """作用在普通数组上；和训练时用的是同一份代码。"""
        return OPS[self.operation].forward(array_namespace(x), x, **self.attrs)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Identity(Activation):
    """什么也不做：没有激活函数的层。"""

    def forward(self, x: Tensor) -> Tensor:
        return x

    def on_array(self, x: Array) -> Array:
        return x


class Tanh(Activation):
    """双曲正切，值在 −1 与 1 之间。"""

    operation = "tanh"


class Sigmoid(Activation):
    """1 / (1 + e⁻ˣ)，值在 0 与 1 之间。"""

    operation = "sigmoid"


class ReLU(Activation):
    """max(x, 0)。"""

    operation = "relu"


class LeakyReLU(Activation):
    """x 为负时只留一个小斜率。"""

    operation = "leaky_relu"

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = real_number("negative_slope", negative_slope, 0.0, 1.0)
        self.attrs = {"slope": self.negative_slope}


class Softplus(Activation):
    """ln(1 + eˣ)：圆角的 ReLU。"""

    operation = "softplus"


class Sine(Activation):
    """sin x（Sitzmann 等 2020）。"""

    operation = "sin"


class Step(Activation):
    """x ≥ 0 时是 1，否则是 0（McCulloch 与 Pitts 1943）。处处没有斜率，梯度是 0。"""

    operation = "step"


class Arctan(Activation):
    """反正切，值在 −π/2 与 π/2 之间。"""

    operation = "arctan"


class Softsign(Activation):
    """x / (1 + |x|)，值在 −1 与 1 之间，比 tanh 平得慢（Bergstra 等 2009）。"""

    operation = "softsign"


class Hardtanh(Activation):
    """直线，两头截平在 min_val 和 max_val。"""

    operation = "hardtanh"

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        low, high = real_number("min_val", min_val), real_number("max_val", max_val)
        if low >= high:
            raise ValueError(f"min_val 要小于 max_val，得到 {low:g} 和 {high:g}")
        self.attrs = {"low": low, "high": high}


class Hardsigmoid(Activation):
    """x / 6 + 1/2，两头截平在 0 和 1。"""

    operation = "hardsigmoid"


class ELU(Activation):
    """x 为负时是 alpha (eˣ − 1)，弯向 −alpha（Clevert 等 2016）。"""

    operation = "elu"

    def __init__(self, alpha: float = 1.0) -> None:
        self.attrs = {"alpha": real_number("alpha", alpha, 0.0)}


class SELU(Activation):
    """两个常数配好的 ELU：平均 0、方差 1 的输入，出来还差不多是（Klambauer 等 2017）。"""

    operation = "selu"


class GELU(Activation):
    """x Φ(x)，Φ 是标准正态的累积函数（Hendrycks 与 Gimpel 2016）。

    ``approximate="tanh"`` 时用论文里那个不要 erf 的近似。
    """

    operation = "gelu"

    def __init__(self, approximate: str = "none") -> None:
        self.attrs = {"approximate": choice("approximate", approximate, ("none", "tanh"))}


class SiLU(Activation):
    """x sigmoid(x)，又名 swish（Elfwing 等 2018）。"""

    operation = "silu"


class Mish(Activation):
    """x tanh(softplus(x))（Misra 2019）。"""

    operation = "mish"


class BentIdentity(Activation):
    """(√(x² + 1) − 1) / 2 + x：处处有斜率，左边 1/2，右边 3/2。"""

    operation = "bent_identity"


class SoftExponential(Activation):
    """alpha 为 0 是直线，为正是 (e^(αx) − 1) / α + α，为负是 −ln(1 − α(x + α)) / α
    （Godfrey 与 Gashler 2015）。

    alpha 为负时，x 要大于 1/α − α，再往左没有定义，得到 NaN。
    """

    operation = "soft_exponential"

    def __init__(self, alpha: float = 0.0) -> None:
        self.attrs = {"alpha": real_number("alpha", alpha)}


class Sinc(Activation):
    """sin x / x，在 0 处是 1。"""

    operation = "sinc"


class Gaussian(Activation):
    """exp(−x²)：只对 0 附近的输入有反应。"""

    operation = "gaussian"


class Softmax(Activation):
    """沿着 dim 这个轴变成概率：都为正，加起来是 1。训练分类器用 cross_entropy，不用它。"""

    operation = "softmax"

    def __init__(self, dim: int = -1) -> None:
        self.attrs = {"axis": whole_number("dim", dim, -32, 32)}


class LogSoftmax(Softmax):
    """softmax 的对数，很小的概率也不丢有效数字。"""

    operation = "log_softmax"


ACTIVATION_LAYERS: dict[str, type[Activation]] = {
    "tanh": Tanh,
    "relu": ReLU,
    "sigmoid": Sigmoid,
    "leaky_relu": LeakyReLU,
    "softplus": Softplus,
    "sine": Sine,
    "identity": Identity,
    "step": Step,
    "arctan": Arctan,
    "softsign": Softsign,
    "hardtanh": Hardtanh,
    "hardsigmoid": Hardsigmoid,
    "elu": ELU,
    "selu": SELU,
    "gelu": GELU,
    "silu": SiLU,
    "mish": Mish,
    "bent_identity": BentIdentity,
    "soft_exponential": SoftExponential,
    "sinc": Sinc,
    "gaussian": Gaussian,
}
"""一个元素一个元素地作用的，参数取默认值就能用的那些。"""

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    name: layer().on_array for name, layer in ACTIVATION_LAYERS.items()
}
"""同样的激活函数，作用在普通数组上；和训练时用的是同一份代码。"""
