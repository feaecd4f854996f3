"""Sources: files, folders, globs, databases and the objects of other libraries, read as one table.

What reads which kind of file or URL comes in through the plugin door (``mainspring_sources``).
"""

from mainspring.data.sources.finding import find_files
from mainspring.data.sources.fingerprints import fingerprint
from mainspring.data.sources.ports import Reader
from mainspring.data.sources.reading import read

__all__ = ["Reader", "find_files", "fingerprint", "read"]
