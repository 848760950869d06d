"""Frames of films: which, when, which way up; and what is said of damaged ones."""

import subprocess
import sys
from fractions import Fraction

import imageio_ffmpeg
import numpy as np
import pytest
from film_files import number_of, numbered, turn_film, write_film, write_sound

from rtl_tf.datasets.files import is_film
from rtl_tf.datasets.films import Film, Thinning, from_films
from rtl_tf.exceptions import InputError


def every(number, time_s):
    return True


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.MOV", "a.avi"])
def test_all_frames_in_order_with_their_times(tmp_path, name):
    codec = {"codec": "mpeg4", "qmax": "2"} if name == "a.avi" else {}
    film = Film(write_film(tmp_path / name, numbered(20), **codec))
    frames = list(film.frames(every))
    assert [frame.number for frame in frames] == [number_of(frame.pixels) for frame in frames] == list(range(20))
    assert [frame.time_s for frame in frames] == pytest.approx([index / 10 for index in range(20)])
    assert film.damage == "" and film.seconds == pytest.approx(2)
    assert is_film(film.path)


def test_frames_that_come_at_odd_times_have_those(tmp_path):
    times = [0, 40, 200, 210, 1000, 1033]
    film = Film(write_film(tmp_path / "a.mp4", numbered(6), [500 + time for time in times]))
    assert [frame.time_s for frame in film.frames(every)] == pytest.approx([time / 1000 for time in times])


def test_frames_are_read_as_they_are_asked_for(tmp_path):
    asked = []
    frames = Film(write_film(tmp_path / "a.mp4", numbered(20))).frames(lambda *frame: asked.append(frame) or True)
    next(frames), next(frames)
    assert len(asked) == 2


def test_thinned_frames(tmp_path):
    film = Film(write_film(tmp_path / "a.mp4", numbered(20)))

    def numbers(thinning):
        return [frame.number for frame in film.frames(thinning.chooser())]

    assert numbers(Thinning(every=7)) == [0, 7, 14]
    assert numbers(Thinning(per_second=2)) == [0, 5, 10, 15]
    assert numbers(Thinning(per_second=3)) == [0, 4, 7, 10, 14, 17]  # the first at or after 0, 1/3, 2/3, ... s
    assert numbers(Thinning(per_second=1000)) == list(range(20))
    assert Thinning(every=7).expected(20, 2.0) == 3 and Thinning(per_second=2).expected(20, 2.0) == 4
    chosen = Thinning(per_second=1).chooser()
    assert [chosen(0, time) for time in (0, 0.5, 3.2, 3.9, 4.0)] == [True, False, True, False, True]


TURNS = {"right": (0, 1, -1, 0), "half": (-1, 0, 0, -1), "left": (0, -1, 1, 0)}


@pytest.mark.parametrize("matrix", [*TURNS.values(), (-1, 0, 0, 1)], ids=[*TURNS, "mirrored"])
def test_films_of_turned_cameras_are_upright(tmp_path, matrix):
    """As FFmpeg's own program shows them."""
    path = write_film(tmp_path / "a.mp4", numbered(3))
    turn_film(path, matrix)
    reader = imageio_ffmpeg.read_frames(str(path))
    width, height = next(reader)["size"]
    expected = np.frombuffer(next(reader), np.uint8).reshape(height, width, 3)
    found = next(Film(path).frames(every)).pixels
    assert found.shape == expected.shape == ((64, 48, 3) if matrix[0] == 0 else (48, 64, 3))
    assert np.abs(found.astype(int) - expected).max() <= 2


def test_pixels_are_square(tmp_path):
    """Camcorders of standard definition write 720 px for a width of 1024."""
    path = write_film(tmp_path / "a.mp4", numbered(2), aspect=Fraction(3, 2))
    assert next(Film(path).frames(every)).pixels.shape == (48, 96, 3)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_of_a_film_that_is_cut_off_there_are_the_frames_before(tmp_path, name):
    path = write_film(tmp_path / name, [np.random.default_rng(0).permuted(image) for image in numbered(20)])
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 5])
    film = Film(path)
    numbers = [frame.number for frame in film.frames(every)]
    assert numbers == list(range(len(numbers))) and 5 <= len(numbers) <= 8
    assert film.damage == (
        f"damaged: {len(numbers)} frames can be read, the last at {(len(numbers) - 1) / 10:.2f} s of 2.00 s"
    )


def test_after_damage_it_goes_on_with_the_next_frame_that_needs_no_other(tmp_path):
    import av

    path = write_film(tmp_path / "a.mp4", numbered(20), g="5", bf="0")
    with av.open(str(path)) as film:
        places = {round(packet.pts * packet.time_base * 10): packet for packet in film.demux(video=0) if packet.size}
    content = bytearray(path.read_bytes())
    content[places[6].pos : places[6].pos + 4] = b"\xff\xff\xff\xff"  # the length of what follows
    path.write_bytes(content)
    film = Film(path)
    seen = [(number_of(frame.pixels), round(frame.time_s * 10)) for frame in film.frames(every)]
    assert seen == [(index, index) for index in (*range(6), *range(10, 20))]
    assert film.damage == "damaged: 16 frames can be read, the last at 1.90 s of 2.00 s"


def test_what_is_no_film_is_said_in_one_line(tmp_path):
    (tmp_path / "text.mp4").write_text("no film")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "folder.mp4").mkdir()
    whole = write_film(tmp_path / "a.mp4", numbered(3))
    (tmp_path / "list.mp4").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{whole}\n#EXT-X-ENDLIST\n")
    write_sound(tmp_path / "sound.mp4")
    unreadable = "not a film that can be read (a recording that was cut off may lack its index)"
    problems = {
        "text.mp4": unreadable,
        "list.mp4": unreadable,  # which would have another file opened
        "empty.mp4": "the file is empty",
        "folder.mp4": "not a file",
        "missing.mp4": "no such film",
        "sound.mp4": "a file without moving pictures, sound alone",
    }
    for name, problem in problems.items():
        with pytest.raises(InputError) as raised:
            Film(tmp_path / name)
        assert str(raised.value) == f"{tmp_path / name}: {problem}"
    listing = from_films([whole, tmp_path / "text.mp4"])
    assert [photograph.problem for photograph in listing.photographs] == ["", f"{tmp_path / 'text.mp4'}: {unreadable}"]
    assert from_films([whole, tmp_path / "text.mp4", tmp_path / "." / whole.name]).skipped == {"film named twice": 1}
    with pytest.raises(InputError, match=r"text\.mp4: not a film .*2 with errors"):
        from_films([tmp_path / "text.mp4", tmp_path / "empty.mp4"])


def test_without_the_package_it_is_named():
    code = """if True:
        import sys
        sys.modules["av"] = None
        from rtl_tf.cli import run
        from rtl_tf.cli.predict import main
        run(main, ["run", "a.mp4"])
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, 'error: a.mp4: a film; pip install -e ".[video]" reads them\n')
