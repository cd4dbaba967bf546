"""Makes the sample models: `python -m training --wine winequality-red.csv`."""

import argparse
import subprocess
from collections.abc import Callable
from pathlib import Path

from .bid import bid_optimization
from .ctr import ctr_prediction
from .fraud import fraud_detection
from .release import MODELS, Release, write_release
from .synthetic import tabular_classifiers, three_class_forest
from .wine import wine_quality


def main() -> None:
    """Train what was asked for, all unless told, and write it to `models/`."""
    arguments = _arguments()
    recipes: dict[str, Callable[[], list[Release]]] = {
        "random_forest_classifier": lambda: [three_class_forest()],
        "tabular_classifier": tabular_classifiers,
        "fraud_detection": lambda: [fraud_detection()],
        "ctr_prediction": lambda: [ctr_prediction()],
        "bid_optimization": lambda: [bid_optimization()],
        "wine_quality": lambda: [wine_quality(arguments.wine)],
    }
    for name in arguments.only or recipes:
        for release in recipes[name]():
            folder = write_release(release)
            print(f"{folder.relative_to(MODELS)}: {len(release.model)} bytes, {release.metrics}")
    subprocess.run(["node_modules/.bin/oxfmt", "models"], cwd=MODELS.parent, check=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--wine", type=Path, help="winequality-red.csv of the UCI Wine Quality data set")
    parser.add_argument("--only", nargs="*", help="names of models, to make no others")
    return parser.parse_args()


if __name__ == "__main__":
    main()
