"""Opens whatever is served under a name and a version."""

from __future__ import annotations

from mainspring.models.package import Package
from mainspring.serving.configuration import cores
from mainspring.serving.model_files import model_file
from mainspring.serving.ports import Answering
from mainspring.serving.predictor import Predictor
from mainspring.serving.repository.options import ModelOptions
from mainspring.serving.repository.sources import PackageAt
from mainspring.serving.threads import tune_package


def open_model(at: PackageAt, options: ModelOptions) -> Answering:
    """Load a model and warm it up: it has answered when this returns.

    Raises:
        MainspringError: If it cannot be loaded, or does not answer its own example.
    """
    if options.component is not None:
        # Imported here: most servers have no such model.
        from mainspring.serving.components.opening import open_component

        return open_component(options.component, name=at.name, version=at.version)
    file = model_file(at.folder)
    if file is not None:
        from mainspring.serving.bare_files import open_file

        return open_file(file, name=at.name, version=at.version, threads=options.threads, trust=options.trust)
    package = Package.load(at.folder)
    threads = tune_package(package, most=cores()).threads if options.threads == "auto" else options.threads
    predictor = Predictor(package, name=at.name, version=at.version, threads=threads)
    predictor.warm(package.input_example)
    return predictor
