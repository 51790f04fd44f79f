"""A phone's fingerprint reader that always agrees: it makes a passkey and signs with it, without a browser."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

FLAG = AuthenticatorData.FLAG
PROVEN = FLAG.UP | FLAG.UV  # somebody was there, and it was the right finger


class Reader:
    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        self.owner, self.used = "", 0

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        """What a phone sends to add the passkey."""
        wanted = options["publicKey"]
        self.owner = wanted["user"]["id"]
        public = ES256.from_cryptography_key(self.key.public_key())
        kept = AttestedCredentialData.create(bytes(16), self.id, public)
        data = AuthenticatorData.create(_hashed(wanted["rp"]["id"]), PROVEN | FLAG.AT, 0, kept)
        return self._credential(
            clientDataJSON=self._said("webauthn.create", wanted),
            attestationObject=AttestationObject.create("none", data, {}),
        )

    def sign(self, options: dict[str, Any]) -> dict[str, Any]:
        """What it sends to prove that it has it."""
        wanted = options["publicKey"]
        self.used += 1
        data = AuthenticatorData.create(_hashed(wanted["rpId"]), PROVEN, self.used)
        said = self._said("webauthn.get", wanted)
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        credential = self._credential(clientDataJSON=said, authenticatorData=data, signature=signature)
        credential["response"]["userHandle"] = self.owner
        return credential

    def _said(self, kind: str, wanted: dict[str, Any]) -> CollectedClientData:
        return CollectedClientData.create(kind, wanted["challenge"], self.origin)

    def _credential(self, **response: bytes) -> dict[str, Any]:
        return {
            "type": "public-key",
            "id": websafe_encode(self.id),
            "rawId": websafe_encode(self.id),
            "response": {name: websafe_encode(value) for name, value in response.items()},
            "clientExtensionResults": {"credProps": {"rk": True}},
        }


def _hashed(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
