"""What puts Vigil under load, and what it is tried against.

`load.chaos`      what is killed or stopped while devices send, and whether anything is lost
`load.drives`     simulated fleets: recorded and simulated car drives, replayed by many cars
`load.population` customers whose truth is known, for whom it is seen what a policy changes
`load.providers`  towing, rental, workshop and insurer services to test against
Benchmarks stand beside them. All of it uses the other packages; none of them imports it.
"""
