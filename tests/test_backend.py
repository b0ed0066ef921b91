"""后端：数组来自哪里、留在哪里；导入 mlcore 只要 NumPy。"""

import subprocess
import sys

import array_api_strict
import numpy as np
import pytest
import torch

from mlcore import backend
from mlcore.backend import array_namespace, asarray, describe, get_backend, set_backend, to_numpy


@pytest.fixture(autouse=True)
def numpy_afterwards(monkeypatch):
    monkeypatch.delenv("MLCORE_BACKEND", raising=False)
    yield
    set_backend("numpy")


def run(code: str, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    return result.stdout.strip()


def test_importing_mlcore_loads_numpy_and_nothing_heavier():
    code = """
import sys
import mlcore, mlcore.space, mlcore.nn, mlcore.train, mlcore.optim, mlcore.data.toy
heavy = {"torch", "array_api_compat", "scipy", "tqdm", "ipywidgets", "anywidget", "pandas"}
print(sorted(heavy & sys.modules.keys()), "numpy" in sys.modules)
"""
    assert run(code) == "[] True"


def test_importing_mlcore_costs_less_than_half_of_numpy_again():
    # Processor time, and both in one process: other work on the machine does not count.
    code = """
from time import process_time
start = process_time()
import numpy
middle = process_time()
import mlcore
print((process_time() - start) / (middle - start))
"""
    assert min(float(run(code)) for _ in range(3)) < 1.5


def test_submodules_appear_when_first_used():
    assert run("import mlcore; print(mlcore.space.rotation(0.0)[0, 0])") == "1.0"
    assert run("import mlcore; print(hasattr(mlcore, 'nothing_of_the_kind'))") == "False"


@pytest.mark.parametrize("name", ["numpy", "torch", "torch:cpu"])
def test_the_environment_chooses_the_backend(name, monkeypatch):
    monkeypatch.setattr(backend, "_current", None)
    monkeypatch.setenv("MLCORE_BACKEND", name)
    assert get_backend().name == name.partition(":")[0]


def test_the_backend_is_numpy_float32_by_default(monkeypatch):
    monkeypatch.setattr(backend, "_current", None)
    assert get_backend() == ("numpy", np, "cpu", np.float32)


def test_the_namespace_is_that_of_the_arrays():
    import array_api_compat.torch as torch_namespace

    assert array_namespace(np.ones(2), np.float32(1)) is np
    assert array_namespace(torch.ones(2)) is torch_namespace
    assert array_namespace(array_api_strict.ones(2)) is array_api_strict


def test_arrays_of_two_libraries_are_refused():
    with pytest.raises(TypeError, match="同一个库"):
        array_namespace(np.ones(2), torch.ones(2))
    with pytest.raises(TypeError, match="要一个数组.*list"):
        array_namespace([1.0])
    with pytest.raises(TypeError, match="至少要一个数组"):
        array_namespace()


@pytest.mark.parametrize("name", ["numpy", "torch"])
def test_asarray_turns_floats_into_the_backends_type_and_keeps_integers(name):
    for dtype in ("float32", "float64"):
        chosen = set_backend(name, device="cpu", dtype=dtype)
        for source in ([0.1, 0.2], np.array([0.1, 0.2]), torch.tensor([0.1, 0.2])):
            array = asarray(source)
            assert array_namespace(array) is chosen.xp
            assert array.dtype == chosen.dtype
        assert asarray([1, 2]).dtype == chosen.xp.int64
        assert asarray([True]).dtype == chosen.xp.bool
        assert asarray([1, 2], "float64").dtype == chosen.xp.float64
        assert asarray([1, 2], np.float32).dtype == chosen.xp.float32
        assert asarray([1, 2], torch.float64).dtype == chosen.xp.float64


@pytest.mark.parametrize("name", ["numpy", "torch"])
def test_asarray_keeps_every_digit_of_float64(name):
    set_backend(name, device="cpu", dtype="float64")
    assert float(asarray([0.1])[0]) == 0.1


def test_asarray_does_not_copy_without_need():
    array = np.ones(3, dtype=np.float32)
    assert asarray(array) is array


def test_to_numpy_brings_anything_home():
    tracked = torch.ones(2, dtype=torch.float64, requires_grad=True) * 2
    for x in ([2.0, 2.0], np.full(2, 2.0), tracked, array_api_strict.full(2, 2.0)):
        home = to_numpy(x)
        assert type(home) is np.ndarray
        np.testing.assert_array_equal(home, [2.0, 2.0])


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: set_backend("jax"), ValueError, "numpy 或 torch.*'jax'"),
        (lambda: set_backend("numpy", device="gpu"), ValueError, "auto、cpu 或 cuda.*'gpu'"),
        (lambda: set_backend("numpy", device="cuda"), ValueError, "NumPy 只有 CPU"),
        (lambda: set_backend("numpy", dtype="int32"), ValueError, "float32 或 float64.*int32"),
        (lambda: asarray([[1.0], [1.0, 2.0]]), ValueError, "长短不齐"),
        (lambda: asarray(["一"]), TypeError, "要实数"),
        (lambda: asarray([1j]), TypeError, "要实数"),
    ],
)
def test_bad_input_is_named_in_chinese(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


@pytest.mark.skipif(torch.cuda.is_available(), reason="这台机器有 GPU")
def test_asking_for_a_missing_gpu_says_so():
    with pytest.raises(ValueError, match="看不见 GPU"):
        set_backend("torch", device="cuda")


def test_a_description_is_short():
    assert describe(np.zeros((3, 2), np.float32)) == "形状 (3, 2)、类型 float32 的数组"
    assert describe(torch.zeros(2)) == "形状 (2,)、类型 float32 的数组"
    assert describe("字") == "str '字'"
    assert len(describe(list(range(1000)))) < 60
