"""The demo: a fleet of cars, three stories, and a report of what became of every event.

- `cast`, `world`     who there is: cars, owners, desks, employees; providers and what they own
- `breakdown`, `car`  which cars get hot and when; how a car drives, and answers commands
- `fleet`, `people`, `providers`   what plays around Vigil: cars, customers and employees, companies
- `stories`, `watch`  what has to happen in each story, and watching it happen through the API
- `count`, `report`   what became of every event that was sent; the JSON
- `scene`, `screen`   what is shown, and how
- `memory`, `show`    what the next start carries on with; the whole run
"""
