"""Small valid data sets in every format: `maker(folder)` writes one."""

import csv
import importlib.util
import json
from pathlib import Path

import numpy as np
from PIL import Image

from rtl_tf.schema import load_schema, schema_text

SIZE = 40  # px
PEOPLE, SCANS = 2, 2
NAMES = load_schema("fas12").names
BOX = {"box_left": -0.5, "box_top": -0.5, "box_side": SIZE}


def photograph(path: Path, seed: int = 0) -> None:
    """A noisy picture of SIZE px."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (SIZE, SIZE, 3), np.uint8)).save(path)


def faces(folder: Path, landmarks: int = len(NAMES), people: int = PEOPLE) -> list[tuple[str, str, np.ndarray]]:
    """(file name, subject, points (K, 2)) of photographs that are written into `folder`."""
    found = []
    for person in range(people):
        for scan in range(SCANS):
            name = f"p{person}_{scan}.png"
            photograph(folder / name, 10 * person + scan)
            points = np.random.default_rng(person + scan).uniform(4, SIZE - 4, (landmarks, 2)).round(2)
            found.append((name, f"p{person}", points))
    return found


def write_csv(path: Path, rows: list[dict]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def coordinates(points: np.ndarray) -> dict[str, float]:
    columns = [f"{name}_{axis}" for name in NAMES for axis in "xy"]
    return dict(zip(columns, points.ravel(), strict=True))


def table(folder: Path, people: int = PEOPLE) -> None:
    """landmarks.csv with every optional column."""
    more = {"mm_per_px": 0.5, **BOX, "mirrored": "true", "site": "north", "age": 12.5, "code": "001"}
    rows = [
        {"image": f"images/{name}", "subject": subject, **more, **coordinates(points)}
        for name, subject, points in faces(folder / "images", people=people)
    ]
    write_csv(folder / "landmarks.csv", rows)


def boxes(folder: Path) -> None:
    """boxes.csv for `predict.py --table`."""
    rows = [{"image": name, **BOX, "mirrored": "false"} for name, _, _ in faces(folder)]
    write_csv(folder / "boxes.csv", rows)


def measured(folder: Path) -> None:
    """A table of landmarks to be measured, how they err, norms and criteria of one's own."""
    ruler = {"ruler_x1": 1, "ruler_y1": 1, "ruler_x2": 31, "ruler_y2": 41, "ruler_mm": 20}
    more = {"mm_per_px": "", **ruler, "view": "frontal", "yaw": 3, "age": 8, "sex": "f", "mirrored": "false"}
    rows = [{"image": name, "subject": who, **more, **coordinates(points)} for name, who, points in faces(folder)]
    write_csv(folder / "marked.csv", rows)
    names = load_schema("fas12").names
    write_csv(folder / "errors.csv", [{"landmark": name, "xx": 1e-4, "xy": 0, "yy": 1e-4} for name in names])
    covariance = (1e-4 * np.eye(2 * len(names))).tolist()
    (folder / "errors.json").write_text(json.dumps({"landmarks": names, "images": 9, "covariance": covariance}))
    norm = {"measurement": "nasal_height", "source": "Mine", "doi": "", "sex": "both", "ethnicity": "", "n": 9}
    write_csv(folder / "norms.csv", [{**norm, "photo_or_3d": "photo", "age": a, "mean": 45, "sd": 3} for a in (4, 20)])
    limit = {"source": "Mine", "doi": "", "measurement": "nasal_height", "side": "low", "z": -2, "or_equal": "true"}
    write_csv(folder / "criteria.csv", [limit])


def films(folder: Path) -> None:
    """A film of each of three kinds."""
    from film_files import numbered, write_film

    for name in ("a.mp4", "b.mkv", "c.avi"):
        write_film(folder / name, numbered(6), **({"codec": "mpeg4"} if name == "c.avi" else {"g": "3"}))


def filmed(folder: Path) -> None:
    """A table of a film's frames, to be measured and chosen from."""
    from film_files import numbered, write_film

    (_, _, points), *_ = faces(folder)
    write_film(folder / "a.mp4", numbered(3))
    told = {"image": "a.mp4", "yaw": 3, "sharpness": 4.5, "face": "", "error": "", "mm_per_px": 0.5}
    peaks = {f"{name}_peak": 0.9 for name in load_schema("fas12").names}
    rows = [{**told, "frame": index, "time_s": 2.5 * index, **coordinates(points), **peaks} for index in range(3)]
    write_csv(folder / "filmed.csv", rows)


def scan(folder: Path) -> None:
    """A square of 200 mm with a photograph on it, as OBJ and MTL, and a table of landmarks."""
    name, who, points = faces(folder)[0]
    write_csv(folder / "landmarks.csv", [{"image": name, "subject": who, **coordinates(points)}])
    corners = [(x, y) for y in (0, 1) for x in (0, 1)]
    lines = ["mtllib head.mtl", *(f"v {200 * x} {200 * y} 0" for x, y in corners), *(f"vt {x} {y}" for x, y in corners)]
    (folder / "head.obj").write_text("\n".join([*lines, "usemtl skin", "f 1/1 2/2 4/4", "f -4/-4 -1/-1 -2/-2"]))
    (folder / "head.mtl").write_text(f"newmtl skin\nKd 1 1 1\nmap_Kd {name}\n")


def coco(folder: Path) -> None:
    (folder / "faces.json").write_text(json.dumps(_coco(faces(folder))))


def cvat(folder: Path) -> None:
    """As CVAT exports COCO keypoints."""
    (folder / "annotations").mkdir()
    content = json.dumps(_coco(faces(folder / "images" / "default")))
    (folder / "annotations" / "person_keypoints_default.json").write_text(content)


def _coco(labelled: list[tuple[str, str, np.ndarray]]) -> dict:
    images, annotations = [], []
    for number, (name, subject, points) in enumerate(labelled, start=1):
        keypoints = [value for x, y in points for value in (float(x), float(y), 2)]
        images.append({"id": number, "file_name": name, "width": SIZE, "height": SIZE})
        about = {"id": number, "image_id": number, "category_id": 1, "bbox": [0, 0, SIZE, SIZE], "iscrowd": 0}
        more = {"num_keypoints": len(NAMES), "attributes": {"subject": subject, "occluded": False}}
        annotations.append({**about, **more, "keypoints": keypoints})
    category = {"id": 1, "name": "face", "supercategory": "", "keypoints": list(NAMES), "skeleton": [[1, 2]]}
    about = {"info": {"version": "1.0"}, "licenses": [{"id": 0, "name": "none"}]}
    return {**about, "images": images, "annotations": annotations, "categories": [category]}


def pts(folder: Path) -> None:
    for name, _, points in faces(folder, 68):
        body = "\n".join(f"{x:.6f} {y:.6f}" for x, y in points + 1)
        (folder / name).with_suffix(".pts").write_text(f"version: 1\nn_points: 68\n{{\n{body}\n}}\n")


def youtube_faces(folder: Path) -> None:
    rows = [
        {"": name, **{str(column): value for column, value in enumerate(points.ravel())}}
        for name, _, points in faces(folder / "training", 68)
    ]
    write_csv(folder / "training_frames_keypoints.csv", rows)


def labelme(folder: Path) -> None:
    """A JSON file beside every image."""
    for name, _, points in faces(folder):
        shapes = [
            {"label": label, "points": [list(point)], "shape_type": "point", "group_id": None, "flags": {}}
            for label, point in zip(NAMES, points.tolist(), strict=True)
        ]
        about = {"version": "5.5.0", "flags": {}, "imagePath": name, "imageData": None}
        content = {**about, "shapes": shapes, "imageHeight": SIZE, "imageWidth": SIZE}
        (folder / name).with_suffix(".json").write_text(json.dumps(content))


def label_studio(folder: Path) -> None:
    """One JSON file with a list of tasks; places are in percent of the image."""
    tasks = []
    for number, (name, _, points) in enumerate(faces(folder / "images")):
        about = {"type": "keypointlabels", "original_width": SIZE, "original_height": SIZE, "image_rotation": 0}
        places = (points / SIZE * 100).tolist()
        result = [
            {**about, "id": label, "value": {"x": x, "y": y, "width": 0.5, "keypointlabels": [label]}}
            for label, (x, y) in zip(NAMES, places, strict=True)
        ]
        annotations = [{"id": number, "was_cancelled": False, "result": result}]
        tasks.append({"id": number, "data": {"image": f"/data/upload/1/ab12cd34-{name}"}, "annotations": annotations})
    (folder / "project.json").write_text(json.dumps(tasks))


def deeplabcut(folder: Path) -> None:
    """CollectedData_<scorer>.csv with its three rows of headers, in the folder of the images."""
    place = Path("labeled-data") / "images"
    rows = [[*place.parts, name, *map(str, points.ravel())] for name, _, points in faces(folder / place)]
    count = len(NAMES)
    head = [["scorer", "", "", *["me"] * 2 * count], ["bodyparts", "", "", *(n for n in NAMES for _ in "xy")]]
    head.append(["coords", "", "", *["x", "y"] * count])
    with open(folder / place / "CollectedData_me.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(head + rows)


def tps(folder: Path) -> None:
    """One text file, y upwards."""
    lines: list[str] = []
    for name, subject, points in faces(folder / "images"):
        places = [f"{x:g} {SIZE - y:g}" for x, y in points]
        lines += [f"LM={len(NAMES)}", *places, f"IMAGE=images/{name}", f"ID={subject}", "SCALE=0.5"]
    (folder / "faces.tps").write_text("\n".join(lines))


def morphoj(folder: Path) -> None:
    """One text file beside its images, y upwards."""
    lines = ["\t".join(["ID", *(f"{name}_{axis}" for name in NAMES for axis in "xy")])]
    for name, _, points in faces(folder):
        lines.append("\t".join([Path(name).stem, *(f"{x:g}\t{SIZE - y:g}" for x, y in points)]))
    (folder / "faces.txt").write_text("\n".join(lines))


def slicer(folder: Path) -> None:
    """A `.mrk.json` file beside every image."""
    for name, subject, points in faces(folder):
        controls = [
            {"label": label, "description": f"subject={subject}", "position": [x, y, 0], "positionStatus": "defined"}
            for label, (x, y) in zip(NAMES, points.tolist(), strict=True)
        ]
        markup = {"type": "Fiducial", "coordinateSystem": "LPS", "controlPoints": controls}
        (folder / name).with_suffix(".mrk.json").write_text(json.dumps({"markups": [markup]}))


def predictions(folder: Path) -> None:
    """found.csv as predict.py writes it."""
    rows = [
        {"image": f"images/{name}", "face": "", **BOX, "mirrored": "false", "detector": "ab12", "error": ""}
        | coordinates(points)
        | {f"{label}_peak": 0.5 for label in NAMES}
        for name, _, points in faces(folder / "images")
    ]
    write_csv(folder / "found.csv", rows)


def schema(folder: Path) -> None:
    (folder / "own.toml").write_text(schema_text("fas12"), encoding="utf-8")


def pictures(kind: str, folder: Path) -> None:
    """Files of one of the kinds PICTURES."""
    rng = np.random.default_rng(0)
    colours = Image.fromarray(rng.integers(0, 256, (SIZE, SIZE, 3), np.uint8))
    grey16 = Image.fromarray(rng.integers(0, 2**16, (SIZE, SIZE), np.uint16))
    PICTURES[kind](folder, colours, grey16)


def turned() -> Image.Exif:
    """A quarter turn."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def jpeg(folder: Path, colours: Image.Image, grey16: Image.Image) -> None:
    colours.save(folder / "turned.jpg", exif=turned())
    colours.convert("CMYK").save(folder / "cmyk.jpg", progressive=True)


def png(folder: Path, colours: Image.Image, grey16: Image.Image) -> None:
    colours.save(folder / "turned.png", exif=turned())
    colours.convert("RGBA").save(folder / "alpha.png")
    grey16.save(folder / "grey16.png")


def tiff(folder: Path, colours: Image.Image, grey16: Image.Image) -> None:
    grey16.save(folder / "grey16.tif")
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        colours.save(folder / f"{compression}.tif", compression=compression)


def others(folder: Path, colours: Image.Image, grey16: Image.Image) -> None:
    palette = colours.convert("P")
    palette.save(folder / "two.gif", save_all=True, append_images=[palette])
    colours.save(folder / "plain.bmp")
    colours.save(folder / "plain.webp", lossless=True)


def heic(folder: Path, colours: Image.Image, grey16: Image.Image) -> None:
    import pillow_heif

    pillow_heif.from_pillow(colours).save(folder / "photo.heic")


PICTURES = {"jpeg": jpeg, "png": png, "tiff": tiff, "gif, bmp, webp": others}
if importlib.util.find_spec("pillow_heif"):  # an extra
    PICTURES["heic"] = heic
