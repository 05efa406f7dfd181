"""How the work of a run is spread over workers, and kept when the run is interrupted."""
