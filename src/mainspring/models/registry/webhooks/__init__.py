"""Webhooks: addresses that are told what happens to models, signed, retried, and logged."""

from mainspring.core.signing import sign, verify
from mainspring.models.registry.webhooks.courier import Courier
from mainspring.models.registry.webhooks.events import EVENTS, Notice
from mainspring.models.registry.webhooks.hook import Attempt, Delivery, Webhook
from mainspring.models.registry.webhooks.subscriptions import Webhooks

__all__ = ["Attempt", "Courier", "Delivery", "EVENTS", "Notice", "Webhook", "Webhooks", "sign", "verify"]
