"""Identifying data: readable with the ring's keys alone, in its own place alone."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.crypto import BlindIndex, FieldCipher, Key, UnreadableError, parse_keys

OLD = Key("2025", b"o" * 32)
NEW = Key("2026", b"n" * 32)


@given(st.binary(max_size=500), st.text(max_size=40))
def test_what_is_encrypted_can_be_read_again(plaintext: bytes, context: str) -> None:
    cipher = FieldCipher((NEW,))
    assert cipher.decrypt(cipher.encrypt(plaintext, context), context) == plaintext


def test_the_same_text_never_looks_the_same_twice() -> None:
    cipher = FieldCipher((NEW,))
    assert cipher.encrypt(b"Testi", "clients/1") != cipher.encrypt(b"Testi", "clients/1")


def test_a_ciphertext_moved_to_another_row_is_unreadable() -> None:
    cipher = FieldCipher((NEW,))
    sealed = cipher.encrypt(b"Testi", "clients/1")
    with pytest.raises(UnreadableError):
        cipher.decrypt(sealed, "clients/2")


@given(st.data())
def test_any_altered_byte_is_noticed(data: st.DataObject) -> None:
    cipher = FieldCipher((NEW,))
    sealed = bytearray(cipher.encrypt(b"some text", "here"))
    position = data.draw(st.integers(0, len(sealed) - 1))
    sealed[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(UnreadableError):
        cipher.decrypt(bytes(sealed), "here")


def test_after_rotation_old_values_stay_readable_and_are_known_as_old() -> None:
    sealed = FieldCipher((OLD,)).encrypt(b"Testi", "here")
    rotated = FieldCipher((NEW, OLD))
    assert rotated.decrypt(sealed, "here") == b"Testi"
    assert rotated.needs_rotation(sealed)
    assert not rotated.needs_rotation(rotated.encrypt(b"Testi", "here"))


def test_without_the_key_nothing_is_readable() -> None:
    with pytest.raises(UnreadableError):
        FieldCipher((NEW,)).decrypt(FieldCipher((OLD,)).encrypt(b"Testi", "here"), "here")


def test_json_values_keep_their_shape() -> None:
    cipher = FieldCipher((NEW,))
    value = {"name": "Äijä", "phones": ["+358401234567"], "known": None}
    assert cipher.decrypt_json(cipher.encrypt_json(value, "x"), "x") == value


def test_equal_values_are_found_and_purposes_are_kept_apart() -> None:
    index = BlindIndex((NEW, OLD))
    assert index.current("identity_code", "131052-308T") == index.current(
        "identity_code", "131052-308T"
    )
    assert index.current("identity_code", "x") != index.current("phone", "x")
    assert BlindIndex((OLD,)).current("a", "x") in index.candidates("a", "x")


def encoded(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).decode()


def test_keys_are_read_in_order_the_current_first() -> None:
    text = f"2026:{encoded(NEW.secret)}, 2025:{encoded(OLD.secret)}"
    assert parse_keys(text) == (NEW, OLD)


@pytest.mark.parametrize("text", ["", "nameless", f":{encoded(b'n' * 32)}", "k:AAAA", "k:%%%"])
def test_malformed_keys_are_refused_without_showing_them(text: str) -> None:
    with pytest.raises(ValueError, match="base64 of 32 bytes") as refusal:
        parse_keys(text)
    assert "AAAA" not in str(refusal.value)
