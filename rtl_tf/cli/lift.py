"""`rtl-lift`: landmarks on the texture of a scan, on its surface. TensorFlow only where a detector finds them."""

from pathlib import Path

from rtl_tf.cli import Parser, run, start_tensorflow
from rtl_tf.cli.yardstick_flags import (
    add_yardsticks,
    check_facts,
    check_names,
    check_yardsticks,
    read_yardsticks,
    with_finders,
)
from rtl_tf.exceptions import InputError

MM_PER_UNIT = (1e-6, 1e6)


def main(arguments: list[str]) -> int:
    options = make_parser().parse_args(arguments)
    _check(options)
    from rtl_tf.clinic.facts import read_facts
    from rtl_tf.clinic.lift_files import lift_files, lift_text
    from rtl_tf.clinic.lifted import Lifting, lift
    from rtl_tf.clinic.lifted_measured import face_of_half, measure_half
    from rtl_tf.clinic.texture_views import views_of_detector, views_of_table
    from rtl_tf.datasets.meshes.obj import read_obj
    from rtl_tf.system.atomic import write_together

    folder = options.output or Path(f"{options.mesh.stem}_lifted")
    yardsticks = read_yardsticks(options)
    facts = read_facts(options.facts, options.subjects_as_written) if options.facts else None
    mesh = read_obj(options.mesh, options.texture)
    if options.points:
        schema, views, problems = views_of_table(mesh, options.points, options.schema, options.subjects_as_written)
    else:
        schema, views, problems = views_of_detector(mesh, options.run, options.all_faces, start_tensorflow)
    check_names(options, yardsticks, schema)
    how = Lifting(options.reach, options.mm_per_unit)
    try:
        halves = lift(mesh, views, schema, how)
    except InputError as problem:
        raise InputError(f"{options.mesh}: {problem}") from problem
    faces = [face_of_half(options.mesh, mesh, half, how, facts) for half in halves]
    if options.points:
        faces = with_finders(options, faces, options.points)
    measured = [
        measure_half(half, face, mesh, schema, how, yardsticks) for half, face in zip(halves, faces, strict=True)
    ]
    files = lift_files(options.mesh, mesh, halves, measured, schema, how, folder)
    for name in files:
        if (folder / name).exists():
            raise InputError(f"--output {folder}: {folder / name} is there already; remove it, or name another folder")
    write_together(folder, files)
    unit = f"a unit is {how.mm_per_unit:g} mm" + (" (taken for granted)" if options.mm_per_unit is None else "")
    textures = ", ".join(texture.name for texture in mesh.textures)
    print(f"{options.mesh}: {len(mesh.triangles)} triangles, {unit}; texture {textures}")
    print("\n".join([*problems, "", lift_text(mesh, halves, measured, schema), ""]))
    print(f"written: {', '.join(str(folder / name) for name in files)}")
    return 0


def _check(options) -> None:
    """InputError for flags that make no sense, before anything is read."""
    low, high = MM_PER_UNIT
    if options.mm_per_unit is not None and not low <= options.mm_per_unit <= high:
        raise InputError(f"--mm-per-unit {options.mm_per_unit:g}: not between {low:g} and {high:g}")
    if not 0 <= options.reach <= 100:
        raise InputError(f"--reach {options.reach:g}: not between 0 and 100")
    if options.points and options.all_faces:
        raise InputError("--all-faces goes with --run: a table has the faces that it has")
    if options.run and options.schema:
        raise InputError("--schema goes with --points: a detector has its own")
    if options.output and options.output.exists() and not options.output.is_dir():
        raise InputError(f"--output {options.output}: a file; name a folder")
    check_yardsticks(options)
    if not options.points:
        check_facts(options)


def make_parser() -> Parser:
    parser = Parser(
        prog="rtl-lift",
        description="Lift landmarks on the texture of a scan (3dMD: OBJ, MTL and images) to its surface by the UV "
        "coordinates: points in space, distances that no view shortens, each with an interval, z-scores against norms "
        "that are named, and a list of points for 3D Slicer. Research use, no diagnosis.",
        epilog="Points outside all charts are taken to the nearest place within --reach px, or are nowhere; the column "
        "note of lifted.csv says so. Exit status 2: nothing was written.",
        allow_abbrev=False,
    )
    parser.add_argument("mesh", type=Path, metavar="OBJ", help="textured mesh, its MTL file and images beside it")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--run", type=Path, metavar="MODEL", help="run folder or exported file: the face on each texture is found"
    )
    source.add_argument(
        "--points", type=Path, metavar="TABLE",
        help="landmarks on the textures, as predict.py or rtl-convert write them, or labelled data of any format",
    )  # fmt: skip
    parser.add_argument(
        "--all-faces", action="store_true",
        help="with --run: all faces of a texture, which can show the head from several cameras [the largest]",
    )  # fmt: skip
    parser.add_argument(
        "--schema", metavar="NAME", help="landmarks of the table: fas14, fas12, ibug68 or a .toml file [by the table]"
    )
    parser.add_argument(
        "--texture", type=Path, metavar="IMAGE", help="image on which all faces of the mesh lie [by its MTL file]"
    )
    parser.add_argument(
        "--mm-per-unit",
        type=float,
        metavar="MM",
        help="unit of the mesh: 1000 for metres [1, if it is as large as a head]",
    )
    add_yardsticks(
        parser,
        "what is known of the person: a CSV with image (the OBJ file, or one of its textures) and subject, age, sex",
    )
    parser.add_argument(
        "--reach", type=float, metavar="PX", default=2.0, help="how far from all charts a point may lie [2]"
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="folder; no file in it is replaced [NAME_lifted, by the mesh]"
    )
    return parser


def entry() -> None:
    """`rtl-lift`."""
    run(main)


if __name__ == "__main__":
    entry()
