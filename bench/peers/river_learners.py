"""CPU microseconds a row of predict_one + learn_one in River, for the recipes of bench/learners.ts.

Reads {"friedman": [{"x": {...}, "y": ...}, ...], "trump": [...]} on standard input, prints
{"version": "...", "microseconds": {"recipe": number}}.
"""

import json
import platform
import sys
import time

import river
from river import forest, linear_model, neighbors, preprocessing


def linear():
    return preprocessing.StandardScaler() | linear_model.LinearRegression()


def knn():
    return neighbors.KNNRegressor(n_neighbors=5, engine=neighbors.LazySearch(window_size=1000))


def amf():
    return forest.AMFRegressor(n_estimators=10, seed=42)


def microseconds(make, rows, warm_up=0, repeats=3):
    best = float("inf")
    for _ in range(repeats):
        model = make()
        for row in rows[:warm_up]:
            model.learn_one(row["x"], row["y"])
        start = time.process_time()
        for row in rows[warm_up:]:
            model.predict_one(row["x"])
            model.learn_one(row["x"], row["y"])
        best = min(best, time.process_time() - start)
    return best / (len(rows) - warm_up) * 1e6


def main():
    data = json.load(sys.stdin)
    friedman, trump = data["friedman"], data["trump"]
    report = {
        "linear": microseconds(linear, friedman),
        "knn": microseconds(knn, friedman[:2000], warm_up=1000, repeats=1),
        "knn_trump": microseconds(knn, trump, repeats=1),
        "amf": microseconds(amf, trump),
    }
    version = f"River {river.__version__}, Python {platform.python_version()}"
    json.dump({"version": version, "microseconds": report}, sys.stdout)


main()
