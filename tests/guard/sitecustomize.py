"""Python imports this by itself in every child of the tests, whose PYTHONPATH names this folder."""

import loopback_only

loopback_only.install()
