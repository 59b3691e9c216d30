"""Chaos: what is killed or stopped while devices send, and whether anything is lost or doubled.

    vigil chaos --fault kill-host --minutes 2 --report chaos.json

- `run`: one run; `report`: what is asked for and what is found; `house`: the node that is broken
- `devices`: the load, which writes down what it was told; `errand`: twins that cause holds
- `odd`: devices that misbehave; `poison`: twins for them; `promise`: what their twins have to hold
- `faults`: by name; `processes`, `disk`: what they touch, from outside; `pulse`: how long it took
- `written`, `books`: what the log and a company's journal say, read with code of their own
- `soak`: what grows while nothing is done; `checker`: compares all of it
- `table`: reports as rows of `docs/chaos.md`
"""
