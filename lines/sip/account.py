"""How the phone is set up: where it listens, who may ring, and where it registers."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from calls.errors import SettingsError

_REGISTER = re.compile(
    r"sip:(?P<user>[^:@;\s]+):(?P<password>[^@\s]+)@(?P<domain>[^;@\s]+)(?P<params>(;[a-z]+=[^;\s]+)*)"
)
_PARAMS = {"transport", "auth", "proxy"}
LOOPBACK = ("127.0.0.0/8", "::1/128")


@dataclass(frozen=True, slots=True)
class Registration:
    """An account at a trunk or PBX. `auth`: the name it authenticates by, where that is not `user`."""

    user: str
    password: str
    domain: str
    transport: str = "udp"
    auth: str | None = None
    proxy: str | None = None

    @classmethod
    def read(cls, uri: str) -> Registration:
        """From ``sip:USER:PASSWORD@DOMAIN[:PORT][;transport=tls][;auth=NAME][;proxy=HOST]``. Raises SettingsError."""
        found = _REGISTER.fullmatch(uri)
        params = dict(each.split("=", 1) for each in found["params"].split(";")[1:]) if found else {}
        if found is None or params.keys() - _PARAMS or params.get("transport", "udp") not in ("udp", "tcp", "tls"):
            raise SettingsError(
                "ANTESALA_SIP_REGISTER: it must read sip:USER:PASSWORD@DOMAIN, with ;transport=udp, tcp or tls, "
                ";auth=NAME and ;proxy=HOST where the trunk asks for them."
            )
        return cls(found["user"], found["password"], found["domain"], **params)


@dataclass(frozen=True, slots=True)
class PhoneSet:
    """`listen`: ``ADDRESS:PORT``, UDP and TCP. `allow`: networks whose requests are answered."""

    listen: str
    allow: tuple[str, ...] = LOOPBACK
    register: Registration | None = None
    rtp_ports: str = "10000-10999"
    most: int = 50

    @classmethod
    def read(
        cls, listen: str, allow: str | None = None, register: str | None = None, rtp_ports: str = "10000-10999",
        most: int = 50,
    ) -> PhoneSet:  # fmt: skip
        """From the settings. Raises SettingsError, also where strangers could ring a phone that has no allow-list."""
        address, _, port = listen.rpartition(":")
        try:
            local = ip_address(address.strip("[]")).is_loopback
            if not 0 < int(port) < 65536:
                raise ValueError(port)
        except ValueError:
            raise SettingsError(f"ANTESALA_SIP_LISTEN: {listen} is no ADDRESS:PORT, such as 127.0.0.1:5060.") from None
        if allow is None and not local:
            raise SettingsError(
                f"ANTESALA_SIP_LISTEN is {listen}, which strangers can reach, and nothing says who may ring. "
                "Set ANTESALA_SIP_ALLOW to the networks of your trunk, such as 203.0.113.0/24."
            )
        networks = tuple(each.strip() for each in allow.split(",") if each.strip()) if allow else LOOPBACK
        for each in networks:
            _network(each)
        return cls(listen, networks, Registration.read(register) if register else None, rtp_ports, most)

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> PhoneSet:
        register = plain.pop("register")
        return cls(**plain | {"allow": tuple(plain["allow"])}, register=register and Registration(**register))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def address(self) -> str:
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.listen.rpartition(":")[2])


def _network(written: str) -> None:
    try:
        ip_network(written, strict=False)
    except ValueError:
        raise SettingsError(f"ANTESALA_SIP_ALLOW: {written} is no network, such as 203.0.113.0/24.") from None
