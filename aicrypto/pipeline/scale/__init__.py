"""The pipeline's parts at growing size: measured, fitted, checked, and carried on on paper."""
