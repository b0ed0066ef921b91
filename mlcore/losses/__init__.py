"""损失函数：输出离目标有多远，取平均。名字跟 PyTorch 一样，也可以从 :mod:`mlcore.nn` 里用。

序列的损失都认得 mask：真的一步才算进平均。
"""

from mlcore.losses.classification import (
    binary_cross_entropy_with_logits as binary_cross_entropy_with_logits,
)
from mlcore.losses.classification import cross_entropy as cross_entropy
from mlcore.losses.classification import hinge_loss as hinge_loss
from mlcore.losses.classification import kl_div as kl_div
from mlcore.losses.regression import l1_loss as l1_loss
from mlcore.losses.regression import mse_loss as mse_loss
from mlcore.losses.regression import triplet_margin_loss as triplet_margin_loss
from mlcore.losses.targets import check_labels as check_labels
from mlcore.losses.targets import masked_mean as masked_mean
