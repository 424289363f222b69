"""Linear layers in 8 bits on the CPU, for Whisper's decoder: a third of the time, a quarter of the memory."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

_WEIGHT_LEVELS = 127
_LEVELS = 63
"""What flows in has 7 bits: two products of 8 bits overflow the 16 that processors without VNNI add them up in."""
_NOTHING = 1e-8


class Int8Linear:
    """What `x @ weight.T + bias` is, nearly: (n, in) to (n, out), single precision outside.

    Each row of `x` is scaled by itself, so that a row's result does not depend on those beside it.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None = None):
        scales = weight.abs().amax(dim=1).clamp(min=_NOTHING).double() / _WEIGHT_LEVELS
        zeros = torch.zeros(len(weight), dtype=torch.int64)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # PyTorch means to move this; pyproject.toml pins the version
            rows = torch.quantize_per_channel(weight.float(), scales, zeros, 0, torch.qint8)
        self._packed = torch.ops.quantized.linear_prepack(rows, None)
        self._bias = torch.zeros(1) if bias is None else bias.float()

    def __call__(self, x: Tensor) -> Tensor:
        largest = torch.linalg.vector_norm(x, torch.inf, -1, keepdim=True).add_(_NOTHING)
        product = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32
        y = product(x / largest, 1 / _LEVELS, _LEVELS + 1, self._packed)
        return torch.addcmul(self._bias, y, largest)
