"""IP addresses and CIDR ranges."""

from __future__ import annotations

import ipaddress
import re
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Final

from rulewright.cel.errors import EvaluationError
from rulewright.cel.signature import Function, free, method
from rulewright.cel.values import BOOL, CIDR, INT, IP, STRING, Cidr, IpAddress

if TYPE_CHECKING:
    from collections.abc import Callable

_PREFIX: Final = re.compile(r"0|[1-9][0-9]{0,2}\Z")
_BROADCAST: Final = IPv4Address("255.255.255.255")
_LINK_LOCAL_MULTICAST: Final = ipaddress.ip_network("224.0.0.0/24")
_MAX_TEXT: Final = 64
"""Characters of the longest address with a prefix, and some."""


def _parse_address(text: str) -> IPv4Address | IPv6Address:
    """An address; zones and dotted IPv4 inside IPv6 are refused, hexadecimal IPv4-mapped is that IPv4."""
    if len(text) > _MAX_TEXT or "%" in text or (":" in text and "." in text):
        raise EvaluationError(f"{text[:_MAX_TEXT]!r} is no IP address")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise EvaluationError(f"{text!r} is no IP address") from None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def parse_ip(text: str) -> IpAddress:
    """The address written in the text."""
    return IpAddress(_parse_address(text))


def parse_cidr(text: str) -> Cidr:
    """The range written in the text, as `address/prefix length`."""
    written, slash, prefix_text = text.partition("/")
    address = _parse_address(written)
    if not slash or _PREFIX.fullmatch(prefix_text) is None or int(prefix_text) > address.max_prefixlen:
        raise EvaluationError(f"{text[:_MAX_TEXT]!r} is no CIDR range")
    prefix = int(prefix_text)
    return Cidr(address, prefix, ipaddress.ip_network((address, prefix), strict=False))


def _is_valid(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            parse(text)
        except EvaluationError:
            return False
        return True

    return check


def _is_canonical(text: str) -> bool:
    return str(_parse_address(text)) == text


def _is_global_unicast(ip: IpAddress) -> bool:
    """Private addresses count: only the special ones are left out."""
    address = ip.address
    return not (
        address == _BROADCAST
        or address.is_unspecified
        or address.is_loopback
        or address.is_multicast
        or address.is_link_local
    )


def _is_link_local_multicast(ip: IpAddress) -> bool:
    if isinstance(ip.address, IPv4Address):
        return ip.address in _LINK_LOCAL_MULTICAST
    first, second, *_ = ip.address.packed
    return first == 0xFF and second & 0x0F == 2


def _contains_ip(cidr: Cidr, ip: IpAddress) -> bool:
    return ip.address in cidr.network


def _contains_cidr(outer: Cidr, inner: Cidr) -> bool:
    return inner.address in outer.network and inner.prefix >= outer.prefix


def _masked(cidr: Cidr) -> Cidr:
    return Cidr(cidr.network.network_address, cidr.prefix, cidr.network)


NETWORK: Final = (
    Function(
        "ip",
        (free([STRING], IP, parse_ip), method([CIDR], IP, lambda cidr: IpAddress(cidr.address))),
    ),
    Function("cidr", (free([STRING], CIDR, parse_cidr),)),
    Function("isIP", (free([STRING], BOOL, _is_valid(parse_ip)),)),
    Function("isCIDR", (free([STRING], BOOL, _is_valid(parse_cidr)),)),
    Function("ip.isCanonical", (free([STRING], BOOL, _is_canonical),)),
    Function("family", (method([IP], INT, lambda ip: ip.address.version),)),
    Function("isUnspecified", (method([IP], BOOL, lambda ip: ip.address.is_unspecified),)),
    Function("isLoopback", (method([IP], BOOL, lambda ip: ip.address.is_loopback),)),
    Function("isGlobalUnicast", (method([IP], BOOL, _is_global_unicast),)),
    Function("isLinkLocalMulticast", (method([IP], BOOL, _is_link_local_multicast),)),
    Function("isLinkLocalUnicast", (method([IP], BOOL, lambda ip: ip.address.is_link_local),)),
    Function(
        "containsIP",
        (
            method([CIDR, IP], BOOL, _contains_ip),
            method([CIDR, STRING], BOOL, lambda cidr, text: _contains_ip(cidr, parse_ip(text))),
        ),
    ),
    Function(
        "containsCIDR",
        (
            method([CIDR, CIDR], BOOL, _contains_cidr),
            method([CIDR, STRING], BOOL, lambda cidr, text: _contains_cidr(cidr, parse_cidr(text))),
        ),
    ),
    Function("masked", (method([CIDR], CIDR, _masked),)),
    Function("prefixLength", (method([CIDR], INT, lambda cidr: cidr.prefix),)),
)
