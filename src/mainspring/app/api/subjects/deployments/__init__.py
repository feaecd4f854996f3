"""Deployments: what is served, how traffic is split, what was asked and answered."""

from __future__ import annotations

from mainspring.app.api.operation import operations_in
from mainspring.app.api.subject import Subject
from mainspring.app.api.subjects.deployments import (
    declaring,
    explaining,
    finding,
    listing,
    moving,
    requests,
    similar,
    telling,
)

SUBJECT = Subject(
    name="deployments",
    operations=operations_in(
        listing.listed,
        listing.shown,
        moving.share,
        moving.advance,
        moving.hold,
        moving.resume,
        moving.promote,
        moving.rollback,
        moving.label,
        requests.requests,
        requests.request,
        requests.reveal,
        explaining.explain,
        similar.similar,
        telling.feedback,
        telling.known,
        declaring.declared,
        declaring.revisions,
        declaring.revision,
        declaring.events,
        declaring.check,
        declaring.deploy,
        declaring.revert,
    ),
    topics={
        "deployments": finding.all_changed,
        "deployment": finding.one_changed,
        "requests": finding.requests_changed,
    },
    find=finding.find,
    waiting=finding.waiting,
)

__all__ = ["SUBJECT"]
