"""From where the sound of a call may come: the address that its far end named, and the one that its INVITE came from.

The stack takes RTP from anybody who finds the port. So each call's socket gets a filter of the kernel's own (socket(7),
SO_ATTACH_FILTER; Linux), which drops what strangers send before anything of ours sees it.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
from collections.abc import Sequence
from ctypes import c_char_p, c_int, c_void_p
from ipaddress import IPv4Address, IPv6Address, ip_address

import baresip._native as native  # type: ignore[import-not-found]

Address = IPv4Address | IPv6Address

SO_ATTACH_FILTER = 26
_ADDRESS_BYTES, _WRITTEN_BYTES = 256, 64
"""More than a `struct sa` takes, and than it takes in letters."""
_NET = 0xFFF00000
"""SKF_NET_OFF (linux/filter.h): offsets from here are into the IP header."""
_VERSION, _SOURCE = _NET, {4: _NET + 12, 6: _NET + 8}
_LOAD_BYTE, _LOAD_WORD, _SHIFT_RIGHT, _IF_EQUAL, _RETURN = 0x30, 0x20, 0x74, 0x15, 0x06
_ALL = 0xFFFF


def keep_strangers_out(call_id: str) -> None:
    """From here on the call hears nobody but its far end. Once more where that has moved; nothing where there is none.

    Must not be called on the stack's own thread.
    """
    libre = _bound()
    libre.re_thread_enter()
    try:
        call = libre.uag_call_find(call_id.encode())
        audio = libre.call_audio(call) if call else None
        stream = libre.audio_strm(audio) if audio else None
        if not stream:
            return
        came_from = ctypes.create_string_buffer(_ADDRESS_BYTES)
        libre.call_msg_src(call, came_from)
        known = {_address(libre, libre.stream_raddr(stream)), _address(libre, came_from)}
        addresses = [each for each in known if each is not None and not each.is_unspecified]
        if addresses:
            file = libre.udp_sock_fd(libre.rtp_sock(libre.stream_rtp_sock(stream)), socket.AF_INET)
            _attach(file, only_from(addresses))
    finally:
        libre.re_thread_leave()


def only_from(addresses: Sequence[Address]) -> bytes:
    """A classic BPF program that passes what comes from one of `addresses` (linux/filter.h)."""
    program: list[tuple[int, int, int, int]] = []
    for address in addresses:
        words = struct.unpack(f">{len(address.packed) // 4}I", address.packed)
        tests = [(_LOAD_WORD, _SOURCE[address.version] + 4 * n, word) for n, word in enumerate(words)]
        ahead = 2 * len(tests) + 1  # to beyond this address's return
        program += [(_LOAD_BYTE, 0, 0, _VERSION), (_SHIFT_RIGHT, 0, 0, 4), (_IF_EQUAL, 0, ahead, address.version)]
        for load, offset, word in tests:
            ahead -= 2
            program += [(load, 0, 0, offset), (_IF_EQUAL, 0, ahead, word)]
        program.append((_RETURN, 0, 0, _ALL))
    program.append((_RETURN, 0, 0, 0))
    return b"".join(struct.pack("=HBBI", *each) for each in program)


def _attach(file: int, program: bytes) -> None:
    code = ctypes.create_string_buffer(program, len(program))
    with socket.socket(fileno=os.dup(file)) as sound:  # shares what the filter hangs on
        sound.setsockopt(
            socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", len(program) // 8, ctypes.addressof(code))
        )


def _address(libre: ctypes.CDLL, place: object) -> Address | None:
    written = ctypes.create_string_buffer(_WRITTEN_BYTES)
    if libre.sa_ntop(place, written, _WRITTEN_BYTES):
        return None
    return ip_address(written.value.decode().partition("%")[0])


def _bound() -> ctypes.CDLL:
    libre = ctypes.CDLL(native.__file__)
    libre.uag_call_find.restype, libre.uag_call_find.argtypes = c_void_p, [c_char_p]
    libre.sa_ntop.argtypes = [c_void_p, c_char_p, c_int]
    for name in ("call_audio", "audio_strm", "stream_raddr", "stream_rtp_sock", "rtp_sock"):
        getattr(libre, name).restype, getattr(libre, name).argtypes = c_void_p, [c_void_p]
    libre.call_msg_src.argtypes = [c_void_p, c_void_p]
    libre.udp_sock_fd.argtypes = [c_void_p, c_int]
    return libre
