"""What every test shares: one torch thread, as two workers run on two cores."""

import torch

torch.set_num_threads(1)
