"""The gateway: the edges, where devices, people and channels meet the twins.

- `gateway`, `gate`, `check`, `limits`, `sequence`, `intake`: how a device's message is taken
- `mqtt`, `dead_letters`: MQTT devices, and what was refused
- `auth`, `secrets`, `nats_config`, `server`: who may do what, and the NATS server
- `device`, `fleet`: what a device runs
- `api`, `console`, `channels`, `offers`, `client`: people
"""
