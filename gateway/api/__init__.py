"""The API: what operators, employees, customers and devices without NATS reach over HTTP.

- `app` puts it together; `services` is all that it needs of the cluster, `cluster` the real one
- `events` (devices), `twins`, `overview`, `stream` (operators), `offer` (customers), `page`
- `cloudevents`, `arrangement`, `live`, `pulse`: what they are made of
- `edge`, `access`, `problems`, `errors`, `models`, `context`: what they share
"""
