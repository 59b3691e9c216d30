"""The `vigil` command.

- `app` puts it together: one module a group of commands, registered in one place
- `twins`, `finding`, `watching`: what the API offers; `cluster`, `config`: this machine's node
- `connection`, `output`, `values`, `process`: what they share
"""

from deploy.cli.app import main

__all__ = ["main"]
