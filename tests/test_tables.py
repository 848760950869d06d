"""The numbers of the tables against hand-worked ones and plain loops, and the tables as they are written."""

import csv
from itertools import product

import numpy as np
import pytest
from fake_runs import make_run
from scipy import stats

from rtl_tf.evaluation.metrics import summarize
from rtl_tf.exceptions import InputError
from rtl_tf.reports.cells import judge
from rtl_tf.reports.report import make_report, report_text, write_report
from rtl_tf.reports.subgroups import groups_by, order_of
from rtl_tf.reports.tables import TABLES, get_table, rows_of
from rtl_tf.runs.finding import find_runs
from rtl_tf.runs.predictions import read_predictions, write_predictions
from rtl_tf.runs.selection import select
from rtl_tf.schema import load_schema


def report(root, name="1", by=None):
    return make_report(name, find_runs(root)[0], root, by)


def cells_of(root, name="1", unit="heatmap_px"):
    runs = find_runs(root)[0]
    selection = select(rows_of(TABLES[name], runs), TABLES[name].varied, runs)
    cells = next(cells for cells in judge(TABLES[name], selection) if cells.unit == unit)
    titles = [" ".join(row.labels) for row in selection.rows]
    return lambda number, row, metric: getattr(cells, number)[titles.index(row), cells.metrics.index(metric)]


@pytest.fixture
def two_methods(tmp_path):
    """FT: seeds with image means 1 and (1, 1, 1, 1.5); RTL-SAM: all 0. Four images of two people, two landmarks."""
    make_run(tmp_path, "ft", 0, np.full((4, 2), 1.0))
    make_run(tmp_path, "ft", 1, np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0], [1.0, 2.0]]))
    make_run(tmp_path, "rtl-sam", 0, np.full((4, 2), 0.0))
    return tmp_path


def random_errors(seed, level, count=12):
    random = np.random.default_rng(seed)
    return level * random.gamma(4, 0.25, (count, 3))


# Numbers


def test_means_and_spreads_by_hand(two_methods):
    get = cells_of(two_methods)
    assert get("mean", "FT", "mre") == pytest.approx((1.0 + 1.125) / 2)
    assert get("std_images", "FT", "mre") == pytest.approx((0.0 + np.std([1, 1, 1, 1.5])) / 2)
    assert get("std_seeds", "FT", "mre") == pytest.approx(0.125 / np.sqrt(2))
    assert np.isnan(get("std_seeds", "RTL-SAM", "mre"))
    assert get("mean", "FT", "fr@1.0") == pytest.approx((0 + 1 / 4) / 2)
    assert get("mean", "RTL-SAM", "auc@1.4") == 1.0
    assert get("difference", "RTL-SAM", "mre") == -1.0  # to FT's seed 0: RTL-SAM has no other
    assert np.isnan(get("mean", "FE", "mre")) and np.isnan(get("p", "FT", "mre"))


def three_seeds(root, method, errors, **settings):
    """Seeds 0 to 2 of a method; `errors` (N, K) of all, or a function of the seed."""
    for seed in range(3):
        make_run(root, method, seed, errors(seed) if callable(errors) else errors, **settings)


def test_intervals_of_errors_and_areas_end_where_these_do(tmp_path):
    """One of three trainings has failed: a t-interval would go on below no error, and above the whole area."""
    for seed, scale in enumerate((0.1, 0.1, 6.0)):
        make_run(tmp_path, "ft", seed, random_errors(seed, scale, count=40))
    get = cells_of(tmp_path)
    assert get("low", "FT", "mre") == 0 and 10 < get("high", "FT", "mre") < np.inf
    assert (get("low", "FT", "auc@1.2"), get("high", "FT", "auc@1.2")) == (0, 1)


def test_two_people_have_neither_a_test_nor_an_interval(two_methods):
    get = cells_of(two_methods)
    numbers = ("low", "high", "difference_low", "difference_high", "p", "p_holm")
    assert np.isnan([get(number, "RTL-SAM", "mre") for number in numbers]).all()
    assert not get("best", "RTL-SAM", "mre")


def test_seeds_that_one_row_lacks_do_not_count_in_a_difference(tmp_path):
    """RTL-EO repeats FT's seed 0: no difference, however good FT's other seeds are. RTL-SAM has no seed of FT's."""
    for seed, level in enumerate((1.0, 0.5, 0.6)):
        make_run(tmp_path, "ft", seed, random_errors(seed, level))
    make_run(tmp_path, "rtl-eo", 0, random_errors(0, 1.0))
    make_run(tmp_path, "rtl-sam", 3, random_errors(3, 0.1))
    get = cells_of(tmp_path)
    assert get("mean", "RTL-EO", "mre") > 1.3 * get("mean", "FT", "mre")
    assert (get("difference", "RTL-EO", "mre"), get("pairs", "RTL-EO", "mre")) == (0, 1)
    assert get("low", "RTL-SAM", "mre") < 0.2 and not get("best", "RTL-SAM", "mre")
    numbers = ("difference", "difference_low", "pairs", "p", "p_holm")
    assert np.isnan([get(name, "RTL-SAM", "mre") for name in numbers]).all()


def test_fewer_than_three_pairs_make_no_claim_about_methods(tmp_path):
    """RTL-EO is far better for every person, in two trainings: an interval for these, no p, nothing in bold."""
    for seed in range(3):
        make_run(tmp_path, "ft", seed, random_errors(seed, 1.0, count=40))
    for seed in range(2):
        make_run(tmp_path, "rtl-eo", seed, random_errors(seed, 0.1, count=40))
    get, text = cells_of(tmp_path), report_text(report(tmp_path))
    assert get("difference_high", "RTL-EO", "mre") < -0.5 and get("pairs", "RTL-EO", "mre") == 2
    assert np.isnan(get("p", "RTL-EO", "mre")) and not get("best", "RTL-EO", "mre")
    row = next(line.split() for line in text.splitlines() if line.startswith("RTL-EO"))
    assert [cell.endswith("‡") for cell in row] == [False] * 4 + [True, False, False, False, True] + [False] * 3
    assert row[-3:-1] == ["–", "–"] and "‡: for other people, of these trainings alone" in text
    make_run(tmp_path, "rtl-eo", 2, random_errors(2, 0.1, count=40))
    get, text = cells_of(tmp_path), report_text(report(tmp_path))
    assert get("p", "RTL-EO", "mre") < 1e-3 and get("best", "RTL-EO", "mre") and "‡" not in text


def test_a_landmark_that_few_people_have_gets_no_interval(tmp_path):
    for method, level in (("ft", 1.0), ("rtl-sam", 0.1)):
        for seed in range(3):
            folder = make_run(tmp_path, method, seed, level * np.ones((40, 3)))
            predictions = read_predictions(folder / "predictions.csv")
            for truth in (predictions.truth, predictions.heatmap_truth):
                truth[10:, 2] = np.nan  # labelled for five people
            write_predictions(folder / "predictions.csv", predictions)
    get = cells_of(tmp_path, "2")
    assert get("difference", "RTL-SAM", "landmark.nasion") == pytest.approx(-0.9)
    assert np.isnan(get("difference_low", "RTL-SAM", "landmark.nasion"))
    assert not get("best", "RTL-SAM", "landmark.nasion")
    assert get("difference_high", "RTL-SAM", "mre") < -0.8 and get("best", "RTL-SAM", "landmark.exocanthion")


def mean_squares(values):
    """Of people, trainings and the rest, by loops: (S, T) means of people, all with as many images."""
    people, trainings = values.shape
    mean = values.mean()
    of_people = trainings * sum((values[row].mean() - mean) ** 2 for row in range(people)) / (people - 1)
    of_trainings = people * sum((values[:, column].mean() - mean) ** 2 for column in range(trainings)) / (trainings - 1)
    rest = sum(
        (values[row, column] - values[row].mean() - values[:, column].mean() + mean) ** 2
        for row, column in product(range(people), range(trainings))
    ) / ((people - 1) * (trainings - 1))
    return of_people, of_trainings, rest


def test_differences_are_those_of_an_analysis_of_variance_and_holms_table(tmp_path):
    """Trainings that differ: (MS people + MS trainings - MS rest) / (people x trainings), by plain loops."""
    levels = {"ft": (1.0, 1.1, 1.3), "fe": (1.7, 1.4, 2.0), "rtl-eo": (0.9, 0.8, 1.3)}
    errors = {
        (method, seed): random_errors(number + 10 * seed, level, count=40)
        for number, (method, of_seeds) in enumerate(levels.items())
        for seed, level in enumerate(of_seeds)
    }
    for (method, seed), values in errors.items():
        make_run(tmp_path, method, seed, values)
    functions = {"mre": lambda mean: mean}
    for limit in (1.0, 1.2, 1.4):
        functions[f"fr@{limit}"] = lambda mean, limit=limit: mean > limit
        functions[f"auc@{limit}"] = lambda mean, limit=limit: np.maximum(0, 1 - mean / limit)

    def of_people(method, function):
        of_seeds = [function(errors[method, seed].mean(axis=1)).reshape(20, 2).mean(axis=1) for seed in range(3)]
        return np.stack(of_seeds, axis=1)

    get, expected = cells_of(tmp_path), {}
    for title, method in (("FE", "fe"), ("RTL-EO", "rtl-eo")):
        for metric, function in functions.items():
            differences = of_people(method, function) - of_people("ft", function)
            of_all, of_trainings, rest = squares = np.array(mean_squares(differences))
            spread, freedom = of_all + of_trainings - rest, None
            if of_trainings < rest:  # no spread of trainings
                spread, freedom = (of_all, 19) if of_all >= rest else (squares @ (19, 2, 38) / 59, 59)
            elif of_all < rest:
                spread, freedom = of_trainings, 2
            freedom = freedom or max(2, spread**2 / (squares**2 / (19, 2, 38)).sum() - 1)
            error = np.sqrt(spread / 60)
            expected[title, metric] = 2 * stats.t.sf(abs(differences.mean()) / error, freedom)
            assert get("p", title, metric) == pytest.approx(expected[title, metric], rel=1e-4), (title, metric)
            ends = differences.mean() + np.array([-1, 1]) * stats.t.ppf(0.975, freedom) * error
            found = [get(f"difference_{end}", title, metric) for end in ("low", "high")]
            np.testing.assert_allclose(found, ends, atol=1e-5)
    highest, ordered = 0.0, sorted(expected, key=expected.get)
    for position, key in enumerate(ordered):
        highest = max(highest, min(1.0, (14 - position) * expected[key]))
        assert get("p_holm", *key) == pytest.approx(highest, rel=1e-4), key


def test_units_say_the_same(two_methods):
    """A heatmap px is 4 input px and 1 mm in these runs."""
    px, input_px, mm = (cells_of(two_methods, unit=unit) for unit in ("heatmap_px", "input_px", "mm"))
    assert input_px("mean", "FT", "mre") == pytest.approx(4 * px("mean", "FT", "mre"))
    assert mm("mean", "FT", "mre") == pytest.approx(px("mean", "FT", "mre"))
    for heatmap_px, in_input_px in ((1.0, 4.0), (1.2, 4.8), (1.4, 5.6)):
        assert input_px("mean", "FT", f"auc@{in_input_px}") == pytest.approx(px("mean", "FT", f"auc@{heatmap_px}"))


def test_means_are_those_of_metrics_json(tmp_path):
    names = ("exocanthion", "endocanthion", "nasion")
    make_run(tmp_path, "ft", 0, random_errors(1, 1.0), landmarks=names)
    summary = summarize(find_runs(tmp_path)[0][0].predictions)
    for name, unit in (("1", "heatmap_px"), ("1", "input_px"), ("1", "mm"), ("2", "heatmap_px"), ("2", "input_px")):
        get = cells_of(tmp_path, name, unit)
        prefix = f"{'paper' if unit == 'heatmap_px' else 'clinical'}.{unit}."
        limits = [key for key in summary if key.startswith((f"{prefix}fr@", f"{prefix}auc@"))]
        if name == "1":
            assert get("mean", "FT", "mre") == pytest.approx(summary[f"{prefix}mre.mean"])
            assert get("std_images", "FT", "mre") == pytest.approx(summary[f"{prefix}mre.std"])
            for key in limits:
                assert get("mean", "FT", key.removeprefix(prefix)) == pytest.approx(summary[key]), key
        else:
            for landmark in names:
                key = f"{prefix}landmark.{landmark}"
                assert get("mean", "FT", f"landmark.{landmark}") == pytest.approx(summary[f"{key}.mean"])
                assert get("std_images", "FT", f"landmark.{landmark}") == pytest.approx(summary[f"{key}.std"])


def test_best_only_where_the_intervals_say_so(tmp_path):
    """RTL-CAM is better than FT for every person; RTL-SAM has the same mean as RTL-CAM, so that neither is best."""
    base = random_errors(3, 1.0, count=40)
    three_seeds(tmp_path, "ft", base + 0.5)
    three_seeds(tmp_path, "rtl-cam", base)
    get = cells_of(tmp_path)
    assert get("best", "RTL-CAM", "mre") and not get("best", "FT", "mre")
    assert get("best", "RTL-CAM", "auc@1.2") and get("best", "RTL-CAM", "fr@1.2")
    three_seeds(tmp_path, "rtl-sam", base[::-1])
    get = cells_of(tmp_path)
    assert not any(get("best", row, "mre") for row in ("FT", "RTL-CAM", "RTL-SAM"))


def test_alone_nothing_is_best_and_nothing_is_compared(tmp_path):
    make_run(tmp_path, "rtl-eo", 0, random_errors(1, 1.0, count=12))
    get = cells_of(tmp_path)
    assert not get("best", "RTL-EO", "mre") and np.isnan(get("p", "RTL-EO", "mre"))
    assert get("low", "RTL-EO", "mre") < get("mean", "RTL-EO", "mre") < get("high", "RTL-EO", "mre")


def test_the_learning_curve_compares_within_the_same_images(tmp_path):
    base = random_errors(3, 1.0, count=40)
    for share, more in ((0.1, 1.0), (1.0, 0.0)):
        three_seeds(tmp_path, "ft", base + more + 0.4, name=f"ft-{share}", train_fraction=share)
        three_seeds(tmp_path, "rtl-sam", base + more, name=f"rtl-sam-{share}", train_fraction=share)
    get = cells_of(tmp_path, "samples")
    for share in ("10%", "100%"):
        assert get("difference", f"{share} RTL-SAM", "mre") == pytest.approx(-0.4, abs=1e-5)
        assert get("best", f"{share} RTL-SAM", "mre")


def test_table_4_compares_with_the_row_without_skips(tmp_path):
    make_run(tmp_path, "ft", 0, random_errors(3, 1.0))
    make_run(tmp_path, "ft", 0, random_errors(3, 1.0) + 0.25, name="skips", skip_connections=True)
    assert cells_of(tmp_path, "4")("difference", "With skip connections", "mre") == pytest.approx(0.25, abs=1e-5)


def test_undefined_metrics_stay_empty(tmp_path):
    folder = make_run(tmp_path, "ft", 0, np.ones((2, 1)), attributes=[{"site": "north"}, {"site": "south"}])
    path = folder / "predictions.csv"
    rows = list(csv.reader(path.open()))
    for row in rows[1:]:
        row[3] = row[4] = row[8] = row[9] = ""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    text = report_text(report(tmp_path))
    assert "nan" not in text and "Table I" in text
    for name, first in (("1", ["FT", "", "0", "1", "–"]), ("2", ["L1 exocanthion", "", "–"])):
        by_site = report(tmp_path, name, by="site")
        assert by_site.grids[0].rows[0][: len(first)] == first
        assert "nan" not in report_text(by_site)


# Grids


def test_unknown_table():
    with pytest.raises(InputError, match="unknown table 9: choose --table 1, 2, 3, 4, samples"):
        get_table("9")


def test_a_line_a_method_with_the_papers_value_in_its_own_column(two_methods):
    lines = [line.split() for line in report_text(report(two_methods)).splitlines()]
    header = next(line for line in lines if line[:1] == ["Method"])
    assert header[-1] == "Paper"
    ft = next(line for line in lines if line[:1] == ["FT"])
    assert ft == ["FT", "2", "1.062±0.11", "0.088", "–", "–", "–", "–", "–", "0.86±0.24"]
    assert next(line for line in lines if line[:1] == ["FE"])[-1] == "1.82±0.50"
    clinical = [line for line in lines if line[:1] == ["FT"]][3]
    assert clinical[:3] == ["FT", "2", "4.250±0.43"]


@pytest.mark.parametrize("name", TABLES)
def test_no_line_of_numbers_is_longer_than_a_terminal(tmp_path, name):
    names = load_schema("fas14").names
    random = np.random.default_rng(0)
    for method in ("fe", "ft", "rtl-co", "rtl-eo", "rtl-sam", "rtl-cam", "rtl-co-eo", "rtl-co-sam", "rtl-co-cam"):
        for seed in range(3):
            errors = {"fe": 1.4, "rtl-sam": 0.6}.get(method, 0.9) * random.gamma(4, 0.25, (60, 14))
            make_run(tmp_path, method, seed, errors, landmarks=names)
    make_run(tmp_path, "ft", 0, random.gamma(4, 0.25, (60, 14)), landmarks=names, name="s", skip_connections=True)
    text = report_text(report(tmp_path, name))
    lines = [line for line in text.splitlines() if "python " not in line]
    assert max(map(len, lines)) <= 120
    assert "†" in text or name in ("3", "4", "samples", "detector")


def test_table_2_has_a_line_a_landmark(tmp_path):
    names = load_schema("fas14").names
    for method, level in (("ft", 1.0), ("rtl-sam", 0.5)):
        make_run(tmp_path, method, 0, np.tile(level * np.arange(14.0), (12, 1)), landmarks=names)
    values, intervals, paper, *_ = report(tmp_path, "2").grids
    assert values.header[:4] == ["Landmark", "FT", "RTL-CO", "RTL-EO"] and len(values.header) == 9
    row = next(row for row in values.rows if row[0] == "L3 nasion")
    assert row[1].startswith("2.00±0.00") and row[2].startswith("–") and row[4].startswith("1.00±0.00")
    assert [row[0] for row in values.rows[-2:]] == ["average", "FR 1.2"]
    assert intervals.rows[2][1] == "2.00–2.00‡"
    assert paper.header[1:4] == ["RTL-CO", "RTL-EO", "RTL-SAM"] and paper.rows[2][3] == "0.74±0.59"
    assert paper.rows[-1][0] == "average" and paper.rows[-1][3] == "0.78±0.22"


def test_a_table_without_any_run_shows_the_paper(tmp_path):
    make_run(tmp_path, "rtl-co", 0, np.ones((4, 2)), source="other")
    for name, first in (("3", "0.85±0.37"), ("4", "0.85±0.37")):
        filled = report(tmp_path, name)
        assert filled.grids[0].rows[0][-1] == first and filled.judged[0].images == 0
        assert "python train.py" in filled.missing


def test_shares_are_given_in_images_where_the_split_is_known(tmp_path):
    folder = make_run(tmp_path, "ft", 0, np.ones((4, 2)), train_fraction=0.1)
    (folder / "split.csv").write_text("image,subject,part\na,s,training\nb,s,unused\nc,t,training\nd,u,test\n")
    assert "10% (2)   FT " in report_text(report(tmp_path, "samples"))


# Subgroups


@pytest.fixture
def sites(tmp_path):
    """Images of people 0 and 1 at site south, of 2 and 3 at north; errors 1 and 3."""
    errors = np.repeat([1.0, 1.0, 3.0, 3.0], 2)[:, None] * np.ones((8, 2))
    attributes = [
        {"site": "south" if index < 4 else "north", "age": index, "grade": ["", "10", "9"][index % 3]}
        for index in range(8)
    ]
    make_run(tmp_path, "ft", 0, errors, attributes=attributes)
    make_run(tmp_path, "rtl-eo", 0, errors / 2, attributes=attributes)
    return tmp_path


def test_rows_split_by_a_column(sites):
    filled = report(sites, by="site")
    assert filled.name == "table1-by-site"
    assert filled.grids[0].header[:4] == ["Method", "site", "Subjects", "Seeds"]
    assert [row[:5] for row in filled.grids[0].rows] == [
        ["FT", "north", "2", "1", "3.000±0.00"],
        ["", "south", "2", "1", "1.000±0.00"],
        ["RTL-EO", "north", "2", "1", "1.500±0.00"],
        ["", "south", "2", "1", "0.500±0.00"],
    ]
    assert "Paper" not in filled.grids[0].header
    landmarks = report(sites, "2", by="site").grids[0]
    assert [row[:3] for row in landmarks.rows[:2]] == [
        ["L1 exocanthion", "north", "3.00±0.00"],
        ["", "south", "1.00±0.00"],
    ]


def test_few_numbers_are_groups_by_themselves(sites):
    assert order_of(groups_by("grade", find_runs(sites)[0])) == ["9", "10", "(empty)"]


def test_quarters_of_dates_stay_apart_and_an_empty_cell_is_no_number(tmp_path):
    dates = [{"day": 20240101 + index} for index in range(20)]
    make_run(tmp_path / "dates", "ft", 0, np.ones((20, 2)), attributes=dates)
    groups = groups_by("day", find_runs(tmp_path / "dates")[0])
    assert order_of(groups) == [f"202401{first:02} to 202401{first + 4:02}" for first in (1, 6, 11, 16)]
    ages = [{"age": index % 9 or ""} for index in range(18)]  # eight numbers
    make_run(tmp_path / "ages", "ft", 0, np.ones((18, 2)), attributes=ages)
    assert order_of(groups_by("age", find_runs(tmp_path / "ages")[0])) == [*map(str, range(1, 9)), "(empty)"]


def test_a_number_may_be_infinite(tmp_path):
    attributes = [{"age": index if index else "inf"} for index in range(20)]
    make_run(tmp_path, "ft", 0, np.ones((20, 2)), attributes=attributes)
    assert order_of(groups_by("age", find_runs(tmp_path)[0]))[-1] == "16 to inf"


def test_many_numbers_become_quarters(tmp_path):
    attributes = [{"age": str(index) if index else "NA"} for index in range(21)]
    make_run(tmp_path, "ft", 0, np.ones((21, 2)), attributes=attributes)
    groups = groups_by("age", find_runs(tmp_path)[0])
    assert order_of(groups) == ["1 to 5", "6 to 10", "11 to 15", "16 to 20", "(empty)"]
    assert groups[0] == "(empty)" and groups[5] == "1 to 5" and groups[6] == "6 to 10"


def test_codes_are_groups_as_they_are_written(tmp_path):
    """Numbers only for binning: 001 is not 1, and eight long numbers that are one as a float stay eight."""
    sites, plates = ["001", "1", "01", "2"], ["12E3", "1E4", "2E5", "10000"]
    attributes = [
        {"site": sites[i % 4], "plate": plates[i % 4], "scan": str(900719925474099300 + i // 2)} for i in range(40)
    ]
    make_run(tmp_path, "ft", 0, np.ones((40, 2)), attributes=attributes)
    runs = find_runs(tmp_path)[0]
    assert set(groups_by("site", runs)) == set(sites) and set(groups_by("plate", runs)) == set(plates)
    assert order_of(groups_by("scan", runs)) == [str(900719925474099300 + i) for i in range(20)]


def test_ranges_show_the_cells(tmp_path):
    make_run(tmp_path, "ft", 0, np.ones((20, 2)), attributes=[{"dose": f"{index / 2:.2f}"} for index in range(20)])
    groups = order_of(groups_by("dose", find_runs(tmp_path)[0]))
    assert groups == ["0.00 to 2.00", "2.50 to 4.50", "5.00 to 7.00", "7.50 to 9.50"]


def test_na_among_numbers_is_no_group_and_among_words_it_is(tmp_path):
    attributes = [{"age": ["7", "NA"][index % 2], "country": ["DE", "NA"][index % 2]} for index in range(4)]
    make_run(tmp_path, "ft", 0, np.ones((4, 2)), attributes=attributes)
    runs = find_runs(tmp_path)[0]
    assert groups_by("age", runs) == ["7", "(empty)"] * 2 and groups_by("country", runs) == ["DE", "NA"] * 2


def test_unknown_columns_and_older_runs(sites, tmp_path_factory):
    with pytest.raises(InputError, match="--by colour: no such column in .*test.csv; there are age, grade, site"):
        report(sites, by="colour")
    older = tmp_path_factory.mktemp("older")
    make_run(older, "ft", 0, np.ones((4, 2)))
    with pytest.raises(InputError, match="test.csv: its run was trained before"):
        report(older, by="site")
    make_run(older, "fe", 0, np.ones((4, 2)), attributes=[{}] * 4)
    with pytest.raises(InputError, match="has no columns of that kind"):
        report(older, by="site")


# Files


def test_written_tables(two_methods, tmp_path):
    markdown, latex, table = write_report(report(two_methods), tmp_path / "reports")
    assert "| FT | 2 | 1.062±0.11 | 0.088 | – | – | – | – | – | 0.86±0.24 |" in markdown.read_text()
    assert r"RTL-SAM & 1 & 0.000$\pm$0.00" in latex.read_text()
    assert r"24.19\%" in latex.read_text() and r"\toprule" in latex.read_text()
    lines = list(csv.DictReader(table.open()))
    ft = next(line for line in lines if line["method"] == "ft" and line["metric"] == "mre")
    assert float(ft["mean"]) == 1.0625 and ft["p"] == "" and ft["seeds"] == "2" and ft["subjects"] == "2"
    assert (ft["protocol"], ft["unit"], ft["paper"], ft["paper_std"]) == ("paper", "heatmap_px", "0.86", "0.24")
    sam = next(line for line in lines if line["method"] == "rtl-sam" and line["metric"] == "mre")
    assert float(sam["difference"]) == -1.0 and sam["best"] == "False"
    fe = next(line for line in lines if line["method"] == "fe")
    assert fe["mean"] == "" and fe["paper"] == "1.82"
    assert {line["unit"] for line in lines} == {"heatmap_px", "input_px", "mm"}


def test_the_learning_curves_file(tmp_path):
    make_run(tmp_path, "ft", 0, np.ones((4, 2)), train_fraction=0.1)
    paths = write_report(report(tmp_path, "samples"), tmp_path / "reports")
    assert [path.name for path in paths] == ["table-samples.md", "table-samples.tex", "table-samples.csv"]
    lines = {line["row"]: line for line in csv.DictReader(paths[2].open()) if line["metric"] == "mre"}
    assert lines["10% FT"]["train_fraction"] == "0.1"
