"""数据集。小的随软件包来（:mod:`mlcore.data.toy`）。"""
