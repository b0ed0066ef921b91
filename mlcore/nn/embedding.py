"""词向量表：编号变成向量。"""

from __future__ import annotations

from mlcore.autograd import Tensor, apply
from mlcore.backend import array_namespace, describe
from mlcore.checks import whole_number
from mlcore.nn.module import Module
from mlcore.random import Generator


class Embedding(Module):
    """词向量表：第 i 个词的向量是 weight 的第 i 行。

    和「独热向量乘以矩阵」是同一个函数，只是不去乘那许多 0。

    Parameters
    ----------
    num_embeddings : int
        词表有多大，V。
    embedding_dim : int
        向量有多长，d。
    padding_idx : int，可选
        补位用的编号：它的向量从 0 开始，不参加训练。
    generator : Generator
        初值从这里取，标准正态分布。

    Attributes
    ----------
    weight : Tensor (V, d)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        generator: Generator,
    ) -> None:
        self.num_embeddings = whole_number("num_embeddings", num_embeddings, 1)
        self.embedding_dim = whole_number("embedding_dim", embedding_dim, 1)
        if not isinstance(generator, Generator):
            raise TypeError(f"generator 要是 mlcore.random.Generator，得到 {describe(generator)}")
        weight = generator.normal((self.num_embeddings, self.embedding_dim))
        self.padding_idx = padding_idx
        if padding_idx is not None:
            self.padding_idx = whole_number("padding_idx", padding_idx, 0, num_embeddings - 1)
            weight[self.padding_idx] = 0
        self.weight = Tensor(weight, requires_grad=True)

    @property
    def reads_indices(self) -> bool:
        return True

    def forward(self, x: Tensor) -> Tensor:
        """(…) 的编号 → (…, d) 的向量。

        Raises
        ------
        TypeError
            编号不是整数。
        ValueError
            编号不在 0 到 V − 1 之间。
        """
        xp = array_namespace(x.data)
        if not xp.isdtype(x.dtype, "integral"):
            raise TypeError(f"词的编号要是整数，得到 {describe(x.data)}")
        if 0 not in x.shape:
            low, high = int(xp.min(x.data)), int(xp.max(x.data))
            if low < 0 or high >= self.num_embeddings:
                raise ValueError(
                    f"词的编号要在 0 到 {self.num_embeddings - 1} 之间，得到 {low} 到 {high}"
                )
        return apply("embedding", self.weight, x, padding_idx=self.padding_idx)

    def __repr__(self) -> str:
        return f"Embedding({self.num_embeddings}, {self.embedding_dim})"
