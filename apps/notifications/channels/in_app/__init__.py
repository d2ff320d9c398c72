"""The inbox itself and its live stream."""
