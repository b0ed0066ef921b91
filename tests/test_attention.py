"""注意力：和 torch 的一样；份额加起来是 1，遮住的地方是 0。"""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcore import nn
from mlcore.autograd import Tensor
from mlcore.backend import asarray, set_backend, to_numpy
from mlcore.optim import Adam
from mlcore.random import Generator
from mlcore.replay import Replay


@pytest.fixture(params=["numpy", "torch"])
def backend(request):
    yield set_backend(request.param, device="cpu", dtype="float64")
    set_backend("numpy")


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def close(ours, theirs) -> None:
    np.testing.assert_allclose(to_numpy(ours), theirs, rtol=1e-6, atol=1e-12)


def tensors(*arrays: np.ndarray) -> tuple[list[Tensor], list[torch.Tensor]]:
    """同样的数组，两边各一份。"""
    ours = [Tensor(asarray(a), requires_grad=True) for a in arrays]
    return ours, [torch.tensor(a, requires_grad=True) for a in arrays]


@pytest.mark.parametrize("mask", ["none", "causal", "some"])
def test_attention_and_its_gradients_are_those_of_torch(backend, mask):
    ours, theirs = tensors(normal(0, 2, 3, 4, 5), normal(1, 2, 3, 4, 5), normal(2, 2, 3, 4, 6))
    allowed = np.random.default_rng(3).random((4, 4)) < 0.5
    allowed[:, 0] = True
    given_ours = {"none": {}, "causal": {"is_causal": True}, "some": {"attn_mask": allowed}}[mask]
    given_theirs = given_ours if mask != "some" else {"attn_mask": torch.tensor(allowed)}
    output = nn.scaled_dot_product_attention(*ours, **given_ours)
    expected = F.scaled_dot_product_attention(*theirs, **given_theirs)
    close(output.data, expected.detach())
    weight = normal(4, *output.shape)
    (output * asarray(weight)).sum().backward()
    (expected * torch.tensor(weight)).sum().backward()
    for one, other in zip(ours, theirs, strict=True):
        close(one.grad, other.grad)


def in_torch(layer: nn.MultiheadAttention) -> torch.nn.MultiheadAttention:
    peer = torch.nn.MultiheadAttention(
        layer.embed_dim, layer.num_heads, bias=layer.in_proj_bias is not None,
        batch_first=layer.batch_first, dtype=torch.float64,
    )  # fmt: skip
    assert list(layer.state_dict()) == list(peer.state_dict())
    peer.load_state_dict({k: torch.tensor(v) for k, v in layer.state_dict().items()})
    return peer


def compare(layer: nn.MultiheadAttention, kind: str, sizes: tuple[int, ...], **masks) -> None:
    """kind 是 self、memory（键和值是同一个）或 three（三个都不同）。"""
    for name in ("in_proj_bias", "out_proj.bias"):
        state = layer.state_dict()
        if name in state:
            state[name][...] = normal(9, *state[name].shape)
            layer.load_state_dict(state)
    peer = in_torch(layer)
    length, memory, count = sizes
    shapes = [(length, count), (memory, count), (memory, count)]
    if layer.batch_first:
        shapes = [shape[::-1] for shape in shapes]
    arrays = [normal(k, *shape, layer.embed_dim) for k, shape in enumerate(shapes)]
    ours, theirs = tensors(*arrays)
    picked = {"self": (0, 0, 0), "memory": (0, 1, 1), "three": (0, 1, 2)}[kind]
    average = masks.pop("average_attn_weights", True)
    output, weights = layer(*[ours[k] for k in picked], average_attn_weights=average, **masks)
    given_theirs = {k: torch.tensor(v) for k, v in masks.items() if k != "is_causal"}
    if masks.get("is_causal"):
        given_theirs["attn_mask"] = torch.tensor(to_numpy(nn.causal_mask(length)))
    expected, expected_weights = peer(
        *[theirs[k] for k in picked], average_attn_weights=average, **given_theirs
    )
    close(output.data, expected.detach())
    close(weights.data, expected_weights.detach())
    one, other = normal(5, *output.shape), normal(6, *weights.shape)
    loss = (output * asarray(one)).sum() + (weights * asarray(other)).sum()
    loss.backward()
    peer_loss = (expected * torch.tensor(one)).sum()
    (peer_loss + (expected_weights * torch.tensor(other)).sum()).backward()
    for k in set(picked):
        close(ours[k].grad, theirs[k].grad)
    for ours_, theirs_ in zip(layer.parameters(), peer.parameters(), strict=True):
        close(ours_.grad, theirs_.grad)


@pytest.mark.parametrize("kind", ["self", "memory", "three"])
def test_several_heads_are_those_of_torch(backend, kind):
    compare(nn.MultiheadAttention(6, 3, generator=Generator(1)), kind, (4, 5, 2))


@pytest.mark.parametrize("average_attn_weights", [True, False])
def test_masks_are_those_of_torch(backend, average_attn_weights):
    layer = nn.MultiheadAttention(6, 2, generator=Generator(2))
    padding = np.array([[False, False, False, True], [False, True, True, True]])
    compare(
        layer, "self", (4, 4, 2), key_padding_mask=padding, is_causal=True,
        average_attn_weights=average_attn_weights,
    )  # fmt: skip


@given(
    heads=st.integers(1, 3),
    size=st.integers(1, 3),
    sizes=st.tuples(*[st.integers(1, 4)] * 3),
    kind=st.sampled_from(["self", "memory", "three"]),
    bias=st.booleans(),
    batch_first=st.booleans(),
    masks=st.fixed_dictionaries({"attn_mask": st.booleans(), "key_padding_mask": st.booleans()}),
)
@settings(max_examples=30)
def test_every_shape_agrees_with_torch(heads, size, sizes, kind, bias, batch_first, masks):
    set_backend("numpy", dtype="float64")
    try:
        layer = nn.MultiheadAttention(
            heads * size, heads, bias=bias, batch_first=batch_first, generator=Generator(3)
        )
        length, memory, count = sizes
        memory = length if kind == "self" else memory
        made = {"attn_mask": (length, memory), "key_padding_mask": (count, memory)}
        chosen = {}
        for name, shape in made.items():
            if masks[name]:
                chosen[name] = np.random.default_rng(len(name)).random(shape) < 0.5
                chosen[name][:, 0] = False
        compare(layer, kind, (length, memory, count), **chosen)
    finally:
        set_backend("numpy")


def test_shares_add_up_to_one_and_are_zero_where_nothing_may_be_seen(backend):
    layer = nn.MultiheadAttention(4, 2, generator=Generator(4), batch_first=True)
    x = normal(0, 2, 5, 4)
    weights = layer(x, x, x, is_causal=True, average_attn_weights=False)[1].numpy()
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-12)
    assert not weights[..., to_numpy(nn.causal_mask(5))].any()


def test_a_query_that_may_look_nowhere_gets_zeros(backend):
    ours, _ = tensors(*[normal(k, 2, 3) for k in range(3)])
    allowed = np.array([[True, False], [False, False]])
    output = nn.scaled_dot_product_attention(*ours, attn_mask=allowed)
    np.testing.assert_array_equal(output.numpy()[1], 0)
    np.testing.assert_array_equal(output.numpy()[0], ours[2].numpy()[0])
    output.sum().backward()
    assert all(np.isfinite(to_numpy(one.grad)).all() for one in ours)


def test_the_past_does_not_know_the_future(backend):
    layer = nn.MultiheadAttention(4, 2, generator=Generator(5))
    x = normal(0, 5, 1, 4)
    changed = x.copy()
    changed[3:] += 1
    before, after = (layer(y, y, y, is_causal=True)[0].numpy() for y in (x, changed))
    np.testing.assert_allclose(before[:3], after[:3], rtol=1e-12)
    assert np.abs(before[3:] - after[3:]).max() > 1e-3


def test_without_positions_attention_does_not_see_the_order(backend):
    layer = nn.MultiheadAttention(4, 2, generator=Generator(6))
    x, order = normal(0, 5, 1, 4), [3, 0, 4, 1, 2]
    close(layer(x[order], x[order], x[order])[0].data, layer(x, x, x)[0].numpy()[order])


def test_arrays_and_tensors_give_the_same_and_one_projection_serves_all_three(backend):
    layer = nn.MultiheadAttention(4, 2, generator=Generator(7))
    x = asarray(normal(0, 3, 1, 4))
    y = Tensor(x)
    close(layer(x, x, x)[0].data, layer(y, y, y)[0].numpy())
    close(layer(x, x, x)[0].data, layer(x, x + 0, x + 0)[0].numpy())


class Looker(nn.Module):
    """词向量、只看过去的自注意力、线性层。"""

    def __init__(self) -> None:
        generator = Generator(9)
        self.embedding = nn.Embedding(5, 4, generator=generator)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True, generator=generator)
        self.output = nn.Linear(4, 5, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        x = self.embedding.forward(x)
        return self.output.forward(self.attention(x, x, x, is_causal=True)[0])


def test_a_recorded_step_does_what_the_step_does(backend):
    eager, replayed = Looker(), Looker()
    optimizer = Adam(eager.parameters(), learning_rate=0.05)
    replay = Replay(replayed, nn.cross_entropy, Adam(replayed.parameters(), learning_rate=0.05))
    for seed in range(4):
        x, y = asarray(np.random.default_rng(seed).integers(0, 5, (2, 3, 6)))
        loss = nn.cross_entropy(eager(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        assert replay.run(x, y) == pytest.approx(loss.item(), rel=1e-9)


def test_single_precision_stays_single():
    layer = nn.MultiheadAttention(4, 2, generator=Generator(8))
    x = normal(0, 3, 1, 4)
    output, weights = layer(x, x, x, is_causal=True)
    output.sum().backward()
    assert output.dtype == weights.dtype == np.float32
    assert all(p.grad.dtype == np.float32 for p in layer.parameters())


def test_lengths_become_masks():
    expected = [[True, True], [True, False], [True, False]]
    np.testing.assert_array_equal(nn.mask_from_lengths([3, 1], 3), expected)
    np.testing.assert_array_equal(nn.mask_from_lengths([3, 1], 3, True), np.transpose(expected))


def heads(**options) -> nn.MultiheadAttention:
    return nn.MultiheadAttention(4, 2, generator=Generator(0), **options)


def t(*shape: int) -> Tensor:
    return Tensor(np.zeros(shape, np.float32))


X = t(5, 2, 4)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: nn.MultiheadAttention(4, 3, generator=Generator(0)), ValueError, "整除"),
        (lambda: nn.MultiheadAttention(4, 2, generator=0), TypeError, "generator.*int 0"),
        (lambda: heads()(t(5, 4), X, X), ValueError, r"query.*\(L, N, E\).*\(5, 4\)"),
        (lambda: heads(batch_first=True)(X, t(5, 2, 3), X), ValueError, r"key.*\(N, L, E\)"),
        (lambda: heads()(X, X, t(4, 2, 4)), ValueError, r"一样大.*\(4, 2, 4\)"),
        (lambda: heads()(t(5, 3, 4), X, X), ValueError, r"样本数.*\(5, 3, 4\)"),
        (lambda: heads()(X, X, X, attn_mask=np.ones((5, 4), bool)), ValueError,
         r"attn_mask.*\(5, 5\).*\(5, 4\)"),
        (lambda: heads()(X, X, X, attn_mask=np.ones((5, 5))), TypeError, "attn_mask.*布尔"),
        (lambda: heads()(X, X, X, key_padding_mask=np.ones((5, 2), bool)), ValueError,
         r"key_padding_mask.*\(2, 5\)"),
        (lambda: heads()(t(4, 2, 4), X, X, is_causal=True), ValueError, "一样多.*4 个和 5 个"),
        (lambda: nn.scaled_dot_product_attention(t(3, 4), t(3, 5), t(3, 5)), ValueError,
         r"\(3, 4\) 和 \(3, 5\)"),
        (lambda: nn.scaled_dot_product_attention(t(2, 3, 4), t(1, 3, 4), t(1, 3, 4)), ValueError,
         "前面的轴"),
        (lambda: nn.scaled_dot_product_attention(t(3, 4), t(3, 4), t(3, 4), np.ones((3, 3))),
         TypeError, "布尔"),
        (lambda: nn.scaled_dot_product_attention(
            t(3, 4), t(3, 4), t(3, 4), np.ones((3, 3), bool), True), ValueError, "只要给一个"),
        (lambda: nn.scaled_dot_product_attention(
            t(3, 4), t(3, 4), t(3, 4), np.ones((4, 3), bool)), ValueError, "attention_weights"),
        (lambda: nn.causal_mask(0), ValueError, "steps"),
        (lambda: nn.mask_from_lengths([], 3), (ValueError, TypeError), "lengths"),
    ],
)  # fmt: skip
def test_bad_input_is_named_in_chinese(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
