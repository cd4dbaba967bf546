"""Random IP addresses of each kind of network, as texts."""

import ipaddress

import numpy as np

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"]
RESERVED = [
    "0.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
    "::/127",
    "100::/64",
    "2001:db8::/32",
    "fe80::/10",
    "ff00::/8",
]
DATA_CENTRE = [
    "3.0.0.0/9",
    "5.9.0.0/16",
    "18.128.0.0/9",
    "20.64.0.0/10",
    "34.64.0.0/10",
    "35.184.0.0/13",
    "40.112.0.0/13",
    "45.33.0.0/17",
    "51.68.0.0/16",
    "52.0.0.0/11",
    "54.144.0.0/12",
    "88.198.0.0/16",
    "95.216.0.0/16",
    "104.131.0.0/16",
    "139.162.0.0/16",
    "159.65.0.0/16",
    "167.99.0.0/16",
    "2001:41d0::/32",
    "2600:1900::/28",
    "2600:1f00::/24",
    "2604:a880::/32",
    "2a01:4f8::/32",
]
UNREADABLE = ["", "unknown", "10.0.0", "256.1.1.1", "n/a"]

KINDS = ["public_v4", "public_v6", "data_centre_v4", "data_centre_v6", "private", "reserved", "unreadable"]


class Addresses:
    """Draws addresses. A public one is any that is in none of the lists."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._lists = {
            "data_centre_v4": _networks(DATA_CENTRE, 4),
            "data_centre_v6": _networks(DATA_CENTRE, 6),
            "private": _networks(PRIVATE, 4),
            "reserved": _networks(RESERVED, 4),
        }
        self._special = [network for text in (PRIVATE, RESERVED, DATA_CENTRE) for network in _networks(text, 4)]
        self._special += [network for text in (RESERVED, DATA_CENTRE) for network in _networks(text, 6)]

    def draw(self, kind: str) -> str:
        """A random address of one of the kinds."""
        if kind == "unreadable":
            return self._choice(UNREADABLE)
        if kind == "public_v4":
            return self._outside(ipaddress.ip_network("0.0.0.0/0"))
        if kind == "public_v6":
            return self._outside(ipaddress.ip_network("2000::/3"))
        return str(self._within(self._lists[kind][int(self._random.integers(len(self._lists[kind])))]))

    def _outside(self, network: Network) -> str:
        while True:
            address = self._within(network)
            if not any(address in special for special in self._special if special.version == address.version):
                return str(address)

    def _within(self, network: Network) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
        size = network.num_addresses
        offset = int.from_bytes(self._random.bytes(16)) % size
        return network[offset]

    def _choice(self, texts: list[str]) -> str:
        return texts[int(self._random.integers(len(texts)))]


def _networks(texts: list[str], version: int) -> list[Network]:
    networks = [ipaddress.ip_network(text) for text in texts]
    return [network for network in networks if network.version == version]
