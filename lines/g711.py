"""µ-law, as telephones speak it (ITU-T G.711): 8 bits for 14, by table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BIAS, _CLIP = 0x84, 32635


def _decoded() -> NDArray[np.int16]:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    exponent, mantissa = (code >> 4) & 7, code & 15
    size = (((mantissa << 3) + _BIAS) << exponent) - _BIAS
    return np.where(code & 0x80, -size, size).astype(np.int16)


def _encoded() -> NDArray[np.uint8]:
    sample = np.arange(-32768, 32768, dtype=np.int32)
    size = np.minimum(np.abs(sample), _CLIP) + _BIAS
    exponent = np.floor(np.log2(size)).astype(np.int32) - 7
    mantissa = (size >> (exponent + 3)) & 15
    sign = np.where(sample < 0, 0x80, 0)
    coded: NDArray[np.uint8] = (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8)
    return coded


_DECODE, _ENCODE = _decoded(), _encoded()


def decode(coded: bytes) -> NDArray[np.int16]:
    """µ-law bytes -> int16 samples, one each."""
    return _DECODE[np.frombuffer(coded, np.uint8)]


def encode(pcm: NDArray[np.int16]) -> bytes:
    """int16 samples -> µ-law bytes, one each."""
    return _ENCODE[pcm.astype(np.int32) + 32768].tobytes()
