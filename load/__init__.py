"""What puts Vigil under load: simulated fleets, benchmarks and test providers.

`load.drives`      recorded and simulated car drives, replayed as a fleet
`load.bench`       how many events a second, how late, on which machine
`load.providers`   towing, rental, workshop and insurer services to test against
`load.*`           stands on the other packages; none of them imports it
"""
