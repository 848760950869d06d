"""The paper's numbers, as typed: what they must satisfy among themselves."""

import numpy as np
import pytest

from rtl_tf.reports.paper import landmark_labels, published
from rtl_tf.reports.tables import TABLES, method_titles
from rtl_tf.schema import load_schema

TEST_IMAGES = 310  # 20 % of the paper's 1549 scans


@pytest.mark.parametrize(("name", "rows"), [("1", 10), ("2", 15), ("3", 6), ("4", 2)])
def test_published_tables_are_complete(name, rows):
    table = published(name)
    assert len(table) == rows
    assert all(None not in row and None not in row.values() for row in table)


@pytest.mark.parametrize("name", ["1", "3", "4"])
def test_every_published_line_is_a_row_of_its_table_in_its_place(name):
    printed = [float(line["mre.mean"]) for line in published(name)]
    assert [row.paper["mre"] for row in TABLES[name].rows] == printed


def test_every_published_column_of_table_2_is_a_row():
    average = published("2")[-1]
    printed = [float(average[key]) for key in average if key.endswith(".mean")]
    assert [row.paper["mre"] for row in TABLES["2"].rows if row.paper] == printed


@pytest.mark.parametrize("name", ["1", "3", "4"])
def test_published_failure_rates_are_whole_numbers_of_images(name):
    for row in published(name):
        for key, text in row.items():
            if key.startswith("fr@"):
                failures = round(float(text) * TEST_IMAGES)
                printed = 10 ** -(len(text) - 2)  # Table IV prints one decimal less
                assert abs(failures / TEST_IMAGES - float(text)) <= printed / 2 + 1e-9, (row["method"], key)


def test_published_failure_rates_fall_and_areas_rise_with_the_threshold():
    for row in published("1"):
        assert float(row["fr@1.0"]) >= float(row["fr@1.2"]) >= float(row["fr@1.4"])
        assert float(row["auc@1.0"]) <= float(row["auc@1.2"]) <= float(row["auc@1.4"])


def test_published_table_2_averages_to_its_last_row_and_to_table_1():
    *landmarks, average = published("2")
    assert tuple(row["landmark"] for row in landmarks) == load_schema("fas14").names
    assert tuple(row["label"] for row in landmarks) == load_schema("fas14").labels
    methods = [key.removesuffix(".mean") for key in average if key.endswith(".mean")]
    assert len(methods) == 7
    of_table_1 = {row["method"]: row for row in published("1")}
    for method in methods:
        mean = np.mean([float(row[f"{method}.mean"]) for row in landmarks])
        # RTL-CO-CAM is printed as 0.86, its rows average to 0.84: the paper's slip, kept as printed
        assert mean == pytest.approx(float(average[f"{method}.mean"]), abs=0.022 if method == "rtl-co-cam" else 0.005)
        if method in of_table_1:
            assert average[f"{method}.mean"] == of_table_1[method]["mre.mean"]
            # the paper itself prints RTL-EO as ±0.25 in Table I and ±0.24 in Table II
            assert float(average[f"{method}.std"]) == pytest.approx(float(of_table_1[method]["mre.std"]), abs=0.0101)


def test_published_tables_agree_where_they_overlap():
    of_table_1 = {row["method"]: row for row in published("1")}
    for row in published("3"):
        if row["source"] == "vggface2":
            for key in ("mre.mean", "mre.std", "fr@1.2", "auc@1.2"):
                assert row[key] == of_table_1[row["method"]][key]
    without_skips, imagenet = published("4")[0], published("3")[0]
    assert [without_skips[key] for key in ("mre.mean", "fr@1.2")] == [imagenet[key] for key in ("mre.mean", "fr@1.2")]


def test_an_area_is_at_most_the_share_of_images_below_the_threshold():
    for row in published("1"):
        for limit in ("1.0", "1.2", "1.4"):
            assert float(row[f"auc@{limit}"]) <= 1 - float(row[f"fr@{limit}"]) + 0.005, row["title"]


def test_the_texts_gains_over_ft():
    """0.08 px, 9.3 %, and the failure rates; the first of these is the gain over RTL-CO, as the docstring says."""
    rows = {row["method"]: row for row in published("1")}
    gain = {key: float(rows["ft"][key]) - float(rows["rtl-sam"][key]) for key in ("mre.mean", "fr@1.2", "fr@1.4")}
    assert gain == pytest.approx({"mre.mean": 0.08, "fr@1.2": 0.0581, "fr@1.4": 0.0162}, abs=1.1e-4)
    assert gain["mre.mean"] / 0.86 == pytest.approx(0.093, abs=5e-4)
    first = float(rows["rtl-sam"]["fr@1.0"])
    assert float(rows["rtl-co"]["fr@1.0"]) - first == pytest.approx(0.1129)
    assert float(rows["ft"]["fr@1.0"]) - first == pytest.approx(0.1064)


def test_every_configuration_has_a_title():
    assert list(method_titles())[-3:] == ["rtl-co-eo", "rtl-co-sam", "rtl-co-cam"]
    assert method_titles()["unet"] == "U-Net" and len(method_titles()) == 13
    assert list(landmark_labels().items())[0] == ("exocanthion", "L1") and len(landmark_labels()) == 14
