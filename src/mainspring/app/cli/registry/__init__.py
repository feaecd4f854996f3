"""``mainspring models``, ``promote``, ``sign``, ``webhooks``: the registry on the command line."""

from __future__ import annotations

import click

from mainspring.app.cli.groups import LazyGroup

_COMMANDS = {
    "archive": "retention:archive",
    "bless": "remarks:bless",
    "compare": "compare:compare",
    "describe": "remarks:describe",
    "import": "importing:import_",
    "note": "remarks:note",
    "search": "search:search",
    "show": "show:show",
    "tag": "remarks:tag",
}
_SUMMARIES = {
    "archive": "Archive the versions that nothing needs; only says which, unless told to.",
    "bless": "Say that a version may be used, or that it may not any more.",
    "compare": "Two versions side by side: code, data, parameters, metrics, signature.",
    "describe": "Say in words what a model or a version is.",
    "import": "Register a model that was made elsewhere.",
    "note": "Remark something about a model or a version.",
    "search": "Find versions by metric, tag, alias, parameter.",
    "show": "The registered models; or the versions, aliases and history of one.",
    "tag": "Give a model or a version tags, or take them away.",
}


@click.group(
    cls=LazyGroup,
    package="mainspring.app.cli.registry",
    commands=_COMMANDS,
    summaries=_SUMMARIES,
    default="show",
    bare=True,
    epilog="\b\nExamples:\n  mainspring models\n  mainspring models taxi\n"
    "  mainspring models compare taxi 1.0.0 1.1.0\n"
    "  mainspring models search \"accuracy > 0.9 and tag.team = 'risk'\"",
)
def models() -> None:
    """The registered models, their versions, aliases and history.

    Without a command: all models; with a NAME alone: that one.
    """


_HOOKS = {
    "add": "hooks:add",
    "deliver": "hooks:deliver",
    "enable": "hooks:enable",
    "list": "hooks:list_",
    "log": "hooks:log",
    "remove": "hooks:remove",
    "test": "hooks:test",
}
_HOOKS_TOLD = {
    "add": "Tell an address of what happens to models.",
    "deliver": "Tell what is due now.",
    "enable": "Tell it things again after it was disabled.",
    "list": "All webhooks.",
    "log": "What was told, with every attempt.",
    "remove": "Tell it nothing any more.",
    "test": "Send an event for trying it out.",
}


@click.group(
    cls=LazyGroup,
    package="mainspring.app.cli.registry",
    commands=_HOOKS,
    summaries=_HOOKS_TOLD,
    default="list",
    bare=True,
    epilog="\b\nExamples:\n  mainspring webhooks add ops https://host/hook\n  mainspring webhooks log ops",
)
def webhooks() -> None:
    """Addresses that are told what happens to models: signed, retried, logged.

    The process that changed something tells at once what it can. `mainspring scheduler` and `mainspring webhooks
    deliver` tell what is left.
    """
