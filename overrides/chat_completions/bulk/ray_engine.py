"""The documented address of the engine for a Ray cluster; it is in `bulk.ray.engine`."""

from chat_completions.bulk.ray.engine import RayEngine as RayEngine
