"""What `config.oauth` asks a token endpoint with. A module of its own, because authlib loads every signature and cipher
it knows (some 150 modules), and most processes sign nobody in: it is imported by the first call that needs it.
"""

from __future__ import annotations

from typing import Any

import requests
from authlib.integrations.requests_client.oauth2_session import OAuth2ClientAuth
from authlib.oauth2.client import OAuth2Client


class TokenClient(OAuth2Client):
    client_auth_class = OAuth2ClientAuth  # the form of it that requests understands

    def parse_response_token(self, resp: requests.Response) -> Any:
        """A rate limit may be told in JSON of the provider's own, which would pass for an answer without a token."""
        if resp.status_code == requests.codes.too_many_requests:
            resp.raise_for_status()
        return super().parse_response_token(resp)
