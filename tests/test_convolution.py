"""卷积和汇聚：快的一份和直白的一份一样，层和 torch 的同名层一样。"""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mlcore import nn
from mlcore.autograd import OPS, Tensor, apply
from mlcore.backend import array_namespace, set_backend, to_numpy
from mlcore.operations import convolution, convolution_fast
from mlcore.operations.windows import sizes_out
from mlcore.random import Generator


@pytest.fixture(params=["numpy", "torch"])
def backend(request):
    yield set_backend(request.param, device="cpu", dtype="float64")
    set_backend("numpy")


@st.composite
def settings_of_a_convolution(draw):
    """随便的大小：输入、权重，和步幅、补边、膨胀、分组。"""
    axes = draw(st.integers(1, 2))

    def each(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(axes))

    groups = draw(st.integers(1, 3))
    attrs = {"stride": each(1, 3), "padding": each(0, 2), "dilation": each(1, 2), "groups": groups}
    kernel, size = each(1, 3), each(1, 7)
    count, n_in, n_out = (draw(st.integers(1, 3)) for _ in range(3))
    try:
        out = sizes_out(size, kernel, attrs["stride"], attrs["padding"], attrs["dilation"])
    except ValueError:
        assume(False)
    random = np.random.default_rng(draw(st.integers(0, 99)))
    x = random.normal(size=(count, n_in * groups, *size))
    weight = random.normal(size=(n_out * groups, n_in, *kernel))
    grad = random.normal(size=(count, n_out * groups, *out))
    return x, weight, grad, attrs


@given(settings_of_a_convolution(), st.sampled_from([1, 1 << 21]))
@settings(max_examples=40)
def test_the_fast_way_and_the_plain_way_agree(case, column_bytes):
    x, weight, grad, attrs = case
    before, convolution_fast.COLUMN_BYTES = convolution_fast.COLUMN_BYTES, column_bytes
    try:
        for name, inputs in {
            "slide": (x, weight),
            "scatter": (grad, weight, x.shape[2:]),
            "correlate": (x, grad, weight.shape[2:]),
        }.items():
            plain = getattr(convolution, name)(np, *inputs, **attrs)
            fast = getattr(convolution_fast, name)(np, *inputs, **attrs)
            assert plain.shape == fast.shape
            np.testing.assert_allclose(fast, plain, rtol=1e-9, atol=1e-12)
    finally:
        convolution_fast.COLUMN_BYTES = before


@given(settings_of_a_convolution())
@settings(max_examples=25)
def test_any_convolution_is_that_of_torch(case):
    x, weight, grad, attrs = case
    peers = [torch.tensor(array, requires_grad=True) for array in (x, weight)]
    peer = (torch.nn.functional.conv1d, torch.nn.functional.conv2d)[x.ndim - 3](*peers, **attrs)
    peer.backward(torch.tensor(grad))
    for xp in (np, array_namespace(peers[0])):
        ours = [Tensor(xp.asarray(array), requires_grad=True) for array in (x, weight)]
        result = apply("convolution", *ours, **attrs)
        np.testing.assert_allclose(result.numpy(), peer.detach(), rtol=1e-9, atol=1e-12)
        result.backward(xp.asarray(grad))
        for tensor, other in zip(ours, peers, strict=True):
            np.testing.assert_allclose(to_numpy(tensor.grad), other.grad, rtol=1e-9, atol=1e-12)


@given(settings_of_a_convolution())
@settings(max_examples=25)
def test_a_transposed_convolution_is_the_transpose(case):
    """⟨y, 卷积(x)⟩ = ⟨转置卷积(y), x⟩，只要 output_padding 让大小合得上。"""
    x, weight, grad, attrs = case
    sizes = x.shape[2:]
    zero = {**attrs, "output_padding": (0,) * len(sizes)}
    try:
        least = apply("transposed_convolution", Tensor(grad), Tensor(weight), **zero).shape[2:]
    except ValueError:
        assume(False)
    extra = tuple(size - low for size, low in zip(sizes, least, strict=True))
    assert all(0 <= one < step for one, step in zip(extra, attrs["stride"], strict=True))
    back = apply(
        "transposed_convolution", Tensor(grad), Tensor(weight), **{**attrs, "output_padding": extra}
    )
    forth = apply("convolution", Tensor(x), Tensor(weight), **attrs)
    assert np.sum(grad * forth.data) == pytest.approx(np.sum(back.data * x), rel=1e-9, abs=1e-9)


LAYERS = [
    ("Conv1d", (4, 6, 3), {"stride": 2, "padding": 1, "groups": 2}, (2, 4, 9)),
    ("Conv2d", (3, 5, (3, 2)), {"padding": (1, 0), "dilation": 2}, (2, 3, 7, 6)),
    ("Conv2d", (3, 5, 3), {"bias": False}, (2, 3, 7, 6)),
    ("ConvTranspose1d", (4, 6, 3), {"stride": 2, "output_padding": 1}, (2, 4, 5)),
    ("ConvTranspose2d", (4, 6, 3), {"stride": 2, "padding": 1, "groups": 2}, (2, 4, 4, 5)),
    ("MaxPool1d", (2,), {}, (2, 3, 7)),
    ("MaxPool2d", (3,), {"stride": 2, "padding": 1}, (2, 3, 7, 6)),
    ("AvgPool1d", (3,), {"stride": 1, "padding": 1}, (2, 3, 7)),
    ("AvgPool2d", ((2, 3),), {"padding": (1, 0), "count_include_pad": False}, (2, 3, 7, 6)),
]


@pytest.mark.parametrize(("name", "args", "options", "shape"), LAYERS)
def test_layers_are_those_of_torch(backend, name, args, options, shape):
    generator = {"generator": Generator(1)} if "Conv" in name else {}
    ours = getattr(nn, name)(*args, **options, **generator)
    theirs = getattr(torch.nn, name)(*args, **options).double()
    theirs.load_state_dict({k: torch.tensor(v) for k, v in ours.state_dict().items()})
    x = np.random.default_rng(0).normal(size=shape)
    peer = torch.tensor(x, requires_grad=True)
    expected = theirs(peer)
    tensor = Tensor(backend.xp.asarray(x), requires_grad=True)
    result = ours(tensor)
    np.testing.assert_allclose(result.numpy(), expected.detach(), rtol=1e-9, atol=1e-12)
    expected.square().sum().backward()
    (result * result).sum().backward()
    np.testing.assert_allclose(to_numpy(tensor.grad), peer.grad, rtol=1e-9, atol=1e-12)
    for parameter, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(to_numpy(parameter.grad), other.grad, rtol=1e-9, atol=1e-12)


def test_shifting_the_input_shifts_the_output():
    layer = nn.Conv2d(1, 2, 3, generator=Generator(0))
    x = np.zeros((1, 1, 9, 9), np.float32)
    x[0, 0, 2:5, 2:5] = np.arange(9).reshape(3, 3)
    moved = np.roll(x, (2, 1), (2, 3))
    np.testing.assert_array_equal(layer(moved).data[..., 2:, 1:], layer(x).data[..., :-2, :-1])


def test_the_largest_of_equals_passes_its_gradient_to_the_first():
    x = Tensor(np.ones((1, 1, 2, 4)), requires_grad=True)
    nn.MaxPool2d(2)(x).sum().backward()
    np.testing.assert_array_equal(x.grad, [[[[1, 0, 1, 0], [0, 0, 0, 0]]]])


def test_many_samples_are_laid_out_a_few_at_a_time():
    """摊开的矩阵不随样本数变大：600 个样本要的内存，远不到全摊开的大小。"""
    import tracemalloc

    x = np.ones((600, 4, 16, 16), np.float32)
    layer = nn.Conv2d(4, 2, 5, generator=Generator(0))
    layer(x[:1])
    tracemalloc.start()
    layer(x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 600 * 4 * 25 * 144 * 4 / 10


def test_flatten_keeps_the_samples():
    x = np.arange(24.0, dtype=np.float32).reshape(2, 3, 4)
    np.testing.assert_array_equal(nn.Flatten()(x).data, x.reshape(2, 12))
    np.testing.assert_array_equal(nn.Flatten(2)(x).data, x)
    assert nn.Flatten()(x[:, 0]).shape == (2, 4)


def test_lenet_has_the_parameters_it_is_known_for():
    generator = Generator(0)
    lenet = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2, generator=generator),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5, generator=generator),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.mlp((400, 120, 84, 10), generator=generator),
    )
    assert sum(p.data.size for p in lenet.parameters()) == 61706
    x = np.ones((2, 1, 28, 28), np.float32)
    assert lenet(x).shape == (2, 10)
    assert repr(lenet[0]) == "Conv2d(1, 6, 5, padding=2)"


def images(*shape: int) -> Tensor:
    return Tensor(np.zeros(shape, np.float32))


def conv(*args, **options):
    return nn.Conv2d(*args, generator=Generator(0), **options)


def transposed(*args, **options):
    return nn.ConvTranspose2d(*args, generator=Generator(0), **options)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: conv(3, 4, 5)(images(1, 3, 4, 9)), ValueError, "窗口有 5 宽.*输入 4 还大"),
        (lambda: conv(3, 4, 3, dilation=2)(images(1, 3, 4, 9)), ValueError, "窗口有 5 宽"),
        (lambda: conv(3, 4, 3)(images(3, 9, 9)), ValueError, "要有 4 个轴.*得到 3 个"),
        (lambda: conv(3, 4, 3)(images(1, 2, 9, 9)), ValueError, "有 2 个通道，权重要 3 个"),
        (lambda: conv(3, 4, 3, groups=2), ValueError, "in_channels = 3.*groups = 2"),
        (lambda: conv(4, 3, 3, groups=2), ValueError, "out_channels = 3.*groups = 2"),
        (lambda: conv(3, 4, (3, 3, 3)), ValueError, "kernel_size 要是一个整数或 2 个整数"),
        (lambda: conv(3, 4, 3, stride=0), ValueError, "stride.*至少是 1"),
        (lambda: conv(3, 4, 2.5), TypeError, "kernel_size.*2.5"),
        (lambda: transposed(3, 4, 3)(images(1, 4, 5, 5)), ValueError, "有 4 个通道，权重要 3 个"),
        (lambda: transposed(3, 4, 3, output_padding=1), ValueError, "output_padding 要小于"),
        (lambda: transposed(3, 4, 1, padding=1)(images(1, 3, 2, 2)), ValueError, "什么也没剩下"),
        (lambda: nn.MaxPool2d(2, padding=2), ValueError, "kernel_size 的一半"),
        (lambda: nn.MaxPool2d(3)(images(1, 1, 2, 5)), ValueError, "窗口有 3 宽"),
        (lambda: nn.MaxPool1d(2)(images(1, 1, 2, 5)), ValueError, "要有 3 个轴.*得到 4 个"),
        (lambda: nn.AvgPool2d(2, count_include_pad=1), TypeError, "count_include_pad"),
        (
            lambda: apply("max_pool", images(1, 1, 5), kernel=(2,), stride=(1,), padding=(2,)),
            ValueError,
            "至多是窗口",
        ),
        (
            lambda: apply(
                "convolution", images(1, 3, 5), images(3, 2, 1),
                stride=(1,), padding=(0,), dilation=(1,), groups=2,
            ),
            ValueError,
            "都要能分成 groups = 2 组",
        ),
        (lambda: nn.Flatten()(images(3)), ValueError, "没有第 1 个轴"),
        (lambda: nn.Conv2d(1, 1, 1, generator=3), TypeError, "generator.*int 3"),
    ],
)  # fmt: skip
def test_bad_input_is_named_in_chinese(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_every_window_operation_is_in_the_table():
    wanted = {"convolution", "transposed_convolution", "max_pool", "avg_pool"}
    assert wanted <= OPS.keys()
