"""What programmable IP costs: royalties over large graphs, payments, agreement with contracts."""
