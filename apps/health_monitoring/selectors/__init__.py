"""Reads of health monitoring; each takes the viewer and shows only what that viewer may see."""
