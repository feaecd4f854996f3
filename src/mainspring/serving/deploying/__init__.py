"""Deployment as configuration: files say what is served, and a reconciler makes a server follow them.

:class:`Deployments` checks files, compares them with what is wanted, accepts them and takes them back. A
:class:`Reconciler` brings a running server to what is wanted. Files come from a :class:`FolderSource` or a
:class:`GitSource`.
"""

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
