"""Models: versions, aliases, promotion, evidence, cards, what-if.

=============== ==================================================================
module          what is in it
=============== ==================================================================
``shelf``       all that the record knows about a model, remembered until it changes
``origins``     which run, evaluation and gate each version came from
``packages``    what packages say of themselves, and those that are open to answer
``standing``    who signed for an environment, who could, and what is missing
``listing``     models, versions, history
``version``     one version: provenance, signature, files
``judging``     evaluations, verdicts, two versions side by side
``card``        the model card
``predicting``  answers to a row, why, and what would turn them
``deciding``    signing, rejecting, promoting, evidence
``moving``      aliases that go back, or elsewhere
``remarking``   notes, descriptions, tags, archiving
``reproducing`` making a version again
``hooks``       webhooks and what they were told
``finding``     search, and what waits for a signature
=============== ==================================================================
"""

from __future__ import annotations

from mainspring.app.api.operation import operations_in
from mainspring.app.api.subject import Subject
from mainspring.app.api.subjects.models import (
    card,
    deciding,
    finding,
    hooks,
    judging,
    listing,
    moving,
    predicting,
    remarking,
    reproducing,
    shelf,
    version,
)

SUBJECT = Subject(
    name="models",
    operations=operations_in(
        listing.listed,
        listing.search,
        listing.shown,
        listing.versions,
        listing.history,
        listing.aliases,
        version.shown,
        version.packed,
        card.card,
        judging.compare,
        judging.verdicts,
        predicting.question,
        predicting.predict,
        predicting.explain,
        predicting.otherwise,
        predicting.importance,
        deciding.promotion,
        deciding.request,
        deciding.sign,
        deciding.reject,
        deciding.promote,
        moving.rollback,
        moving.move,
        deciding.attach,
        deciding.bless,
        remarking.note,
        remarking.describe,
        remarking.tag,
        remarking.retention,
        remarking.archive,
        reproducing.reproducible,
        reproducing.reproduce,
        hooks.listed,
        hooks.deliveries,
        hooks.add,
        hooks.remove,
        hooks.enable,
        hooks.test,
    ),
    topics={
        "models": lambda shared, _: shelf.stamp(shared),
        "model": shelf.stamp,
        "webhooks": lambda shared, _: [
            (one.id, one.state.value, len(one.attempts)) for one in shared.platform.models.webhooks.log(limit=20)
        ],
    },
    find=finding.find,
    waiting=finding.waiting,
)

__all__ = ["SUBJECT"]
