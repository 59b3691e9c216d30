"""The gateway: the edges, where devices, people and channels meet the twins.

- `gateway`, `core`: the Ray actor, and what it does; `gate`, `check`, `limits`, `sequence`,
  `intake`: the way of one message into the log; `mqtt`, `dead_letters`: beside it
- `auth`, `secrets`, `nats_config`, `server`: who may do what, and the NATS server
- `device`, `fleet`: what a device runs; `window`, `backlog`, `link`: what that is made of
- `api`, `console`, `channels`, `wording`, `offers`, `client`: people
"""
