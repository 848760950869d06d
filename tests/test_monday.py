"""The clinician's Monday of docs/monday.md, command by command, on small built-in heads."""

import csv
import json
import subprocess
import sys
from pathlib import Path

from toy_table import ROOT


def test_a_mondays_commands_follow_each_other(tmp_path):
    words = ["--photographs", "32", "--labelled", "20", "--size", "192", "--folds", "2", "--epochs", "1"]
    script, told = ROOT / "benchmarks" / "monday.py", tmp_path / "monday.json"
    command = [sys.executable, script, *words, "--folder", tmp_path / "day", "--json", told]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(told.read_text())
    text = json.dumps(figures)
    assert "second measure, s" in text and "second: truth within the interval" in text
    with open(tmp_path / "day" / "measurements-second.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    fissures = [row for row in rows if row["measurement"] == "palpebral_fissure_length" and row["value"]]
    assert len(fissures) >= 30 and all(row["subject"] for row in rows)
    placed = {Path(row["image"]).name: row for row in fissures if row["placed_by"] == "person"}
    assert len(placed) == 25 and {row["placed_by"] for row in fissures} == {"person", "detector"}
    for row in fissures:
        assert 5 < float(row["value"]) < 60
        if row["placed_by"] == "detector":
            assert float(row["low"]) < float(row["value"]) < float(row["high"])
    with open(tmp_path / "day" / "truth.csv", encoding="utf-8-sig", newline="") as file:
        truth = {
            Path(row["image"]).name: row
            for row in csv.DictReader(file)
            if row["measurement"] == fissures[0]["measurement"]
        }
    for name, row in placed.items():  # whatever the detector has found there
        assert abs(float(row["value"]) - float(truth[name]["value"])) < 0.05 and row["low"] == ""
    with open(tmp_path / "day" / "labelled" / "landmarks.csv", encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == 25  # twenty labelled, five corrected
