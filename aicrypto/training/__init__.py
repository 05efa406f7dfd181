"""Many parties train one model without trusting each other, over lines a thousand times too slow.

diloco      many steps at home, then one exchange (FedAvg, DiLoCo)
sparse      two bits for one value in sixty-four (SparseLoCo): selection, messages, aggregation
robust      averages that a minority of liars can't move far
gauntlet    what an upload was worth, who copied, who is paid
refereed    the same run by several providers, a quarrel settled by one operator (Verde)
federation  peers of all characters in one process, window by window
ranks       the same over processes and hosts: torch.distributed
language    a language with a known entropy, and a small model of it
layout      named tensors as one vector
"""
