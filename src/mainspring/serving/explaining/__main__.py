"""Entry of ``python -m mainspring.serving.explaining``."""

import sys

from mainspring.serving.explaining.main import main

sys.exit(main())
