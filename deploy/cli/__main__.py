"""`python -m deploy.cli`: the same as `vigil`."""

from deploy.cli.app import main

main()
