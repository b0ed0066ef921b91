"""卷积、汇聚、归一化重放时的就地写法：和普通的步一样，不要新的内存。"""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mlcore import nn, optim
from mlcore.autograd import Tensor, apply
from mlcore.backend import set_backend
from mlcore.operations.windows import sizes_out
from mlcore.random import Generator
from mlcore.replay import kernels_convolution, record, run_numpy
from mlcore.replay.run_numpy import Step
from tests.replaying import assert_replayed_as_eager, peak_of_a_step


@pytest.fixture
def double():
    set_backend("numpy", dtype="float64")
    yield
    set_backend("numpy")


class Operation(nn.Module):
    """一种运算，参数是它的第二个起的输入；前面乘一个数，好让输入也有梯度。"""

    def __init__(self, name, shapes, generator, **attrs):
        self.scale = Tensor(generator.normal(1), requires_grad=True)
        self.name, self.attrs, self.count = name, attrs, len(shapes)
        for i, shape in enumerate(shapes):
            setattr(self, f"p{i}", Tensor(generator.normal(shape), requires_grad=True))

    def forward(self, x):
        params = [getattr(self, f"p{i}") for i in range(self.count)]
        return apply(self.name, x * self.scale, *params, **self.attrs)


def each(draw, axes, low, high):
    return tuple(draw(st.integers(low, high)) for _ in range(axes))


@st.composite
def convolutions(draw):
    axes = draw(st.integers(1, 2))
    attrs = {
        "stride": each(draw, axes, 1, 3),
        "padding": each(draw, axes, 0, 3),
        "dilation": each(draw, axes, 1, 2),
        "groups": draw(st.sampled_from([1, 1, 1, 2])),
    }
    size, kernel = each(draw, axes, 1, 8), each(draw, axes, 1, 4)
    try:
        sizes_out(size, kernel, attrs["stride"], attrs["padding"], attrs["dilation"])
    except ValueError:
        assume(False)
    n, n_in, n_out = each(draw, 3, 1, 4)
    groups = attrs["groups"]
    weight = (n_out * groups, n_in, *kernel)
    shapes = [weight, (n_out * groups,)][: draw(st.integers(1, 2))]
    return (n, n_in * groups, *size), shapes, attrs


@given(convolutions(), st.sampled_from([1, 400, 1 << 23]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_convolution_is_replayed_as_it_is_computed(case, laid_out, single):
    shape, shapes, attrs = case
    before, kernels_convolution.LAID_OUT = kernels_convolution.LAID_OUT, laid_out
    set_backend("numpy", dtype="float32" if single else "float64")
    try:
        model = Operation("convolution", shapes, Generator(1), **attrs)
        assert_replayed_as_eager(model, Generator(2).normal(shape), 1e-4 if single else 1e-10)
    finally:
        kernels_convolution.LAID_OUT = before
        set_backend("numpy")


@st.composite
def poolings(draw):
    axes = draw(st.integers(1, 2))
    kernel = each(draw, axes, 1, 4)
    attrs = {
        "kernel": kernel,
        "stride": draw(st.sampled_from([kernel, each(draw, axes, 1, 3)])),
        "padding": tuple(draw(st.integers(0, width // 2)) for width in kernel),
    }
    size = tuple(draw(st.integers(max(1, width), 9)) for width in kernel)
    return (*each(draw, 2, 1, 3), *size), attrs


@given(poolings(), st.integers(0, 99), st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_pooling_is_replayed_as_it_is_computed(case, seed, with_pad):
    shape, attrs = case
    set_backend("numpy", dtype="float64")
    try:
        # Few different numbers: many windows have several largest ones.
        x = Generator(seed).integers(shape, -1, 2).astype(np.float64)
        for name, more in ("max_pool", {}), ("avg_pool", {"count_include_pad": with_pad}):
            model = Operation(name, [], Generator(seed), **attrs, **more)
            layered = nn.Sequential(Each(shape[1:], Generator(seed)), model)
            assert_replayed_as_eager(layered, x, 1e-10)
    finally:
        set_backend("numpy")


class Each(nn.Module):
    """每个位置加一个自己的参数（从零开始）：它的梯度就是输入的梯度。"""

    def __init__(self, shape, generator):
        self.shift = Tensor(generator.normal(shape) * 0, requires_grad=True)

    def forward(self, x):
        return x + self.shift


@given(
    st.sampled_from([(5,), (3, 4), (3, 4, 5)]),
    st.integers(2, 40),
    st.sampled_from(["batch", "layer"]),
    st.sampled_from([1, 1 << 17]),
)
@settings(max_examples=25, deadline=None)
def test_any_normalisation_is_replayed_as_it_is_computed(shape, n, name, together):
    module = run_numpy.kernels_normalisation
    before, module.TOGETHER = module.TOGETHER, together
    set_backend("numpy", dtype="float64")
    try:
        if name == "layer":
            norm = nn.LayerNorm(shape)
        else:
            norm = (nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d)(shape[0])
        model = nn.Sequential(Each(shape, Generator(0)), norm)
        norm.weight.data[...] = Generator(3).normal(norm.weight.shape)
        assert_replayed_as_eager(model, Generator(n).normal((n, *shape)), 1e-9)
    finally:
        module.TOGETHER = before
        set_backend("numpy")


def convolutional(generator, norm=True):
    return nn.Sequential(
        nn.Conv2d(2, 5, 3, padding=1, generator=generator),
        nn.BatchNorm2d(5) if norm else nn.Tanh(),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(5, 6, 3, stride=2, generator=generator),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Dropout(0.3, generator=Generator(8)),
        nn.Flatten(),
        nn.Linear(6 * 4 * 4, 12, generator=generator),
        nn.ReLU(),
        nn.Linear(12, 3, generator=generator),
    )


@pytest.mark.parametrize("n", [1, 5, 64])
def test_a_replayed_network_gives_the_weights_of_the_eager_one(n, double):
    norm = n > 1
    networks = [convolutional(Generator(1), norm) for _ in range(2)]
    eager, replayed = (optim.SGD(net.parameters(), 0.05, momentum=0.9) for net in networks)
    generator = Generator(4)
    step = None
    for _ in range(4):
        x, y = generator.normal((n, 2, 38, 38)), generator.integers(n, 0, 3)
        value = nn.cross_entropy(networks[0](Tensor(x)), Tensor(y))
        eager.zero_grad()
        value.backward()
        eager.step()
        if step is None:
            program = record(networks[1], nn.cross_entropy, replayed, x, y)
            step = Step(program, replayed, networks[1])
        assert step.run(x, y) == pytest.approx(value.item(), rel=1e-9)
    second = networks[1].state_dict()
    for name, value in networks[0].state_dict().items():
        np.testing.assert_allclose(second[name], value, rtol=1e-8, atol=1e-10, err_msg=name)


def test_a_chain_of_layers_keeps_the_batch_innermost():
    model = convolutional(Generator(1))
    optimizer = optim.SGD(model.parameters(), 0.1)
    x, y = Generator(2).normal((8, 2, 38, 38)), Generator(3).integers(8, 0, 3)
    step = Step(record(model, nn.cross_entropy, optimizer, x, y), optimizer, model)
    turned = {step.program.slots[slot].name for slot in step.plan.fortran}
    assert {"convolution", "batch_norm", "relu", "max_pool", "avg_pool", "reshape"} <= turned
    # Flattening is another view of the same memory: nothing is done.
    flattened = [i for i, one in enumerate(step.program.instructions) if "reshape" in one.op]
    assert set(flattened) <= {i for _, i in step.plan.view.values()}


@pytest.mark.parametrize("n", [3, 64])
def test_a_running_step_asks_for_no_memory(n):
    model = convolutional(Generator(1))
    model[7].eval()  # To draw a mask takes memory.
    optimizer = optim.SGD(model.parameters(), 0.1, momentum=0.9)
    x, y = Generator(2).normal((n, 2, 38, 38)), Generator(3).integers(n, 0, 3)
    step = Step(record(model, nn.cross_entropy, optimizer, x, y), optimizer, model)
    # The first activation alone would be 1.8 MB for 64; NumPy's buffers pass through.
    assert peak_of_a_step(step, x, y) < 100_000
