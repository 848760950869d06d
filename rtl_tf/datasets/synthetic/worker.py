"""A rendering process: reads subject numbers from stdin, writes their pictures, answers with table rows on stdout."""

import json
import sys
from pathlib import Path

from PIL import Image

from rtl_tf.datasets.synthetic.landmark_table import row_of
from rtl_tf.datasets.synthetic.render import render_sample
from rtl_tf.datasets.synthetic.scan_files import write_scan
from rtl_tf.system.atomic import replacing


def render_subject(subject: int, settings: dict[str, int], folder: Path) -> list[dict[str, str]]:
    """Writes all pictures of one subject; returns their rows of the table."""
    rows = []
    for scan in range(settings["scans"]):
        if settings.get("meshes"):
            rows += write_scan(settings["seed"], subject, scan, settings["size"], folder)
            continue
        photograph = bool(settings.get("photographs"))
        rendering, person, picture = render_sample(settings["seed"], subject, scan, settings["size"], photograph)
        image = f"images/{person.name}_{scan}.png"
        with replacing(folder / image) as unfinished:
            Image.fromarray(rendering.image).save(unfinished, compress_level=3)
        rows.append(row_of(image, rendering, person, picture, photograph))
    return rows


def main() -> None:
    settings, folder = json.loads(sys.argv[1]), Path(sys.argv[2])
    for line in sys.stdin:
        print(json.dumps(render_subject(int(line), settings, folder)), flush=True)


if __name__ == "__main__":
    main()
