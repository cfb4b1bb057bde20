"""/api/v1/pairing/: the browser extension is paired with a user, gets its next tokens, and leaves."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from accounts import pairing
from accounts.api.authentication import ApiTokenAuthentication
from accounts.api.rate_limit import FewMistakes, mistaken
from accounts.models import PairedBrowser
from accounts.permissions import Right, rights_of
from foundation.json_bodies import JSONBody
from foundation.problems import NotAllowed, Problem

#: A code or a token, and a name.
MOST_BYTES = 4096
#: As OpenAPI says it; without it the schema would only be silent.
_NO_LOGIN: list[Any] = [{}]


class TooLarge(Problem):
    """More than anybody has to say here."""

    code: ClassVar[str] = "too_large"
    status: ClassVar[int] = 413
    sentence = "This is too large for a code or a token."


class PairingCodeSerializer(serializers.Serializer[Any]):
    """A code, and what the browser is to be called in Settings."""

    code = serializers.CharField(max_length=40, help_text="Hyphens, spaces and case do not matter.")
    name = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")


class PairingRefreshSerializer(serializers.Serializer[Any]):
    """The refresh token that the last answer held."""

    refresh_token = serializers.CharField(max_length=200)


class PairedWithSerializer(serializers.Serializer[Any]):
    """A user or an organisation."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)


class PairedBrowserSerializer(serializers.Serializer[Any]):
    """What the browser keeps, whom it acts as, and what that allows."""

    access_token = serializers.CharField(read_only=True)
    access_expires_in = serializers.IntegerField(read_only=True, help_text="Seconds.")
    refresh_token = serializers.CharField(read_only=True)
    browser_id = serializers.IntegerField(read_only=True)
    user = PairedWithSerializer(read_only=True)
    organisation = PairedWithSerializer(read_only=True)
    rights = serializers.ListField(child=serializers.CharField(), read_only=True)


_ANSWER = OpenApiExample(
    "Paired",
    response_only=True,
    status_codes=["200", "201"],
    value={
        "access_token": "bkx_mF2yQ…",
        "access_expires_in": 3600,
        "refresh_token": "bkr_8xLOxB….tGzv3JOk…",
        "browser_id": 7,
        "user": {"id": 3, "name": "Alice Aubert"},
        "organisation": {"id": 1, "name": "Northgate Search"},
        "rights": ["api:use", "candidate:edit", "candidate:view"],
    },
)


class _Open(APIView):
    """Methods in ``without_login`` are for whoever holds a code or a token; the others are for paired browsers."""

    without_login: ClassVar[frozenset[str]] = frozenset({"POST"})
    authentication_classes = (ApiTokenAuthentication,)
    parser_classes = (JSONBody,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raises :class:`TooLarge` before anything is read."""
        super().initial(request, *args, **kwargs)
        length = str(request.META.get("CONTENT_LENGTH") or 0)
        if not length.isdigit() or int(length) > MOST_BYTES:
            raise TooLarge

    def get_authenticators(self) -> list[BaseAuthentication]:
        """None where nobody logs in: an old token in the header is not looked at."""
        return [] if self._is_open() else super().get_authenticators()

    def get_permissions(self) -> list[BasePermission]:
        """As :meth:`get_authenticators`."""
        return [] if self._is_open() else super().get_permissions()  # type: ignore[return-value]

    def get_throttles(self) -> list[BaseThrottle]:
        """As :meth:`get_authenticators`."""
        return [FewMistakes()] if self._is_open() else super().get_throttles()

    def handle_exception(self, exc: Exception) -> Response:
        """As everywhere; a code or a refresh token that is not good counts against the address."""
        if self._is_open() and isinstance(exc, pairing.CodeRefused | pairing.PairingEnded):
            mistaken(self.request, self)
        return super().handle_exception(exc)

    def _is_open(self) -> bool:
        # The generator of the schema asks before there is a request.
        return getattr(self.request, "method", None) in self.without_login


class Pairing(_Open):
    """``/api/v1/pairing/``."""

    rights: ClassVar[dict[str, Right]] = {"DELETE": Right.API_USE}

    @extend_schema(
        operation_id="pairing_create",
        auth=_NO_LOGIN,
        request=PairingCodeSerializer,
        responses={201: PairedBrowserSerializer},
        examples=[
            OpenApiExample(
                "A code", request_only=True, value={"code": "7KQ2M-X9F4T", "name": "Chromium on Linux"}
            ),
            _ANSWER,
        ],
    )
    def post(self, request: Request) -> Response:
        """Pair a browser with the code that its user made under Settings, Browser extension. No login.

        422 with the code ``pairing_code_refused``: unknown, expired or used. A code that comes a second time also ends
        what it paired.
        """
        given = PairingCodeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        browser, tokens = pairing.redeem(now=timezone.now(), **given.validated_data)
        return _told(browser, tokens, status.HTTP_201_CREATED)

    @extend_schema(operation_id="pairing_end", request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        """Disconnect the browser whose access token this is."""
        browser = request.auth
        if not isinstance(browser, PairedBrowser):
            raise NotAllowed(
                "Only a paired browser ends its own pairing. Others are disconnected in Settings."
            )
        pairing.disconnect(actor=browser.user, browser=browser, now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class PairingRefresh(_Open):
    """``/api/v1/pairing/refresh/``."""

    #: Nobody is asked for it; every other method is none of this address.
    rights: ClassVar[dict[str, Right]] = {"POST": Right.API_USE}

    @extend_schema(
        operation_id="pairing_refresh",
        auth=_NO_LOGIN,
        request=PairingRefreshSerializer,
        responses={200: PairedBrowserSerializer},
        examples=[
            OpenApiExample(
                "The last one", request_only=True, value={"refresh_token": "bkr_8xLOxB….9dPq1Zr…"}
            ),
            _ANSWER,
        ],
    )
    def post(self, request: Request) -> Response:
        """The next tokens; the same ones again until one of them has been used. No login.

        401 with the code ``pairing_ended``: disconnected, unused for 90 days, or its user is out. A token that was
        replaced before the last one ends the browser.
        """
        given = PairingRefreshSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        browser, tokens = pairing.refresh(token=given.validated_data["refresh_token"], now=timezone.now())
        return _told(browser, tokens, status.HTTP_200_OK)


def _told(browser: PairedBrowser, tokens: pairing.Tokens, answer: int) -> Response:
    body = {
        "access_token": tokens.access,
        "access_expires_in": int(pairing.ACCESS_LASTS.total_seconds()),
        "refresh_token": tokens.refresh,
        "browser_id": browser.pk,
        "user": browser.user,
        "organisation": browser.user.organisation,
        "rights": rights_of(browser.user),
    }
    return Response(PairedBrowserSerializer(body).data, status=answer, headers={"Cache-Control": "no-store"})
