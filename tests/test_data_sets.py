"""图片和诗：内嵌的 digits、各种文件怎样读、像素的类型和排法。

真的下载一遍要 MLCORE_DATA_TESTS=1：平常和 CI 都不联网。
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zlib
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

import mlcore
from mlcore import data
from mlcore.backend import set_backend, to_numpy
from mlcore.data import images, poetry
from mlcore.data.png import read_png
from mlcore.data.source import digest

really = pytest.mark.skipif(
    os.environ.get("MLCORE_DATA_TESTS") != "1", reason="MLCORE_DATA_TESTS=1 才真的下载"
)
RANDOM = np.random.default_rng(0)
PIXELS = {
    "train_x": RANDOM.integers(0, 256, (6, 5, 4), np.uint8),
    "train_y": np.arange(6, dtype=np.uint8),
    "test_x": RANDOM.integers(0, 256, (3, 5, 4), np.uint8),
    "test_y": np.arange(3, dtype=np.uint8),
}


# ── digits ────────────────────────────────────────────────────────────────────


def test_the_embedded_digits_are_those_of_scikit_learn():
    theirs, ours = load_digits(), data.digits()
    np.testing.assert_array_equal(ours.x, theirs.images)
    np.testing.assert_array_equal(ours.y, theirs.target)
    assert ours.x.dtype == np.uint8 and ours.y.dtype == np.int64
    assert ours.names == tuple(str(name) for name in theirs.target_names)
    flat = data.digits("float64", "flat")
    np.testing.assert_array_equal(flat.x * 16, theirs.data)
    assert flat.x.max() == 1


def test_the_digits_are_a_small_file_inside_the_package():
    file = os.path.join(os.path.dirname(images.__file__), "digits.npz")
    assert os.path.getsize(file) <= 100_000


def test_toy_sets_alone_do_not_load_the_rest():
    code = (
        "import sys; from mlcore.data import toy; from mlcore import data; data.toy;"
        "print([m for m in sys.modules if m.startswith('mlcore.data.') or m == 'pooch'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONPATH": os.path.dirname(mlcore.__path__[0])})
    assert done.stdout.strip() == "['mlcore.data.toy']"
    with pytest.raises(AttributeError, match=r"没有 imagenet；有 .*mnist"):
        _ = data.imagenet


# ── 像素的类型和排法 ──────────────────────────────────────────────────────────


@pytest.fixture
def grey(monkeypatch):
    monkeypatch.setattr(images, "load", lambda source: PIXELS)


@pytest.fixture
def coloured(monkeypatch):
    stored = {**PIXELS, "train_x": RANDOM.integers(0, 256, (6, 5, 4, 3), np.uint8),
              "test_x": RANDOM.integers(0, 256, (3, 5, 4, 3), np.uint8)}
    monkeypatch.setattr(images, "load", lambda source: stored)
    return stored


def test_grey_pictures_come_as_images_channels_or_rows(grey):
    image, channels, flat = (data.mnist(layout=layout) for layout in images.LAYOUTS)
    assert image.train_x.shape == (6, 5, 4) and image.test_x.shape == (3, 5, 4)
    assert channels.train_x.shape == (6, 1, 5, 4)
    assert flat.train_x.shape == (6, 20)
    np.testing.assert_array_equal(channels.train_x.reshape(6, 20), flat.train_x)
    assert image.train_x.dtype == np.uint8 and image.train_y.dtype == np.int64
    np.testing.assert_array_equal(image.test_y, [0, 1, 2])


def test_coloured_pictures_put_the_channels_last_to_look_at_and_first_to_compute(coloured):
    image, channels, flat = (data.cifar10(layout=layout) for layout in images.LAYOUTS)
    np.testing.assert_array_equal(image.train_x, coloured["train_x"])
    np.testing.assert_array_equal(channels.train_x, coloured["train_x"].transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(flat.test_x, channels.test_x.reshape(3, -1))
    assert channels.train_x.flags.c_contiguous


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("layout", images.LAYOUTS)
def test_floats_lie_between_zero_and_one(dtype, layout, coloured):
    whole, part = (data.cifar10(kind, layout).train_x for kind in ("uint8", dtype))
    assert part.dtype == dtype and part.min() >= 0 and part.max() <= 1
    np.testing.assert_allclose(part * 255, whole, rtol=1e-6)
    assert coloured["train_x"].dtype == np.uint8


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_torch_gets_the_same_arrays(dtype, coloured):
    ours = data.cifar10(dtype, "channels")
    set_backend("torch", "cpu")
    try:
        theirs = data.cifar10(dtype, "channels")
        digits = data.digits(dtype)
    finally:
        set_backend("numpy")
    assert type(theirs.train_x).__module__ == "torch"
    for one, other in zip(ours[:4], theirs[:4], strict=True):
        np.testing.assert_array_equal(one, to_numpy(other))
    np.testing.assert_array_equal(data.digits(dtype).x, to_numpy(digits.x))


def test_a_wrong_option_is_named_before_anything_is_fetched(monkeypatch):
    monkeypatch.setattr(images, "load", lambda source: pytest.fail("不该去取"))
    with pytest.raises(ValueError, match=r"dtype 要是 uint8.*'float16'"):
        data.mnist("float16")
    with pytest.raises(ValueError, match=r"layout 要是 image.*'nchw'"):
        data.cifar10(layout="nchw")
    with pytest.raises(ValueError, match=r"layout 要是 image.*'rows'"):
        data.digits(layout="rows")
    monkeypatch.setattr(poetry, "load", lambda source: pytest.fail("不该去取"))
    with pytest.raises(ValueError, match="form 要是 五绝.*'绝句'"):
        data.poems("绝句")


# ── 文件怎样读 ────────────────────────────────────────────────────────────────


def idx(array: np.ndarray) -> bytes:
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    return head + array.tobytes()


def test_idx_files_give_back_what_was_written():
    names = {"train_x": "train-images-idx3", "train_y": "train-labels-idx1",
             "test_x": "t10k-images-idx3", "test_y": "t10k-labels-idx1"}
    files = {f"{name}-ubyte": idx(PIXELS[key]) for key, name in names.items()}
    assert digest(images.read_idx(files)) == digest(PIXELS)
    files["train-images-idx3-ubyte"] = files["train-images-idx3-ubyte"][:-1]
    with pytest.raises(ValueError):
        images.read_idx(files)


def png(pixels: np.ndarray, filters: list[int]) -> bytes:
    """一个照着标准写的编码器：每行先减去预测，再压缩。"""
    rows, above = [], np.zeros(pixels.shape[1:], int)
    for row, kind in zip(pixels.astype(int), filters, strict=True):
        left, corner = (np.vstack([np.zeros((1, 3), int), one[:-1]]) for one in (row, above))
        guess = left + above - corner
        away = np.abs(np.stack([left, above, corner]) - guess)
        paeth = np.choose(away.argmin(axis=0), [left, above, corner])
        predicted = {0: 0, 1: left, 2: above, 4: paeth}[kind]
        rows.append(bytes([kind]) + ((row - predicted) % 256).astype(np.uint8).tobytes())
        above = row

    def chunk(name: bytes, content: bytes) -> bytes:
        crc = zlib.crc32(name + content).to_bytes(4, "big")
        return len(content).to_bytes(4, "big") + name + content + crc

    packed = zlib.compress(b"".join(rows))
    size = b"".join(number.to_bytes(4, "big") for number in pixels.shape[1::-1])
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + b"\x08\x02\0\0\0")
            + chunk(b"IDAT", packed[:7]) + chunk(b"IDAT", packed[7:]) + chunk(b"IEND", b""))


@given(seed=st.integers(0, 1000), filters=st.lists(st.sampled_from([0, 1, 4]), min_size=1))
@settings(max_examples=25)
def test_a_png_gives_back_what_was_written(seed, filters):
    pixels = np.random.default_rng(seed).integers(0, 256, (len(filters), 7, 3), np.uint8)
    np.testing.assert_array_equal(read_png(png(pixels, filters)), pixels)


def test_other_kinds_of_png_are_refused():
    pixels = np.zeros((2, 3, 3), np.uint8)
    with pytest.raises(ValueError, match="「上」"):
        read_png(png(pixels, [0, 2]))
    with pytest.raises(ValueError, match="8 位 RGB"):
        read_png(png(pixels, [0, 0]).replace(b"\x08\x02\0", b"\x08\x06\0"))
    with pytest.raises(ValueError, match="8 位 RGB"):
        read_png(b"GIF89a" + bytes(40))


def test_both_forms_of_cifar_give_the_same_arrays():
    pixels = RANDOM.integers(0, 256, (6, 2, 32, 32, 3), np.uint8)
    labels = RANDOM.integers(0, 10, (6, 2))
    official, packed = {}, {}
    for number in range(6):
        name = f"data_batch_{number + 1}" if number < 5 else "test_batch"
        official[f"{name}.bin"] = b"".join(
            bytes([label]) + picture.transpose(2, 0, 1).tobytes()
            for label, picture in zip(labels[number].tolist(), pixels[number], strict=True)
        )
        packed[f"{name}.png"] = png(pixels[number].reshape(2, 1024, 3), [1, 4])
    packed["train_lables.json"] = json.dumps(labels[:5].ravel().tolist()).encode()
    packed["test_lables.json"] = json.dumps(labels[5].tolist()).encode()
    first, second = images.read_cifar(official), images.read_cifar_png(packed)
    assert digest(first) == digest(second)
    np.testing.assert_array_equal(first["train_x"], pixels[:5].reshape(10, 32, 32, 3))
    np.testing.assert_array_equal(first["test_y"], labels[5])


# ── 诗 ────────────────────────────────────────────────────────────────────────

LINES = ["白日依山盡，", "黃河入海流。", "欲窮千里目，", "更上一層樓。"]
OLD, NEW = "盡黃窮層樓渙風裏萬畫圖題難於長絕乾鸛", "尽黄穷层楼涣风里万画图题难于长绝干鹳"
CHARACTERS = list(zip(OLD, NEW, strict=True))
SEVEN = ["乾坤朗朗春風裏，", "萬里江山入畫圖。"]


def poem(title: str, *paragraphs: str, author: str = "王之渙") -> dict[str, object]:
    return {"title": title, "author": author, "paragraphs": list(paragraphs)}


@pytest.fixture
def book(monkeypatch):
    """一部小书，走和真的一样的读法。"""
    tang = [poem("登鸛雀樓", *LINES), poem("又一首", *LINES), poem("律", *LINES, *LINES[::-1]),
            poem("缺字", "白日□山盡，黃河入海流。"), poem("題 畫\n其一", *SEVEN),
            poem("七絕", *SEVEN, *SEVEN[::-1]), poem("長短句", "噫！蜀道之難，難於上青天。"),
            poem("空")]
    ci = [{"rhythmic": "如梦令", "author": "李清照",
           "paragraphs": ["常记溪亭日暮，", "沉醉不知归路。"]}]
    files = {
        "poet.tang.1000.json": json.dumps(tang[1:]).encode(),
        "poet.tang.0.json": json.dumps(tang[:1]).encode(),
        "ci.song.0.json": json.dumps(ci).encode(),
        "ci.song.2019y.json": b"[]",
        "TSCharacters.txt": "".join(f"{old}\t{new} 另\n" for old, new in CHARACTERS).encode(),
        "TSPhrases.txt": "乾坤\t乾坤\n".encode(),
    }
    stored = poetry.read_poems(files)
    monkeypatch.setattr(poetry, "load", lambda source: stored)
    return stored


def test_poems_are_simplified_whole_and_told_apart_by_form(book):
    got = data.poems()
    assert got.title.tolist() == ["登鹳雀楼", "律", "题 画 其一", "七绝", "长短句", "如梦令"]
    assert got.form.tolist() == ["五绝", "五律", "七言", "七绝", "其他", "词"]
    assert got.text[0] == "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
    assert got.text[2] == "乾坤朗朗春风里，万里江山入画图。"
    assert got.author[0] == "王之涣" and got.author[-1] == "李清照"
    assert all(array.dtype == np.uint8 for array in book.values())


def test_one_form_can_be_asked_for(book):
    assert data.poems("七绝").title.tolist() == ["七绝"]
    assert data.poems("七律").text.shape == (0,)
    assert set(data.poems().form) <= set(poetry.FORMS)


def test_the_columns_survive_the_cache_without_pickle(book):
    stream = io.BytesIO()
    np.savez(stream, **book)
    stream.seek(0)
    with np.load(stream, allow_pickle=False) as stored:
        assert digest({name: stored[name] for name in stored.files}) == digest(book)


# ── 真的 ──────────────────────────────────────────────────────────────────────


@really
@pytest.mark.parametrize(
    ("name", "mean", "std", "first"),
    [
        ("mnist", 0.1307, 0.3081, [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]),
        ("fashion_mnist", 0.2860, 0.3530, [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]),
    ],
)
def test_the_real_pictures_are_the_known_ones(name, mean, std, first, tmp_path, monkeypatch):
    monkeypatch.setenv("MLCORE_DATA", str(tmp_path))
    got = getattr(data, name)("float32", "channels")
    assert got.train_x.shape == (60_000, 1, 28, 28) and got.test_x.shape == (10_000, 1, 28, 28)
    assert got.train_x.mean(dtype="float64") == pytest.approx(mean, abs=1e-4)
    assert got.train_x.std(dtype="float64") == pytest.approx(std, abs=1e-4)
    assert got.train_y[:10].tolist() == first
    assert set(got.train_y.tolist()) == set(got.test_y.tolist()) == set(range(10))


@really
def test_the_real_poems_are_counted(tmp_path, monkeypatch):
    monkeypatch.setenv("MLCORE_DATA", str(tmp_path))
    got = data.poems()
    assert Counter(got.form.tolist()) == {
        "词": 19960, "五律": 14329, "七绝": 10314, "五言": 8920, "七律": 7925, "其他": 4055,
        "五绝": 3739, "七言": 1594,
    }  # fmt: skip
    assert "床前看月光，疑是地上霜。举头望山月，低头思故乡。" in set(got.text.tolist())
