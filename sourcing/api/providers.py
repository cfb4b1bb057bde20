"""The API of the providers of contact data. Keys are written and never answered."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from foundation.preconditions import guarded, tagged
from foundation.sparse_fields import narrowed
from sourcing.api.requests import caller, checked, settings_in_turn
from sourcing.finding import selectors as credit_selectors
from sourcing.finding import setup
from sourcing.finding.selectors import Offer
from sourcing.models import ContactKind, FindingProvider


class ProviderSerializer(serializers.Serializer[Any]):
    """A provider this version knows, and how it is set up.

    ``position`` is the place in which it is asked, null while it is not set up. ``cost`` is what it takes for one
    person found, for the report. ``trouble`` says why it is not asked until it is saved again. An empty ``base_url``
    stands for ``default_base_url``.
    """

    slug = serializers.CharField()
    name = serializers.CharField()
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=ContactKind.choices))
    has_key = serializers.BooleanField()
    enabled = serializers.BooleanField()
    position = serializers.IntegerField(allow_null=True)
    base_url = serializers.CharField()
    default_base_url = serializers.CharField()
    cost = serializers.DecimalField(max_digits=10, decimal_places=4)
    currency = serializers.CharField()
    trouble = serializers.CharField()

    def to_representation(self, offer: Offer) -> dict[str, Any]:
        """One that is not set up is off."""
        row = offer.row or FindingProvider(enabled=False)
        told = {
            "slug": offer.slug,
            "name": offer.name,
            "kinds": sorted(offer.provider.kinds),
            "has_key": bool(row.secret),
            "position": offer.row.position if offer.row else None,
            "default_base_url": offer.provider.default_base_url,
            **{name: getattr(row, name) for name in ("enabled", "base_url", "cost", "currency", "trouble")},
        }
        return super().to_representation(told)


class ProviderChangeSerializer(serializers.Serializer[Any]):
    """What may be set. ``key`` is needed for one that is not set up; an empty one keeps the key there is."""

    key = serializers.CharField(max_length=500, required=False, allow_blank=True, write_only=True)
    enabled = serializers.BooleanField(required=False)
    base_url = serializers.CharField(max_length=300, required=False, allow_blank=True)
    cost = serializers.DecimalField(max_digits=9, decimal_places=4, min_value=0, required=False)
    currency = serializers.CharField(max_length=3, required=False)


class ProviderMoveSerializer(serializers.Serializer[Any]):
    """One place earlier, or one later."""

    earlier = serializers.BooleanField()


class Providers(APIView):
    """``/api/v1/credits/providers/``: who can be asked for contact data."""

    right = Right.ORGANISATION_EDIT
    answers_whole = True

    @extend_schema(operation_id="credits_providers", responses=ProviderSerializer(many=True))
    def get(self, request: Request) -> Response:
        """All that this version knows: those set up first, in the order in which they are asked."""
        offers = credit_selectors.offers(caller(request))
        return Response({"results": narrowed(ProviderSerializer(offers, many=True), request)})


class OneProvider(APIView):
    """``/api/v1/credits/providers/<slug>/``: set one up, change it, forget it."""

    right = Right.ORGANISATION_EDIT

    @extend_schema(operation_id="credits_provider", responses=ProviderSerializer)
    @tagged
    def get(self, request: Request, provider: str) -> Response:
        """As in the list."""
        offer = credit_selectors.offer_for(caller(request), provider)
        return Response(narrowed(ProviderSerializer(offer), request))

    @extend_schema(
        operation_id="credits_change_provider",
        request=ProviderChangeSerializer,
        responses=ProviderSerializer,
    )
    @guarded(settings_in_turn)
    def patch(self, request: Request, provider: str) -> Response:
        """Set it up, or change what is sent. Saving also clears its ``trouble``: it is asked again. A new one is asked
        last."""
        actor = caller(request)
        values = checked(ProviderChangeSerializer(data=request.data))
        setup.save(actor=actor, slug=provider, **values)
        return Response(ProviderSerializer(credit_selectors.offer_for(actor, provider)).data)

    @extend_schema(operation_id="credits_remove_provider", responses={204: None})
    def delete(self, request: Request, provider: str) -> Response:
        """Forget it and its key; twice changes nothing. What it found and cost stays."""
        setup.remove(actor=caller(request), slug=provider)
        return Response(status=status.HTTP_204_NO_CONTENT)


class MoveProvider(APIView):
    """``/api/v1/credits/providers/<slug>/move/``: the order in which providers are asked."""

    right = Right.ORGANISATION_EDIT

    @extend_schema(
        operation_id="credits_move_provider",
        request=ProviderMoveSerializer,
        responses=ProviderSerializer(many=True),
    )
    def post(self, request: Request, provider: str) -> Response:
        """Ask it one place earlier or later; at the end of the line nothing happens. Answers all of them in order."""
        actor = caller(request)
        earlier = checked(ProviderMoveSerializer(data=request.data))["earlier"]
        setup.move(actor=actor, slug=provider, earlier=earlier)
        return Response(ProviderSerializer(credit_selectors.offers(actor), many=True).data)
