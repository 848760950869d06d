"""What a TensorFlow profile says of the device: copies, kernels, time."""

import collections
from pathlib import Path


def device_events(folder: Path) -> dict:
    """Of a profile that `tf.profiler.experimental` wrote: counts of copies and kernels, ms they took together."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    counts, busy, longest = collections.Counter(), 0, collections.Counter()
    for file in folder.rglob("*.xplane.pb"):
        space = xplane_pb2.XSpace()
        space.ParseFromString(file.read_bytes())
        for plane in space.planes:
            if not plane.name.startswith("/device:GPU"):
                continue
            counts["planes"] += 1
            for line in plane.lines:
                if not line.name.startswith("Stream"):
                    continue
                for event in line.events:
                    name = plane.event_metadata[event.metadata_id].name
                    kind = _kind(name)
                    counts[kind] += 1
                    busy += event.duration_ps
                    if kind == "kernels":
                        longest[name[:80]] += event.duration_ps
    total = {name: duration / 1e9 for name, duration in longest.most_common(12)}
    wanted = ("planes", "to_host", "to_device", "kernels", "others")
    return {name: counts[name] for name in wanted} | {"busy_ms": busy / 1e9, "longest": total}


def _kind(name: str) -> str:
    if "MemcpyD2H" in name:
        return "to_host"
    if "MemcpyH2D" in name:
        return "to_device"
    return "others" if name.startswith(("Memcpy", "Memset")) else "kernels"
