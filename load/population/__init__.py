"""Population: many customers with a known truth, whose cars overheat, in real partitions.

- `people`: what would become of each, helped and not, drawn from a seed
- `town`: their cars, companies and behaviour, on a simulated clock
- `findings`: what Vigil says it changed, beside what is so
- `forest`: the same as a drawing
"""

from load.population.findings import Finding, Findings, findings
from load.population.forest import forest
from load.population.people import Life, Person, population
from load.population.town import Town

__all__ = ["Finding", "Findings", "Life", "Person", "Town", "findings", "forest", "population"]
