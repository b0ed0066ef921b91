"""神经网络的零件：层、激活函数、损失，名字跟 PyTorch 一样。

点是行：x 的形状是 (样本数, 特征数)，线性层算 ``x @ weight.T + bias``。
"""

from mlcore.losses import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from mlcore.losses import cross_entropy as cross_entropy
from mlcore.losses import hinge_loss as hinge_loss
from mlcore.losses import kl_div as kl_div
from mlcore.losses import l1_loss as l1_loss
from mlcore.losses import masked_mean as masked_mean
from mlcore.losses import mse_loss as mse_loss
from mlcore.losses import triplet_margin_loss as triplet_margin_loss
from mlcore.nn.activations import ACTIVATION_LAYERS as ACTIVATION_LAYERS
from mlcore.nn.activations import ACTIVATIONS as ACTIVATIONS
from mlcore.nn.activations import Activation as Activation
from mlcore.nn.activations import Identity as Identity
from mlcore.nn.activations import LeakyReLU as LeakyReLU
from mlcore.nn.activations import ReLU as ReLU
from mlcore.nn.activations import Sigmoid as Sigmoid
from mlcore.nn.activations import Sine as Sine
from mlcore.nn.activations import Softplus as Softplus
from mlcore.nn.activations import Tanh as Tanh
from mlcore.nn.attention import MultiheadAttention as MultiheadAttention
from mlcore.nn.attention import attention_weights as attention_weights
from mlcore.nn.attention import scaled_dot_product_attention as scaled_dot_product_attention
from mlcore.nn.convolution import Conv1d as Conv1d
from mlcore.nn.convolution import Conv2d as Conv2d
from mlcore.nn.convolution import ConvTranspose1d as ConvTranspose1d
from mlcore.nn.convolution import ConvTranspose2d as ConvTranspose2d
from mlcore.nn.dropout import Dropout as Dropout
from mlcore.nn.embedding import Embedding as Embedding
from mlcore.nn.flatten import Flatten as Flatten
from mlcore.nn.initializers import INITIALIZERS as INITIALIZERS
from mlcore.nn.linear import Linear as Linear
from mlcore.nn.linear import mlp as mlp
from mlcore.nn.masks import causal_mask as causal_mask
from mlcore.nn.masks import mask_from_lengths as mask_from_lengths
from mlcore.nn.maxout import Maxout as Maxout
from mlcore.nn.module import Module as Module
from mlcore.nn.module import Sequential as Sequential
from mlcore.nn.normalisation import BatchNorm1d as BatchNorm1d
from mlcore.nn.normalisation import BatchNorm2d as BatchNorm2d
from mlcore.nn.normalisation import LayerNorm as LayerNorm
from mlcore.nn.pooling import AvgPool1d as AvgPool1d
from mlcore.nn.pooling import AvgPool2d as AvgPool2d
from mlcore.nn.pooling import MaxPool1d as MaxPool1d
from mlcore.nn.pooling import MaxPool2d as MaxPool2d
from mlcore.nn.recurrent import GRU as GRU
from mlcore.nn.recurrent import LSTM as LSTM
from mlcore.nn.recurrent import RNN as RNN
from mlcore.nn.recurrent_cells import GRUCell as GRUCell
from mlcore.nn.recurrent_cells import LSTMCell as LSTMCell
from mlcore.nn.recurrent_cells import RNNCell as RNNCell
from mlcore.nn.residual import Residual as Residual
from mlcore.nn.residual import ResidualBlock as ResidualBlock
