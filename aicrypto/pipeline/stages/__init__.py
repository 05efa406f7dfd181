"""The stages of the pipeline, one module each: `run(state) -> state` and `check` of its receipt."""
