"""The clinician's Monday of docs/monday.md, command by command, on small built-in heads."""

import csv
import json
import subprocess
import sys

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
    for row in fissures:
        assert float(row["low"]) < float(row["value"]) < float(row["high"]) and 5 < float(row["value"]) < 60
    with open(tmp_path / "day" / "labelled" / "landmarks.csv", encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == 25  # twenty labelled, five corrected
