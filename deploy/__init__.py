"""Deploy: puts Vigil together, and runs it.

- `cli`: the `vigil` command
- `settings`, `sources`: everything that can be set, and where each value comes from
- `node`, `running`, `ray_local`, `stage`: one machine's Vigil; `watchdog` starts it again
- `report`: what a demo or a load run found, and whether it is good
"""
