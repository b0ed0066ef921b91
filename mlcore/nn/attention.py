"""注意力：由内容决定此刻该看哪里、看多少（Vaswani 等 2017）。

PyTorch 里遮罩有两种相反的约定，这里都照办：:func:`scaled_dot_product_attention` 的 True 是
**可以看**，:class:`MultiheadAttention` 的 True 是**不许看**。
"""

from __future__ import annotations

import math
from typing import Any

from mlcore.autograd import Tensor, apply
from mlcore.backend import Array, array_namespace, asarray, describe
from mlcore.checks import whole_number
from mlcore.nn.initializers import xavier_uniform
from mlcore.nn.linear import Linear
from mlcore.nn.masks import causal_mask, check_mask, plain
from mlcore.nn.module import Module
from mlcore.random import Generator


def scaled_dot_product_attention(
    query: Tensor, key: Tensor, value: Tensor, attn_mask: Any = None, is_causal: bool = False
) -> Tensor:
    """``softmax(Q Kᵀ / √E) V``：每个提问按相似的程度，取值的加权平均。

    Parameters
    ----------
    query : Tensor (…, L, E)
    key : Tensor (…, S, E)
    value : Tensor (…, S, F)
    attn_mask : 布尔 (…, L, S)，可选
        True 是可以看。什么都不能看的提问，得到 0。
    is_causal : bool
        第 t 个提问只看前 t 个键（连同自己）。

    Returns
    -------
    Tensor (…, L, F)
    """
    if attn_mask is not None and is_causal:
        raise ValueError("attn_mask 和 is_causal 只要给一个")
    forbidden = None
    if is_causal:
        forbidden = _causal(query, key)
    elif attn_mask is not None:
        allowed = plain(attn_mask)
        if not array_namespace(allowed).isdtype(allowed.dtype, "bool"):
            raise TypeError(f"attn_mask 要是布尔数组，得到 {describe(allowed)}")
        forbidden = ~allowed
    return attention_weights(query, key, forbidden) @ value


def attention_weights(query: Tensor, key: Tensor, forbidden: Array | None = None) -> Tensor:
    """``softmax(Q Kᵀ / √E)``，(…, L, S)：每一行是一个提问看各处的份额，加起来是 1。

    forbidden 里的 True 不许看；整行都不许看时，份额全是 0。
    """
    if query.ndim < 2 or query.ndim != key.ndim or query.shape[-1] != key.shape[-1]:
        raise ValueError(
            f"query 要是 (…, L, E)，key 要是 (…, S, E)，得到 {query.shape} 和 {key.shape}"
        )
    if query.shape[:-2] != key.shape[:-2]:
        raise ValueError(f"query 和 key 前面的轴要一样，得到 {query.shape} 和 {key.shape}")
    bias = () if forbidden is None else (_minus_infinity(forbidden, query),)
    return apply("attention_weights", query, key, *bias, scale=1 / math.sqrt(query.shape[-1]))


def _causal(query: Tensor, key: Tensor) -> Array:
    if query.shape[-2] != key.shape[-2]:
        raise ValueError(
            f"is_causal 要提问和键一样多，得到 {query.shape[-2]} 个和 {key.shape[-2]} 个"
        )
    return causal_mask(query.shape[-2])


def _minus_infinity(forbidden: Array, like: Tensor) -> Tensor:
    """不许看的地方是 −∞，别处是 0。"""
    xp = array_namespace(forbidden)
    options = {"dtype": like.dtype, "device": forbidden.device}
    return Tensor(
        xp.where(forbidden, xp.asarray(-math.inf, **options), xp.asarray(0.0, **options))
    )


class MultiheadAttention(Module):
    """多头注意力：几个头各看各的，再拼起来过一个线性层。

    自注意力是 ``layer(x, x, x)``，交叉注意力是 ``layer(x, memory, memory)``。

    Parameters
    ----------
    embed_dim : int
        输入和输出的宽度，E。
    num_heads : int
        头的个数，要整除 E；每个头分到 E / num_heads 个数。
    bias : bool
    batch_first : bool
        True 时形状是 (N, L, E)，否则是 (L, N, E)。
    generator : Generator
        初值从这里取（Glorot 与 Bengio 2010）；偏置从 0 开始。

    Attributes
    ----------
    in_proj_weight : Tensor (3E, E)
        依次是提问、键、值的权重；in_proj_bias (3E,) 也是。
    out_proj : Linear
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        *,
        generator: Generator,
        bias: bool = True,
        batch_first: bool = False,
    ) -> None:
        self.embed_dim = whole_number("embed_dim", embed_dim, 1)
        self.num_heads = whole_number("num_heads", num_heads, 1)
        if self.embed_dim % self.num_heads:
            raise ValueError(f"num_heads 要整除 embed_dim，得到 {num_heads} 和 {embed_dim}")
        if not isinstance(generator, Generator):
            raise TypeError(f"generator 要是 mlcore.random.Generator，得到 {describe(generator)}")
        self.batch_first = batch_first
        weight = xavier_uniform(generator, (3 * self.embed_dim, self.embed_dim))
        self.in_proj_weight = Tensor(weight, requires_grad=True)
        xp = array_namespace(weight)
        zeros = xp.zeros(3 * self.embed_dim, dtype=weight.dtype, device=weight.device)
        self.in_proj_bias = Tensor(zeros, requires_grad=True) if bias else None
        self.out_proj = Linear(self.embed_dim, self.embed_dim, generator=generator, bias=bias)

    def __call__(  # type: ignore[override]
        self, query: Any, key: Any, value: Any, **masks: Any
    ) -> tuple[Tensor, Tensor]:
        tensors: list[Tensor] = []
        for x in (query, key, value):
            if not isinstance(x, Tensor):
                # The same array three times is self-attention, and one projection.
                same = [t for old, t in zip((query, key), tensors, strict=False) if old is x]
                x = same[0] if same else Tensor(asarray(x, self.dtype))
            tensors.append(x)
        return self.forward(*tensors, **masks)

    def forward(  # type: ignore[override]
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        *,
        key_padding_mask: Any = None,
        attn_mask: Any = None,
        is_causal: bool = False,
        average_attn_weights: bool = True,
    ) -> tuple[Tensor, Tensor]:
        """看一遍。

        Parameters
        ----------
        query : Tensor (L, N, E)
        key, value : Tensor (S, N, E)
        key_padding_mask : 布尔 (N, S)，可选
            True 的键是补的，谁也不看它。
        attn_mask : 布尔 (L, S)，可选
            True 的地方不许看。
        is_causal : bool
            第 t 个提问不看 t 以后的键；不用再给 attn_mask。
        average_attn_weights : bool
            权重对各个头平均，还是一个头一张。

        Returns
        -------
        output : Tensor (L, N, E)
        weights : Tensor (N, L, S) 或 (N, num_heads, L, S)
            每个提问看各处的份额。

        Raises
        ------
        ValueError, TypeError
            形状或遮罩不对。
        """
        self._check(query, key, value)
        parts = self._project(query, key, value)
        if self.batch_first:
            # (N, L, heads, size) → (N, heads, L, size)
            q, k, v = (part.permute(0, 2, 1, 3) for part in parts)
        else:
            q, k, v = (part.permute(1, 2, 0, 3) for part in parts)
        forbidden = self._forbidden(q, k, key_padding_mask, attn_mask, is_causal)
        weights = attention_weights(q, k, forbidden)
        seen = weights @ v
        seen = seen.permute(0, 2, 1, 3) if self.batch_first else seen.permute(2, 0, 1, 3)
        output = self.out_proj.forward(seen.reshape(query.shape))
        return output, weights.mean(axis=1) if average_attn_weights else weights

    def _project(self, *inputs: Tensor) -> list[Tensor]:
        """提问、键、值各过自己的线性层，切成 (…, num_heads, E / num_heads)。"""
        size = self.embed_dim
        query, key, value = inputs
        if query is key and key is value:
            bias = () if self.in_proj_bias is None else (self.in_proj_bias,)
            joined = apply("linear", query, self.in_proj_weight, *bias)
            parts = [joined[..., k * size : (k + 1) * size] for k in range(3)]
        else:
            parts = []
            for k, x in enumerate(inputs):
                rows = slice(k * size, (k + 1) * size)
                bias = () if self.in_proj_bias is None else (self.in_proj_bias[rows],)
                parts.append(apply("linear", x, self.in_proj_weight[rows], *bias))
        heads = (self.num_heads, size // self.num_heads)
        return [part.reshape(*part.shape[:2], *heads) for part in parts]

    def _forbidden(
        self, q: Tensor, k: Tensor, padding: Any, attn_mask: Any, is_causal: bool
    ) -> Array | None:
        """几个遮罩合成一个，True 不许看；能广播到 (N, heads, L, S)。"""
        found = []
        if padding is not None:
            shape = (k.shape[0], k.shape[2])
            found.append(check_mask("key_padding_mask", padding, shape)[:, None, None, :])
        if attn_mask is not None:
            found.append(check_mask("attn_mask", attn_mask, (q.shape[2], k.shape[2])))
        if is_causal:
            found.append(_causal(q, k))
        forbidden = None
        for mask in found:
            forbidden = mask if forbidden is None else forbidden | mask
        return forbidden

    def _check(self, query: Tensor, key: Tensor, value: Tensor) -> None:
        layout = "(N, L, E)" if self.batch_first else "(L, N, E)"
        for name, x in (("query", query), ("key", key), ("value", value)):
            if x.ndim != 3 or x.shape[2] != self.embed_dim:
                wanted = f"{layout}，其中 E = {self.embed_dim}"
                raise ValueError(f"{name} 的形状要是 {wanted}，得到 {describe(x.data)}")
        count = 0 if self.batch_first else 1
        if key.shape != value.shape or query.shape[count] != key.shape[count]:
            raise ValueError(
                "key 和 value 要一样大，和 query 的样本数 N 也要一样，"
                f"得到 {query.shape}、{key.shape} 和 {value.shape}"
            )

    def __repr__(self) -> str:
        return f"MultiheadAttention({self.embed_dim}, {self.num_heads})"
