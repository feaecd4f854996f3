"""Deployment as configuration: files say what is served, and a reconciler makes a server follow them.

:class:`Deployments` checks files, compares them with what is wanted, accepts them and takes them back. A
:class:`Reconciler` brings a running server to what is wanted. Files come from a :class:`FolderSource` or a
:class:`GitSource`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring.core.lazy import lazily

if TYPE_CHECKING:
    from mainspring.serving.deploying.archive import Archive, Event
    from mainspring.serving.deploying.checking import Checked
    from mainspring.serving.deploying.declaration import Declaration, DeclaredModel, Resources, Thresholds, schema
    from mainspring.serving.deploying.deployments import Deployments
    from mainspring.serving.deploying.difference import Difference, FieldChange
    from mainspring.serving.deploying.git import GitSource, git_source
    from mainspring.serving.deploying.ports import Found, Models, NoModels, Recorder, Server
    from mainspring.serving.deploying.problems import DeclarationError, Problem
    from mainspring.serving.deploying.reading import Declared, read
    from mainspring.serving.deploying.reconciler import Reconciler
    from mainspring.serving.deploying.revision import File, Pinned, Revision
    from mainspring.serving.deploying.sources import FolderSource, Snapshot, Source, file_at, files_of
    from mainspring.serving.deploying.status import Standing, Status

__all__ = [
    "Archive",
    "Checked",
    "Declaration",
    "DeclarationError",
    "Declared",
    "DeclaredModel",
    "Deployments",
    "Difference",
    "Event",
    "FieldChange",
    "File",
    "FolderSource",
    "Found",
    "GitSource",
    "Models",
    "NoModels",
    "Pinned",
    "Problem",
    "Reconciler",
    "Recorder",
    "Resources",
    "Revision",
    "Server",
    "Snapshot",
    "Source",
    "Standing",
    "Status",
    "Thresholds",
    "file_at",
    "files_of",
    "git_source",
    "read",
    "schema",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "Archive": "archive",
        "Checked": "checking",
        "Declaration": "declaration",
        "DeclarationError": "problems",
        "Declared": "reading",
        "DeclaredModel": "declaration",
        "Deployments": "deployments",
        "Difference": "difference",
        "Event": "archive",
        "FieldChange": "difference",
        "File": "revision",
        "FolderSource": "sources",
        "Found": "ports",
        "GitSource": "git",
        "Models": "ports",
        "NoModels": "ports",
        "Pinned": "revision",
        "Problem": "problems",
        "Reconciler": "reconciler",
        "Recorder": "ports",
        "Resources": "declaration",
        "Revision": "revision",
        "Server": "ports",
        "Snapshot": "sources",
        "Source": "sources",
        "Standing": "status",
        "Status": "status",
        "Thresholds": "declaration",
        "file_at": "sources",
        "files_of": "sources",
        "git_source": "git",
        "read": "reading",
        "schema": "declaration",
    },
)
