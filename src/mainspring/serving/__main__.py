"""Entry of ``python -m mainspring.serving``."""

import sys

from mainspring.serving.main import main

sys.exit(main())
