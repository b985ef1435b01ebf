"""Identifying data at rest: authenticated encryption to read it, a keyed hash to find it.

A key ring holds the current key first and older keys after it, so that keys rotate without
downtime: everything new uses the first key, everything old stays readable.
"""

import base64
import hmac
import json
import os
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.jsontext import text_of

KEY_BYTES = 32
NONCE_BYTES = 12


class UnreadableError(Exception):
    """The ciphertext was made with a key this ring lacks, was altered, or belongs elsewhere."""


@dataclass(frozen=True)
class Key:
    """One named key; the name is stored beside what it encrypted."""

    name: str
    secret: bytes


def parse_keys(text: str) -> tuple[Key, ...]:
    """Keys from `name:base64,name:base64`, the current one first.

    Raises `ValueError` saying which key, by its place, is malformed. It says nothing of the text:
    where the name was forgotten, that is the secret.
    """
    keys = []
    for nth, part in enumerate(filter(None, (p.strip() for p in text.split(","))), start=1):
        name, _, encoded = part.partition(":")
        try:
            secret = base64.urlsafe_b64decode(encoded)
        except ValueError:
            secret = b""
        if not name or len(name) > 255 or len(secret) != KEY_BYTES:
            raise ValueError(f"key {nth}: expected name:base64 of {KEY_BYTES} bytes")
        keys.append(Key(name, secret))
    if not keys:
        raise ValueError("at least one key is needed: name:base64 of 32 bytes")
    return tuple(keys)


class FieldCipher:
    """AES-256-GCM over one field. `context` ties a ciphertext to its place (table and row id)."""

    def __init__(self, keys: tuple[Key, ...]) -> None:
        self._current = keys[0]
        self.names = [key.name for key in keys]
        self._by_name = {key.name: AESGCM(key.secret) for key in keys}

    @property
    def current(self) -> str:
        """The name of the key that seals."""
        return self._current.name

    def encrypt(self, plaintext: bytes, context: str) -> bytes:
        """Key name length, key name, nonce, ciphertext with tag."""
        nonce = os.urandom(NONCE_BYTES)
        name = self._current.name.encode()
        sealed = self._by_name[self._current.name].encrypt(nonce, plaintext, context.encode())
        return bytes([len(name)]) + name + nonce + sealed

    def decrypt(self, ciphertext: bytes, context: str) -> bytes:
        """The plaintext. Raises `UnreadableError` if the key is unknown or anything was altered."""
        name, nonce, sealed = _split(ciphertext)
        try:
            return self._by_name[name].decrypt(nonce, sealed, context.encode())
        except (KeyError, InvalidTag) as error:
            raise UnreadableError(f"cannot decrypt with key {name!r}") from error

    def encrypt_json(self, value: Any, context: str) -> bytes:
        """Like `encrypt`, for a JSON value."""
        return self.encrypt(text_of(value).encode(), context)

    def decrypt_json(self, ciphertext: bytes, context: str) -> Any:
        """Like `decrypt`, for a JSON value."""
        return json.loads(self.decrypt(ciphertext, context))

    def needs_rotation(self, ciphertext: bytes) -> bool:
        """Whether another than the current key sealed this."""
        return _split(ciphertext)[0] != self._current.name


class BlindIndex:
    """A keyed hash that finds an equal value without storing it. Purpose keeps indexes apart."""

    def __init__(self, keys: tuple[Key, ...]) -> None:
        self._keys = keys

    def current(self, purpose: str, value: str) -> bytes:
        """The hash to store."""
        return _keyed_hash(self._keys[0], purpose, value)

    def candidates(self, purpose: str, value: str) -> list[bytes]:
        """The hashes to look for: under the current key and under each older one."""
        return [_keyed_hash(key, purpose, value) for key in self._keys]


def _keyed_hash(key: Key, purpose: str, value: str) -> bytes:
    return hmac.digest(key.secret, f"{purpose}\0{value}".encode(), "sha256")


def _split(ciphertext: bytes) -> tuple[str, bytes, bytes]:
    end = 1 + ciphertext[0]
    name = ciphertext[1:end].decode(errors="replace")
    return name, ciphertext[end : end + NONCE_BYTES], ciphertext[end + NONCE_BYTES :]
