"""`python -m keptn` is `keptn`."""

import sys

from keptn.cli.main import main

sys.exit(main())
