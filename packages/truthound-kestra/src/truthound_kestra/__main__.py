"""``python -m truthound_kestra check|profile|learn|compare``."""

import sys

from truthound_kestra.cli import main

sys.exit(main())
