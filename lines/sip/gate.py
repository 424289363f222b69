"""Who may ring, looked at before the SIP stack takes a call in.

An INVITE whose Contact nobody could answer to never becomes a call that Python hears of, yet holds a place in the stack
for good. So every request passes here first: strangers get no answer at all, an unusable INVITE gets 400, and a REFER
(somebody else telling us whom to dial) is refused. libre (https://github.com/baresip/re) lets a listener of its own
stand before the others; `struct le`, `struct pl` and `struct sip_hdr` are laid out as in its headers.
"""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Sequence
from ctypes import POINTER, byref, c_bool, c_char_p, c_int, c_size_t, c_uint16, c_void_p
from ipaddress import IPv4Network, IPv6Network, ip_address

import baresip._native as native  # type: ignore[import-not-found]

_log = logging.getLogger(__name__)

Allowed = Sequence[IPv4Network | IPv6Network]


class _Link(ctypes.Structure):
    _fields_ = [("prev", c_void_p), ("next", c_void_p), ("list", c_void_p), ("data", c_void_p)]


class _Text(ctypes.Structure):
    _fields_ = [("at", c_void_p), ("length", c_size_t)]

    def __bytes__(self) -> bytes:
        return ctypes.string_at(self.at, self.length) if self.at else b""


class _Header(ctypes.Structure):
    _fields_ = [("link", _Link), ("by_name", _Link), ("name", _Text), ("value", _Text), ("id", c_int)]


_Handler = ctypes.CFUNCTYPE(c_bool, c_void_p, c_void_p)
_ADDRESS_BYTES, _PARSED_BYTES = 64, 1024


class Gate:
    """Stands before the stack while it lives. Must be made once the stack runs, and kept."""

    def __init__(self, allowed: Allowed):
        self._allowed = allowed
        self._libre = libre = _bound()
        self._handler = _Handler(self._handled)
        listener = c_void_p()
        libre.re_thread_enter()
        try:
            if libre.sip_listen(byref(listener), libre.uag_sip(), True, self._handler, None):
                raise OSError("the SIP stack takes no listener")
            link = _Link.from_address(listener.value or 0)
            line, entry = link.list, link.data
            libre.list_unlink(listener)
            libre.list_prepend(line, listener, entry)
        finally:
            libre.re_thread_leave()

    def _handled(self, message: int, _: object) -> bool:
        """Whether the stack need not see this request any more. Called on the stack's own thread."""
        try:
            return self._turned_away(message)
        except Exception as error:
            _log.error("a request was left unanswered: %s", type(error).__name__)
            return True

    def _turned_away(self, message: int) -> bool:
        if not self._may_ring(message):
            return True
        _, _, method = self._header(message, b"CSeq").partition(b" ")
        match method.strip().upper():
            case b"INVITE" if not self._is_address(message, b"Contact"):
                return self._answer(message, 400, b"Missing or Unusable Contact")
            case b"REFER":
                return self._answer(message, 603, b"Decline")
        return False

    def _may_ring(self, message: int) -> bool:
        written = ctypes.create_string_buffer(_ADDRESS_BYTES)
        self._libre.sa_ntop(message, written, _ADDRESS_BYTES)  # `src` is the first member of struct sip_msg
        came_from = ip_address(written.value.decode())
        return any(came_from in network for network in self._allowed)

    def _header(self, message: int, name: bytes) -> bytes:
        found = self._libre.sip_msg_xhdr(message, name)
        return bytes(_Header.from_address(found).value) if found else b""

    def _is_address(self, message: int, name: bytes) -> bool:
        found = self._libre.sip_msg_xhdr(message, name)
        if not found:
            return False
        parsed = ctypes.create_string_buffer(_PARSED_BYTES)
        return not self._libre.sip_addr_decode(parsed, byref(_Header.from_address(found).value))

    def _answer(self, message: int, status: int, reason: bytes) -> bool:
        self._libre.sip_treply(None, self._libre.uag_sip(), message, status, reason)
        return True


def _bound() -> ctypes.CDLL:
    libre = ctypes.CDLL(native.__file__)
    libre.uag_sip.restype = c_void_p
    libre.sip_msg_xhdr.restype, libre.sip_msg_xhdr.argtypes = c_void_p, [c_void_p, c_char_p]
    libre.sip_listen.argtypes = [POINTER(c_void_p), c_void_p, c_bool, _Handler, c_void_p]
    libre.sip_treply.argtypes = [c_void_p, c_void_p, c_void_p, c_uint16, c_char_p]
    libre.sip_addr_decode.argtypes = [c_void_p, POINTER(_Text)]
    libre.sa_ntop.argtypes = [c_void_p, c_char_p, c_int]
    libre.list_unlink.argtypes, libre.list_prepend.argtypes = [c_void_p], [c_void_p, c_void_p, c_void_p]
    return libre
