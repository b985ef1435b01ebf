"""How the product is run: the embedded stack for one machine, and the nopsa command.

Services are started as processes and reached over the network; their code is never imported here.
"""
