"""The demo: a fleet of cars, three stories, and a report of what became of every event.

- `run`, `show`       what the command wants; one run from start to report
- `cast`, `world`     who there is: cars, owners, desks, employees; companies and what they own
- `plan`, `breakdown`, `car`   what each car drives, which get hot, how one obeys
- `fleet`, `people`, `inbox`, `providers`   what plays around Vigil: cars, persons, companies
- `stories`, `watch`, `api`    what has to happen in each story, and seeing it happen
- `count`, `report`, `memory`  what became of every event; the JSON; what the next start needs
- `scene`, `screen`, `wording` what there is to see, and how it is shown
"""
